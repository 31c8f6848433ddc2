package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import org.jspecify.annotations.Nullable;

/** A lease in this worker's hands, from the moment it is about to be claimed. */
final class Held {
  /** Where the lease stands between two owners. */
  enum Phase {
    /** Stands in the book; the claim is on its way. */
    CLAIMING,
    /** Ours. */
    HELD,
    /** Ours, and offered to a taker that has not answered. */
    OFFERED,
    /** Ours; the taker is ready, the worker drains. */
    WANTED,
    /** The worker has stopped; the row is being freed, ended or handed over. */
    LEAVING,
    /** The row names the taker, which has not acknowledged it. */
    FLIPPED
  }

  final ShardKey shard;
  Phase phase = Phase.CLAIMING;
  @Nullable Stored<LeaseRow> row;
  @Nullable HeldTenure tenure;

  /** To whom it is offered. */
  @Nullable Incarnation taker;

  /** The taker was a standby when it was offered to it. */
  boolean asleep;

  /** Whether the taker is still there, asked when it was seen to be ready. */
  @Nullable TakerLook look;

  /** When the present phase began, in ticks. */
  long since;

  /** When it was gained: what was held longest moves first. */
  long gainedAt;

  /** It came from another worker that went on living. */
  boolean moved;

  /** Not offered for balance before: the worker asked for time. */
  long keptUntil;

  /** The worker has asked for time, at {@link #firstKeptAt} for the first time. */
  boolean kept;

  long firstKeptAt;

  /** Wanted for balance only: the worker may keep it for now. */
  boolean canWait;

  Held(ShardKey shard) {
    this.shard = shard;
  }

  void enter(Phase next, long now) {
    phase = next;
    since = now;
  }

  /** Whether the worker runs it. */
  boolean running() {
    return phase == Phase.HELD || phase == Phase.OFFERED || phase == Phase.WANTED;
  }
}
