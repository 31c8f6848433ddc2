package io.headrace.bench.poison;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Measures what each commit puts into the progress item: position, ranges as pairs of positions,
 * and parts with their names. The rest of an item is of the same size at each commit. As its store.
 */
final class MeasuredStore extends ForwardingCheckpointStore {
  /**
   * One commit.
   *
   * @param tick of the monotonic clock
   * @param bytes in all
   * @param parts of these, what functions keep: what is parked among it
   */
  record Size(long tick, long bytes, long parts) {}

  private final Queue<Size> sizes = new ConcurrentLinkedQueue<>();

  MeasuredStore(CheckpointStore store) {
    super(store);
  }

  /** Of all commits so far, in the order in which they were sent. */
  Queue<Size> sizes() {
    return sizes;
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    measure(commit.progress(), commit.parts());
    return super.commit(commit);
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    measure(end.progress(), end.left().parts());
    return super.end(end);
  }

  private void measure(Progress progress, CommitParts commit) {
    long parts = 0;
    for (Map.Entry<String, byte[]> part : commit.parts().entrySet()) {
      parts += part.getKey().getBytes(UTF_8).length + part.getValue().length;
    }
    long positions = progress.through().map(through -> through.toString().length()).orElse(0);
    for (Progress.Range range : progress.ranges()) {
      positions += range.first().toString().length() + range.last().toString().length();
    }
    sizes.add(new Size(System.nanoTime(), positions + parts, parts));
  }
}
