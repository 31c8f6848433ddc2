package io.headrace.kcl;

/** What the coordinator tells the worker. */
public sealed interface LeaseEvent {
  /**
   * Another worker offers the shard: prepare, then call {@link LeaseCoordinator#ready}. Ends in
   * {@link Gained}, or in {@link Lost} when the offer is withdrawn.
   */
  record Offered(ShardKey shard, Shard description) implements LeaseEvent {}

  /** The shard is ours. */
  record Gained(ShardKey shard, Shard description, Tenure tenure) implements LeaseEvent {}

  /**
   * The shard goes elsewhere: drain it, commit, then call {@link LeaseCoordinator#release}.
   *
   * @param canWait it is only for balance: a shard that would be long in draining may be kept, by
   *     {@link LeaseCoordinator#keep}
   */
  record Wanted(ShardKey shard, boolean canWait) implements LeaseEvent {}

  /** The shard is no longer ours: stop at once and commit nothing. */
  record Lost(ShardKey shard, String reason) implements LeaseEvent {}

  /**
   * The operator has given orders, up to this number. The fleet only says so; what they are is kept
   * where the functions' progress is.
   */
  record OrdersGiven(long number) implements LeaseEvent {}

  /**
   * This worker takes part in the fleet no more, and was not asked to leave: all its leases are
   * lost, which was told before, and nothing is told after this.
   *
   * @param reason one sentence for the operator
   */
  record Retired(String reason) implements LeaseEvent {}
}
