package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.FleetView.Verdict;
import io.headrace.lease.RosterPart.Standing;
import io.headrace.lease.WorkerItem.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
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

  /** Ticks; half of them are still more than any that are waited for. */
  private static final long NEVER = Long.MAX_VALUE / 2;

  private final Desk desk;
  private final Heart heart;
  private final Fleet fleet;
  private final Roster roster;
  private final Leases leases;
  private final Takes takes;
  private Map<ShardKey, Candidate> candidates = new HashMap<>();

  /** Of the candidates. */
  private final Set<Candidate> asked = new LinkedHashSet<>();

  private final Set<ShardKey> urgent = new HashSet<>();
  private final Map<ShardKey, Stored<LeaseRow>> made = new HashMap<>();
  private Consumer<StreamId> onForgotten = stream -> {};
  private @Nullable Rest rest;
  private @Nullable Plan plan;

  /** Null when candidates have to be found anew, whatever is known of others. */
  private @Nullable Found found;

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
   * What candidates were found from: those of others, and this worker's own, which are counted but
   * for claims. A fleet that starts has thousands of candidates, and a claim takes away one.
   */
  private record Found(Rest rest, long ownChanges, boolean booksKnown) {
    @SuppressWarnings("ReferenceEquality") // The same until something changes.
    boolean holds(Rest restNow, long ownChangesNow, boolean booksKnownNow) {
      return rest == restNow && ownChanges == ownChangesNow && booksKnown == booksKnownNow;
    }
  }

  /**
   * How long this worker waits before it claims each shard, and what that was found from.
   *
   * @param active whoever was, the same set until that changes
   * @param turns by shard; few, in which all shards are
   */
  private record Plan(
      Rest rest,
      SortedSet<Incarnation> active,
      long madeAt,
      Map<ShardKey, Turn> turns,
      Collection<Turn> inOrder) {
    static Plan of(
        Rest rest, SortedSet<Incarnation> active, long now, Map<ShardKey, Duration> waits) {
      var turns = new HashMap<ShardKey, Turn>();
      var byWait = new TreeMap<Duration, Turn>();
      waits.forEach(
          (shard, wait) -> {
            var turn = byWait.computeIfAbsent(wait, w -> new Turn(w, now));
            turn.shards.add(shard);
            turns.put(shard, turn);
          });
      return new Plan(rest, active, now, turns, byWait.values());
    }

    boolean covers(Set<ShardKey> shards) {
      return turns.keySet().containsAll(shards);
    }

    void lookAtAll(long ticks) {
      inOrder.forEach(turn -> turn.lookNotLaterThan(ticks));
    }

    void lookNotLaterThan(long ticks, ShardKey shard) {
      var turn = turns.get(shard);
      if (turn != null) {
        turn.lookNotLaterThan(ticks);
      }
    }

    boolean holds(Rest now, SortedSet<Incarnation> activeNow, long ticks) {
      return isSame(rest, now) && isSame(active, activeNow) && ticks - madeAt < PLAN_MAX.toNanos();
    }

    @SuppressWarnings("ReferenceEquality") // The same until something changes.
    private static boolean isSame(Object one, Object other) {
      return one == other;
    }
  }

  /** The shards for which this worker waits equally long. */
  private static final class Turn {
    final Duration wait;
    final List<ShardKey> shards = new ArrayList<>();

    /** Before this none of them is due: most are another's first choice, and due much later. */
    long notBefore;

    Turn(Duration wait, long now) {
      this.wait = wait;
      notBefore = now;
    }

    void lookNotLaterThan(long ticks) {
      if (ticks - notBefore < 0) {
        notBefore = ticks;
      }
    }
  }

  private static final class Candidate {
    final ShardKey shard;
    final long since;
    long notBefore;

    /** Its row can't be read: it is not to be had, whatever anybody does. */
    boolean unreadable;

    Duration pause = LeaseSettings.LOOK_AGAIN_FIRST;

    Candidate(ShardKey shard, long now) {
      this.shard = shard;
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
    found = null;
    candidates = new HashMap<>();
    asked.clear();
    urgent.clear();
    made.clear();
  }

  /** This worker made the shard runnable and takes it at once; balance comes later. */
  void atOnce(ShardKey shard) {
    urgent.add(shard);
    found = null;
    consider();
  }

  /** Whether this worker has looked around and may claim. */
  boolean isOpen() {
    return open;
  }

  /** Whether something is being looked at that may be claimed. */
  boolean asking() {
    return !asked.isEmpty();
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
    long now = desk.now();
    long nextDue = NEVER;
    for (var turn : plan().inOrder()) {
      long due = turn.notBefore - now;
      nextDue = Math.min(nextDue, due > 0 ? due : take(turn, now));
    }
    if (nextDue < NEVER / 2) { // Of what was set to never some ticks have passed since.
      next = desk.after(Duration.ofNanos(nextDue), this::consider);
    }
  }

  /** Asks for what is due; returns in how many ticks something else will be. */
  private long take(Turn turn, long now) {
    turn.notBefore = now + NEVER;
    int room = LeaseSettings.CLAIMS_MAX - leases.claiming() - asked.size();
    long nextDue = NEVER;
    // Whose book is being fetched may hold what looks free; a fetch that fails delays nobody long.
    long booksBy = fleet.booksKnown() ? Long.MIN_VALUE : desk.settings.viewPoll().toNanos();
    for (var shard : turn.shards) {
      var candidate = candidates.get(shard);
      if (candidate == null || asked.contains(candidate)) {
        continue;
      }
      long delay = urgent.contains(shard) ? 0 : Math.max(turn.wait.toNanos(), booksBy);
      long due = Math.max(candidate.since + delay - now, candidate.notBefore - now);
      if (due > 0) {
        nextDue = Math.min(nextDue, due);
        turn.lookNotLaterThan(now + due);
      } else if (!heart.awake()) {
        heart.wake(); // It is claimed when others know.
        turn.lookNotLaterThan(now);
      } else if (room > 0) {
        room--;
        ask(shard, candidate);
      } else {
        turn.lookNotLaterThan(now);
      }
    }
    return nextDue;
  }

  /**
   * Who has not been heard of for long is no first choice: its heirs would wait for it. Nor is a
   * standby, which would find the shard a look later; it is offered some when it is worth it.
   */
  private Plan plan() {
    var known = plan;
    var seen = rest();
    var active = fleet.view().active();
    if (known == null || !known.holds(seen, active, desk.now())) {
      known = Plan.of(seen, active, desk.now(), planned());
      plan = known;
    }
    return known;
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
    long ownChanges = leases.changes() + takes.changes();
    boolean booksKnown = fleet.booksKnown();
    if (found != null && found.holds(rest, ownChanges, booksKnown)) {
      return;
    }
    found = new Found(rest, ownChanges, booksKnown);
    var free = new HashSet<>(rest.left);
    free.addAll(urgent);
    free.removeAll(rest.spokenFor);
    free.removeIf(shard -> leases.has(shard) || takes.has(shard));
    urgent.retainAll(free);
    made.keySet().removeIf(shard -> roster.standing(shard) != null && !free.contains(shard));
    // A new map: one that had thousands is gone through as if it still had.
    var before = candidates;
    candidates = new HashMap<>();
    for (var shard : free) {
      var known = before.get(shard);
      candidates.put(shard, known == null ? new Candidate(shard, desk.now()) : known);
    }
    asked.removeIf(candidate -> candidates.get(candidate.shard) != candidate);
    if (plan != null && plan.covers(candidates.keySet())) {
      plan.lookAtAll(desk.now());
    } else {
      plan = null;
    }
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
      var left = new HashSet<ShardKey>();
      for (var shard : roster.runnable()) {
        if (!fleet.spokenFor().contains(shard)) {
          left.add(shard);
        }
      }
      known = new Rest(roster.runnable(), fleet.spokenFor(), left);
      rest = known;
    }
    return known;
  }

  private void ask(ShardKey shard, Candidate candidate) {
    asked.add(candidate);
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
      case UNKNOWN -> {
        var known = fleet.view().known(owner.workerId());
        desk.read(
            () -> desk.table.worker(desk.application, owner.workerId()),
            found -> {
              var verdict =
                  fleet.view().verdictAfterRead(desk.now(), owner, known, found.orElse(null));
              if (verdict == Verdict.CLAIMABLE) {
                claim(shard, row);
              } else {
                postpone(candidate);
              }
            },
            failure -> postpone(candidate));
      }
    }
  }

  private void claim(ShardKey shard, Stored<LeaseRow> row) {
    if (leases.has(shard) || takes.has(shard) || heart.state() != State.ACTIVE) {
      drop(shard);
      return;
    }
    urgent.remove(shard);
    drop(shard);
    leases.claim(row);
  }

  private void drop(ShardKey shard) {
    asked.remove(candidates.remove(shard));
  }

  /** Somebody has it who does not say so yet, or nobody may: looked at again, ever more seldom. */
  private void postpone(Candidate candidate) {
    asked.remove(candidate);
    var pause = candidate.pause;
    candidate.notBefore = desk.now() + pause.toNanos();
    if (plan != null) {
      plan.lookNotLaterThan(candidate.notBefore, candidate.shard);
    }
    var doubled = pause.multipliedBy(2);
    // A life that was replaced keeps its leases for its lease time; what takes longer is stuck.
    boolean stuck = desk.now() - candidate.since > desk.settings.audit().toNanos();
    var longest = stuck ? desk.settings.leaseTime() : LeaseSettings.LOOK_AGAIN_MAX;
    candidate.pause = doubled.compareTo(longest) < 0 ? doubled : longest;
    answers.ask();
  }
}
