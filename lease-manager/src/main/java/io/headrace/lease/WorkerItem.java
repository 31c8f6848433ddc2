package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A worker's heartbeat item. Everybody reads all of them several times in a lease time, so it stays
 * below 250 bytes while the worker lives; the heirs are added when it is dead. A heartbeat is a
 * write that raises the item's revision, whatever else it changes.
 *
 * @param leaseTime how long after its last heartbeat this worker may be thought alive
 * @param book the revision of the worker's {@link Book}, 0 when it has none yet
 * @param roster the sum of the revisions of the roster as this worker knows it
 * @param plan the version of the balancing rules that this worker obeys
 * @param members a hash of the active workers that this worker sees
 * @param heirs who was active when this worker was buried; empty before
 * @param replaced the incarnation which held this worker id before; null for the first
 * @param grace for how long after it was replaced {@code replaced} may have gone on delivering;
 *     zero when it had departed or was buried
 * @param standby it holds nothing, and beats and looks seldom until it is offered something
 */
public record WorkerItem(
    Incarnation incarnation,
    State state,
    Duration leaseTime,
    long book,
    long roster,
    int plan,
    int members,
    List<Incarnation> heirs,
    @Nullable Incarnation replaced,
    Duration grace,
    boolean standby)
    implements LeaseItem {

  /** How a worker stands. */
  public enum State {
    /** Takes leases. */
    ACTIVE,
    /** Keeps what it holds, takes nothing more. */
    DRAINING,
    /** Left in order: whatever still names it is free. */
    DEPARTED,
    /** Was silent for its lease time and declared dead by another worker: its leases are free. */
    BURIED;

    /** Whether the worker can never again hold a lease in this incarnation. */
    public boolean gone() {
      return this == DEPARTED || this == BURIED;
    }
  }

  public WorkerItem {
    Objects.requireNonNull(incarnation, "incarnation");
    Objects.requireNonNull(state, "state");
    heirs = List.copyOf(heirs);
    if (leaseTime.isNegative() || leaseTime.isZero()) {
      throw new IllegalArgumentException("lease time " + leaseTime + ": must be positive");
    }
    if (grace.isNegative()) {
      throw new IllegalArgumentException("grace " + grace + ": must not be negative");
    }
  }

  /** A worker that starts under an id that nobody used before. */
  static WorkerItem starting(Incarnation self, Duration leaseTime) {
    return first(self, leaseTime, null);
  }

  /** A worker that starts anew without an item, and has ended all that it ran as {@code former}. */
  static WorkerItem startingAfter(Incarnation former, Incarnation self, Duration leaseTime) {
    return first(self, leaseTime, former);
  }

  private static WorkerItem first(
      Incarnation self, Duration leaseTime, @Nullable Incarnation replaced) {
    return new WorkerItem(
        self,
        State.ACTIVE,
        leaseTime,
        0,
        0,
        LeaseBalancer.VERSION,
        0,
        List.of(),
        replaced,
        Duration.ZERO,
        false);
  }

  /** A worker that starts under the id of {@code before}, whether that one lives or not. */
  static WorkerItem replacing(WorkerItem before, Incarnation self, Duration leaseTime) {
    var grace = before.state.gone() ? Duration.ZERO : before.leaseTime;
    return replacing(before, self, leaseTime, grace);
  }

  /**
   * The same.
   *
   * @param grace for how long {@code before} may go on delivering
   */
  static WorkerItem replacing(
      WorkerItem before, Incarnation self, Duration leaseTime, Duration grace) {
    return new WorkerItem(
        self,
        State.ACTIVE,
        leaseTime,
        0,
        0,
        LeaseBalancer.VERSION,
        0,
        List.of(),
        before.incarnation,
        grace,
        false);
  }

  WorkerItem publishing(State state, long book, long roster, int members) {
    return with(state, leaseTime, book, roster, members, heirs, standby);
  }

  /** The same at another pace: a standby, or no longer one. */
  public WorkerItem beating(boolean standby, Duration leaseTime) {
    return with(state, leaseTime, book, roster, members, heirs, standby);
  }

  /** Its own F, also while it may be thought alive for longer: a roll takes no longer for that. */
  Duration leaseTimeAwake() {
    return standby ? leaseTime.dividedBy(LeaseSettings.STANDBY_SLOWER) : leaseTime;
  }

  WorkerItem buried(List<Incarnation> heirs) {
    return with(State.BURIED, leaseTime, book, roster, members, heirs, standby);
  }

  private WorkerItem with(
      State state,
      Duration leaseTime,
      long book,
      long roster,
      int members,
      List<Incarnation> heirs,
      boolean standby) {
    return new WorkerItem(
        incarnation,
        state,
        leaseTime,
        book,
        roster,
        plan,
        members,
        heirs,
        replaced,
        grace,
        standby);
  }

  /** Whether {@code who} has the worker id, and nobody has declared it dead. */
  boolean livesAs(Incarnation who) {
    return incarnation.equals(who) && !state.gone();
  }

  @Override
  public String partition(String application) {
    return application + "!W";
  }

  @Override
  public String sort() {
    return incarnation.workerId();
  }
}
