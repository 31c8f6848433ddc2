package io.headrace.harness;

import io.headrace.function.DeadLetter;
import io.headrace.function.DiscardedBatch;
import io.headrace.function.OutputTap;
import io.headrace.function.Side;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps what a function sent, in the order of sending. Used on the loop's thread. */
final class Sent implements OutputTap {
  private record ToSide(Side<?> side, Object value) {}

  private final List<Object> outputs = new ArrayList<>();
  private final List<ToSide> sides = new ArrayList<>();
  private final List<DeadLetter> letters = new ArrayList<>();
  private final List<DiscardedBatch> discarded = new ArrayList<>();

  @Override
  public void output(String function, @Nullable Side<?> side, String id, Object value) {
    if (side == null) {
      outputs.add(value);
    } else {
      sides.add(new ToSide(side, value));
    }
  }

  @Override
  public void deadLetter(DeadLetter letter) {
    letters.add(letter);
  }

  @Override
  public void discarded(DiscardedBatch batch) {
    discarded.add(batch);
  }

  /** What went to the function's own destination: its values are of the function's output type. */
  @SuppressWarnings("unchecked")
  <O> List<O> outputs() {
    return (List<O>) List.copyOf(outputs);
  }

  void forgetOutputs() {
    outputs.clear();
  }

  <T> List<T> outputs(Side<T> side) {
    return sides.stream()
        .filter(sent -> sent.side().equals(side))
        .map(sent -> side.type().cast(sent.value()))
        .toList();
  }

  List<DeadLetter> letters() {
    return List.copyOf(letters);
  }

  List<DiscardedBatch> discardedBatches() {
    return List.copyOf(discarded);
  }
}
