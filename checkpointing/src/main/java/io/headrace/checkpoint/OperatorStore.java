package io.headrace.checkpoint;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The operator's side of a {@link CheckpointStore}: sees how far functions are and gives orders,
 * whether workers run or not. Calls never block, may come from any thread, and stages complete on
 * any thread; they fail with {@link io.headrace.kcl.CheckpointException}.
 */
public interface OperatorStore {
  /** All orders, as they are now. */
  CompletionStage<Orders> orders();

  /**
   * Stores an order.
   *
   * @return false when another order has the number: read them again and take the next one
   */
  CompletionStage<Boolean> give(Order order);

  /** Removes orders that say nothing any more; harmless when they are gone. */
  CompletionStage<Void> forget(List<Order> spent);

  /** One item, as it is now; {@link ProgressRow#absent} when there is none. */
  CompletionStage<ProgressRow> progress(ProgressKey key);

  /**
   * All items of one bucket, as they are now. What can't be read is named and hides no other.
   *
   * @param bucket 0 to {@link ShardKey#BUCKETS} - 1
   */
  CompletionStage<Found> progress(int bucket);

  /**
   * Moves a function to another place in a shard: position, finished ranges and state are replaced,
   * the revision rises so that no write of the present owner can follow, and the fencing token
   * rises. The function begins without state.
   *
   * @return false when the item is not as it was seen, or ended: read it again
   */
  CompletionStage<Boolean> move(ProgressRow seen, StartingPosition to, long order);

  /**
   * Moves a function as {@link #move} does, and gives it what it goes on from there, beside what
   * outlives a move.
   *
   * @param to what {@link Moved#to} says of it, and where it begins if nothing is finished
   * @param progress what is finished
   * @param parts of a commit that has this progress
   * @return false when the item is not as it was seen, or ended: read it again
   */
  CompletionStage<Boolean> install(
      ProgressRow seen, StartingPosition to, Progress progress, CommitParts parts, long order);

  /** What the functions are, as their workers have said it. */
  FunctionRegister functions();

  /**
   * What a look brought.
   *
   * @param faults one sentence for each item that can't be read, with its key and attribute
   */
  record Found(List<ProgressRow> rows, List<String> faults) {
    public Found {
      rows = List.copyOf(rows);
      faults = List.copyOf(faults);
    }
  }
}
