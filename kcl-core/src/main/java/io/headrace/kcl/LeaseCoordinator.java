package io.headrace.kcl;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Decides which shards this worker runs. The coordinator lives on a loop of its own, so that a slow
 * shard never delays a heartbeat; all methods may be called from any thread and return at once.
 *
 * <p>While the worker gives a shard back, it may have lost it and gained it anew without knowing
 * yet. So whatever gives back names the token of the tenure that it means, and is ignored when the
 * shard is held under another.
 */
public interface LeaseCoordinator {
  /**
   * Begins what {@link #start} needs and no stream has to be known for, such as the table: so that
   * it goes on beside the first calls of the streams. Need not be called; how it ends is told by
   * {@link #start}.
   */
  default void prepare() {}

  /**
   * Joins the fleet. Events come on the coordinator's loop, in order; the listener must only pass
   * them on. The stage completes when the worker is registered, or fails with {@link
   * LeaseException} when it can't be.
   *
   * @param turned answers a ping of the worker loop: the heartbeat is sent only while it turns
   */
  CompletionStage<Void> start(Consumer<LeaseEvent> events, Consumer<Runnable> turned);

  /** The shard of a {@link LeaseEvent.Offered} can be taken without delay. */
  void ready(ShardKey shard);

  /**
   * A function ended the parent: these children may be run, by whoever is chosen. Needs no token:
   * the end is committed, whoever holds the parent by now.
   */
  void runnable(ShardKey parent, List<Shard> children);

  /** All functions have ended the shard: its lease is over. */
  void ended(ShardKey shard, LeaseToken token);

  /** The shard is drained and committed: whoever is named next, or anybody, may have it. */
  void release(ShardKey shard, LeaseToken token);

  /** The answer to a {@link LeaseEvent.Wanted} that can wait: not now. It is asked again later. */
  void keep(ShardKey shard, LeaseToken token);

  /**
   * How much was read lately, for balance by load. A shard that is left out had nothing.
   *
   * @param bytesPerSecond on average since the last call; the worker calls every ten seconds
   */
  void throughput(Map<ShardKey, Long> bytesPerSecond);

  /**
   * The shard is drained and is to begin anew here: it is {@link LeaseEvent.Gained} again under the
   * next epoch, which fences whatever of the former run still goes on.
   *
   * @param reason one sentence for the operator
   */
  void restart(ShardKey shard, LeaseToken token, String reason);

  /**
   * The run of a shard failed here: its lease is given up, and others are asked first.
   *
   * @param reason one sentence for the operator
   */
  void giveUp(ShardKey shard, LeaseToken token, String reason);

  /**
   * Announces that this worker leaves: it is offered nothing more. What it holds is offered to
   * others while it goes on delivering; each shard is {@link LeaseEvent.Wanted} once its taker is
   * ready, at once where nobody could take it, and at the latest 0.2 of the lease time and a second
   * after this call. A shard that is released before stands still until others notice.
   */
  void draining();

  /** Releases what is left and departs, so that nobody has to wait for the lease time. */
  CompletionStage<Void> stop();

  /** Ends without any farewell, as a crash would: for tests and demonstrations. */
  void kill();
}
