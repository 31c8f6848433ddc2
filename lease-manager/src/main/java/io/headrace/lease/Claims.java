package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.FleetView.Verdict;
import io.headrace.lease.RosterPart.Standing;
import io.headrace.lease.WorkerItem.State;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Claims what nobody runs: shards of the roster that stand in no living worker's book, be they
 * free, new, or of the dead. Lives on the coordinator's loop.
 */
final class Claims {
  /**
   * For so long a plan stands while nothing is heard of others. What this worker claims meanwhile
   * does not change what is left for whom, and a fleet that starts has thousands of claims, of
   * which each would plan for all that are left.
   */
  private static final Duration PLAN_MAX = Duration.ofSeconds(1);

  private final Desk desk;
  private final Heart heart;
  private final Fleet fleet;
  private final Roster roster;
  private final Leases leases;
  private final Takes takes;
  private final Map<ShardKey, Candidate> candidates = new TreeMap<>(ShardKeys.ORDER);
  private final Set<ShardKey> urgent = new HashSet<>();
  private final Map<ShardKey, Stored<LeaseRow>> made = new HashMap<>();
  private Consumer<StreamId> onForgotten = stream -> {};
  private @Nullable Rest rest;
  private @Nullable Plan plan;
  private Consumer<ShardKey> onDeleted = shard -> {};
  private boolean open;

  /** Many come at once. */
  private final Gathered answers;

  private EventLoop.@Nullable Scheduled next;

  /**
   * What other workers leave of the roster.
   *
   * @param runnable of the roster, and what others have of it: as they were, to see a change
   */
  private record Rest(List<ShardKey> runnable, Set<ShardKey> spokenFor, Set<ShardKey> left) {}

  /**
   * How long this worker waits before it claims each shard, and what that was found from.
   *
   * @param active whoever was, the same set until that changes
   */
  private record Plan(
      Rest rest, SortedSet<Incarnation> active, long madeAt, Map<ShardKey, Duration> waits) {
    boolean holds(Rest now, SortedSet<Incarnation> activeNow, long ticks) {
      return isSame(rest, now) && isSame(active, activeNow) && ticks - madeAt < PLAN_MAX.toNanos();
    }

    @SuppressWarnings("ReferenceEquality") // The same until something changes.
    private static boolean isSame(Object one, Object other) {
      return one == other;
    }
  }

  private static final class Candidate {
    final long since;
    long notBefore;
    boolean asked;

    /** Its row can't be read: it is not to be had, whatever anybody does. */
    boolean unreadable;

    Duration pause = LeaseSettings.LOOK_AGAIN_FIRST;

    Candidate(long now) {
      since = now;
      notBefore = now;
    }
  }

  Claims(Desk desk, Heart heart, Fleet fleet, Roster roster, Leases leases, Takes takes) {
    this.desk = desk;
    this.heart = heart;
    this.fleet = fleet;
    this.roster = roster;
    this.leases = leases;
    this.takes = takes;
    this.answers = new Gathered(desk, Duration.ZERO, this::consider);
  }

  /** Told of a stream one of whose shards has ended without the roster's knowledge. */
  void onForgotten(Consumer<StreamId> action) {
    onForgotten = action;
  }

  /** Told of a shard in the roster that has no row: somebody deleted it. */
  void onDeleted(Consumer<ShardKey> action) {
    onDeleted = action;
  }

  /** This worker has just made the row: it need not be read before it is claimed. */
  void made(Stored<LeaseRow> row) {
    if (row.item().standing() == Standing.RUNNABLE) {
      made.put(row.item().shard(), row);
    }
  }

  /** From now on leases are claimed. */
  void open() {
    open = true;
    consider();
  }

  void begin() {
    open = false;
    answers.begin();
    plan = null;
    candidates.clear();
    urgent.clear();
    made.clear();
  }

  /** This worker made the shard runnable and takes it at once; balance comes later. */
  void atOnce(ShardKey shard) {
    urgent.add(shard);
    consider();
  }

  /** Whether this worker has looked around and may claim. */
  boolean isOpen() {
    return open;
  }

  /** Whether something is being looked at that may be claimed. */
  boolean asking() {
    return asked() > 0;
  }

  private int asked() {
    return (int) candidates.values().stream().filter(candidate -> candidate.asked).count();
  }

  /**
   * Whether every shard that may be leased stands in somebody's book, or can't be leased at all.
   */
  boolean nothingFree() {
    return candidates.values().stream().allMatch(candidate -> candidate.unreadable);
  }

  void consider() {
    if (next != null) {
      next.cancel();
    }
    if (!open || heart.state() != State.ACTIVE || !heart.validAt(desk.now())) {
      return;
    }
    refresh();
    if (candidates.isEmpty()) {
      return;
    }
    var waits = waits();
    long now = desk.now();
    int room = LeaseSettings.CLAIMS_MAX - leases.claiming() - asked();
    long nextDue = Long.MAX_VALUE;
    // Whose book is being fetched may hold what looks free; a fetch that fails delays nobody long.
    long booksBy = fleet.booksKnown() ? Long.MIN_VALUE : desk.settings.viewPoll().toNanos();
    for (var shard : List.copyOf(candidates.keySet())) {
      var candidate = candidates.get(shard);
      if (candidate == null || candidate.asked) {
        continue;
      }
      var wait = urgent.contains(shard) ? Duration.ZERO : waits.getOrDefault(shard, Duration.ZERO);
      long delay = Math.max(wait.toNanos(), urgent.contains(shard) ? 0 : booksBy);
      long due = Math.max(candidate.since + delay - now, candidate.notBefore - now);
      if (due > 0) {
        nextDue = Math.min(nextDue, due);
      } else if (!heart.awake()) {
        heart.wake(); // It is claimed when others know.
      } else if (room > 0) {
        room--;
        ask(shard, candidate);
      }
    }
    if (nextDue < Long.MAX_VALUE) {
      next = desk.after(Duration.ofNanos(nextDue), this::consider);
    }
  }

  /**
   * Who has not been heard of for long is no first choice: its heirs would wait for it. Nor is a
   * standby, which would find the shard a look later; it is offered some when it is worth it.
   */
  private Map<ShardKey, Duration> waits() {
    var known = plan;
    var seen = rest();
    var active = fleet.view().active();
    if (known == null
        || !known.holds(seen, active, desk.now())
        || !known.waits().keySet().containsAll(candidates.keySet())) {
      known = new Plan(seen, active, desk.now(), planned());
      plan = known;
    }
    return known.waits();
  }

  private Map<ShardKey, Duration> planned() {
    var held = fleet.totals(leases.book(), leases.flipped());
    held.keySet().removeIf(who -> fleet.view().isQuiet(desk.now(), who));
    fleet.retainAwake(held.keySet());
    held.putIfAbsent(desk.self(), 0);
    var free = fleet.weighed(candidates.keySet());
    return ClaimPlan.waits(desk.self(), free, held, fleet.capacities(), fleet::reads);
  }

  private void refresh() {
    var rest = rest();
    var free = new HashSet<>(rest.left);
    free.addAll(urgent);
    free.removeAll(rest.spokenFor);
    free.removeIf(shard -> leases.has(shard) || takes.has(shard));
    urgent.retainAll(free);
    made.keySet().removeIf(shard -> roster.standing(shard) != null && !free.contains(shard));
    candidates.keySet().retainAll(free);
    free.forEach(shard -> candidates.computeIfAbsent(shard, s -> new Candidate(desk.now())));
  }

  /**
   * What stands in no other worker's book: nearly all of it this one's own. Found anew when the
   * roster or a book has changed, for a fleet may have many shards and looks around often.
   */
  @SuppressWarnings("ReferenceEquality") // The same until they change: that is what is asked.
  private Rest rest() {
    var known = rest;
    if (known == null
        || known.runnable != roster.runnable()
        || known.spokenFor != fleet.spokenFor()) {
      var left = new HashSet<>(roster.runnable());
      left.removeAll(fleet.spokenFor());
      known = new Rest(roster.runnable(), fleet.spokenFor(), left);
      rest = known;
    }
    return known;
  }

  private void ask(ShardKey shard, Candidate candidate) {
    candidate.asked = true;
    var known = made.remove(shard);
    if (known != null) {
      decide(shard, candidate, known); // If it is not so any more, the claim is refused.
      return;
    }
    desk.read(
        () -> desk.table.lease(desk.application, shard),
        found -> {
          candidate.unreadable = false;
          if (found.isPresent()) {
            decide(shard, candidate, found.get());
          } else {
            onDeleted.accept(shard);
            postpone(candidate); // the audit makes the row
          }
        },
        failure -> {
          candidate.unreadable = failure instanceof UnreadableItemException;
          postpone(candidate);
        });
  }

  private void decide(ShardKey shard, Candidate candidate, Stored<LeaseRow> row) {
    var lease = row.item();
    if (lease.standing() != Standing.RUNNABLE) {
      urgent.remove(shard);
      postpone(candidate);
      // Who ended it did not come to say so, nor perhaps to its children.
      Runnable then = lease.ended() ? () -> onForgotten.accept(shard.stream()) : () -> {};
      roster.change(shard.stream(), Map.of(shard.shard(), lease.standing()), then);
      return;
    }
    var owner = lease.owner();
    if (owner == null) {
      if (avoided(lease) && desk.now() - candidate.since < LeaseSettings.ANY_CHOICE.toNanos()) {
        postpone(candidate);
      } else {
        claim(shard, row);
      }
    } else if (owner.equals(desk.self())) {
      claim(shard, row); // Handed to us, or claimed in a write that we took for lost.
    } else {
      claimIfGone(shard, candidate, row, owner);
    }
  }

  private boolean avoided(LeaseRow lease) {
    return desk.self().equals(lease.avoid());
  }

  private void claimIfGone(
      ShardKey shard, Candidate candidate, Stored<LeaseRow> row, Incarnation owner) {
    switch (fleet.view().verdict(desk.now(), owner)) {
      case CLAIMABLE -> claim(shard, row);
      case HELD -> postpone(candidate);
      case UNKNOWN ->
          desk.read(
              () -> desk.table.worker(desk.application, owner.workerId()),
              found -> {
                var verdict = fleet.view().verdictAfterRead(desk.now(), owner, found.orElse(null));
                if (verdict == Verdict.CLAIMABLE) {
                  claim(shard, row);
                } else {
                  postpone(candidate);
                }
              },
              failure -> postpone(candidate));
    }
  }

  private void claim(ShardKey shard, Stored<LeaseRow> row) {
    if (leases.has(shard) || takes.has(shard) || heart.state() != State.ACTIVE) {
      candidates.remove(shard);
      return;
    }
    urgent.remove(shard);
    candidates.remove(shard);
    leases.claim(row);
  }

  /** Somebody has it who does not say so yet, or nobody may: looked at again, ever more seldom. */
  private void postpone(Candidate candidate) {
    candidate.asked = false;
    var pause = candidate.pause;
    candidate.notBefore = desk.now() + pause.toNanos();
    var doubled = pause.multipliedBy(2);
    // A life that was replaced keeps its leases for its lease time; what takes longer is stuck.
    boolean stuck = desk.now() - candidate.since > desk.settings.audit().toNanos();
    var longest = stuck ? desk.settings.leaseTime() : LeaseSettings.LOOK_AGAIN_MAX;
    candidate.pause = doubled.compareTo(longest) < 0 ? doubled : longest;
    answers.ask();
  }
}
