package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.state.StateOrigin;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.kcl.CheckpointException;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Obeys orders to forget keys, when a handler's state was restored and nothing runs yet: whoever
 * runs a function begins anew when such an order is given. Which orders were carried out is a note
 * of the state itself, so that none is carried out twice: a key may have come back since.
 */
final class StateErasure {
  /** The note: the number of the latest order that concerns a key of the shard. */
  static final String NOTE = "erased";

  private static final Logger LOG = LoggerFactory.getLogger(StateErasure.class);

  private StateErasure() {}

  /**
   * On the worker loop, where its stage completes.
   *
   * @param origins of what was restored; answered again
   */
  static CompletionStage<List<StateOrigin>> obey(
      Scope scope, StateSpace space, List<StateOrigin> origins) {
    var range = scope.context.shard().range();
    var ours =
        scope.environment.orders().get().erasures(scope.function).stream()
            .filter(order -> range.holds(hashOf(order)))
            .toList();
    if (ours.isEmpty()) {
      return CompletableFuture.completedFuture(origins);
    }
    var due = ours.stream().filter(order -> !isDone(order, origins)).toList();
    var noted = Long.toString(ours.get(ours.size() - 1).number()).getBytes(UTF_8);
    if (due.isEmpty()) {
      // A child of parents that obeyed has no note of its own yet, nor what begins without state:
      // what a key has later must not be erased by an order from before.
      space.note(NOTE, noted);
      if (origins.isEmpty()) {
        commit(scope); // Whoever waits for it would wait for the next record.
      }
      return CompletableFuture.completedFuture(origins);
    }
    var hashes = due.stream().map(StateErasure::hashOf).distinct().toList();
    return space
        .erase(hashes, () -> commit(scope))
        .thenApply(
            done -> {
              space.note(NOTE, noted);
              LOG.info(
                  "function {}, shard {}: {} keys are erased, by orders {}",
                  scope.function,
                  scope.context.key(),
                  hashes.size(),
                  due.stream().map(Order::number).toList());
              return origins;
            });
  }

  private static void commit(Scope scope) {
    scope.post(() -> scope.context.outcomes().stateChanged());
  }

  private static BigInteger hashOf(Order order) {
    return ((Order.Deed.Erase) order.deed()).hash();
  }

  /** Whether those that had the key before had obeyed. */
  private static boolean isDone(Order order, List<StateOrigin> origins) {
    return origins.stream()
        .filter(origin -> origin.range().holds(hashOf(order)))
        .allMatch(origin -> numberIn(origin.notes()) >= order.number());
  }

  static long numberIn(Map<String, byte[]> notes) {
    byte[] note = notes.get(NOTE);
    try {
      return note == null ? 0 : Long.parseLong(new String(note, UTF_8));
    } catch (NumberFormatException damaged) {
      throw new CheckpointException("note " + NOTE + " of a commit: must be a number", damaged);
    }
  }
}
