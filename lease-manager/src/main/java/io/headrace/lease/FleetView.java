package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.lease.WorkerItem.State;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one worker knows of all, and since when by its own monotonic clock. Answers may be old and
 * go backward: a lower revision of an item is never news. Silence is counted over successful polls
 * only: who could not look for a while begins to count anew.
 */
final class FleetView {
  private static final int LIVES_REMEMBERED_MAX = 8;

  /** How long after a restart the next one of the same roll may come. */
  private static final int ROLL_LEASE_TIMES = 6;

  private long gapMaxTicks;
  private static final int ABSENT_MAX = 1_000;

  private final Map<String, Seen> workers = new HashMap<>();

  /** Whom the last answer named, in its order, which the next one mostly keeps. */
  private List<Seen> answered = List.of();

  /** Those that came within the time of a roll; some may have come before. */
  private final Set<Seen> lately = new LinkedHashSet<>();

  /** Owners of leases that have no worker item, and the ticks from which they count as gone. */
  private final Map<Incarnation, Long> absent = new HashMap<>();

  /** Those that take leases; null when it has to be made anew. */
  private @Nullable SortedSet<Incarnation> active;

  /** Null when it has to be made anew. */
  private @Nullable Census census;

  private boolean polled;
  private long lastPoll;

  /**
   * @param gapMax see {@link #lookingWithin}
   */
  FleetView(Duration gapMax) {
    lookingWithin(gapMax);
  }

  /** When the next answer comes later than this, nobody's silence counts from before it. */
  void lookingWithin(Duration gapMax) {
    gapMaxTicks = gapMax.toNanos();
  }

  /** What may be done with a lease that names an owner. */
  enum Verdict {
    /** The owner is dead or gone for good. */
    CLAIMABLE,
    /** The owner may deliver: leave it alone. */
    HELD,
    /** This view says nothing certain of the owner: its worker item has to be read. */
    UNKNOWN
  }

  /**
   * What all items say, whenever they were written. A worker at rest says the same with every
   * heartbeat, and there may be many: they are gone through when one says something else.
   *
   * @param agreed whether all that are awake and take leases see the same members
   */
  private record Census(
      List<WorkerItem> living,
      Duration shortestLeaseTime,
      long newestRoster,
      boolean anyLeaving,
      int planVersion,
      int membersHash,
      boolean agreed) {}

  private static final class Seen {
    final String id;
    Stored<WorkerItem> stored;
    long since;
    boolean changed;

    /** This observer saw it start. */
    boolean replaced;

    /** It was silent, and a consistent read did not find its item. */
    boolean missing;

    /** It comes back after it counted as gone: its leases may be others' already. */
    boolean condemned;

    final Deque<Life> lives = new ArrayDeque<>();

    Seen(Stored<WorkerItem> stored, long now) {
      this.id = stored.item().incarnation().workerId();
      this.stored = stored;
      this.since = now;
      lives.add(Life.of(stored.item(), now, false, false));
    }

    WorkerItem item() {
      return stored.item();
    }
  }

  /**
   * An incarnation and the tick at which it was first seen.
   *
   * @param leaseTime its own, while it may hold something
   * @param restarted it follows one that this observer saw leave in order, not long before
   * @param soon the one before it had come within the time of a roll, too
   * @param newUntil the tick at which the time of a roll is over
   */
  private record Life(
      Incarnation incarnation,
      Duration leaseTime,
      long appeared,
      boolean restarted,
      boolean soon,
      long newUntil) {
    static Life of(WorkerItem item, long now, boolean restarted, boolean soon) {
      return new Life(
          item.incarnation(), item.leaseTimeAwake(), now, restarted, soon, now + rollTicks(item));
    }
  }

  /** An answer to the view poll. */
  void observe(long now, List<Stored<WorkerItem>> answer) {
    if (polled && now - lastPoll > gapMaxTicks) {
      workers.values().forEach(seen -> seen.since = now);
    }
    polled = true;
    lastPoll = now;
    var before = answered.iterator();
    var named = new ArrayList<Seen>(answer.size());
    for (var item : answer) {
      var id = item.item().incarnation().workerId();
      var known = before.hasNext() ? before.next() : null;
      named.add(observe(now, item, known != null && known.id.equals(id) ? known : workers.get(id)));
    }
    answered = named;
  }

  /** One item, from wherever it came. */
  void observe(long now, Stored<WorkerItem> item) {
    var unused = observe(now, item, workers.get(item.item().incarnation().workerId()));
  }

  private Seen observe(long now, Stored<WorkerItem> item, @Nullable Seen known) {
    if (known == null) {
      return meet(now, item);
    }
    update(known, item, now);
    return known;
  }

  private Seen meet(long now, Stored<WorkerItem> item) {
    var seen = new Seen(item, now);
    workers.put(seen.id, seen);
    var gone = absent.remove(item.item().incarnation());
    seen.condemned = gone != null && now - gone >= 0;
    lately.add(seen);
    active = null;
    census = null;
    return seen;
  }

  private void update(Seen seen, Stored<WorkerItem> item, long now) {
    if (item.nonce().equals(seen.stored.nonce()) && item.revision() <= seen.stored.revision()) {
      return;
    }
    adopt(seen, item, now);
  }

  private void adopt(Seen seen, Stored<WorkerItem> item, long now) {
    if (!item.item().equals(seen.item())) {
      saysOtherwise(seen, item.item(), now);
    }
    seen.stored = item;
    seen.since = now;
    seen.missing = false;
  }

  /** This is no mere heartbeat. */
  private void saysOtherwise(Seen seen, WorkerItem item, long now) {
    census = null;
    if (!item.incarnation().equals(seen.item().incarnation())) {
      seen.condemned = false;
      boolean left = seen.item().state() == State.DRAINING || isOrderlyEnd(seen);
      boolean justLeft = now - seen.since < rollTicks(seen.item());
      boolean soon =
          seen.replaced && now - seen.lives.getLast().appeared() < rollTicks(seen.item());
      seen.lives.addLast(Life.of(item, now, left && justLeft, soon));
      seen.replaced = true;
      lately.add(seen);
      if (seen.lives.size() > LIVES_REMEMBERED_MAX) {
        seen.lives.removeFirst();
      }
    }
    boolean stands =
        item.incarnation().equals(seen.item().incarnation()) && item.state() == seen.item().state();
    if (!stands) {
      seen.changed = true;
      active = null;
    }
  }

  /** That it had left before this observer came says nothing of when. */
  private static boolean isOrderlyEnd(Seen seen) {
    return seen.item().state() == State.DEPARTED && seen.changed;
  }

  private static long rollTicks(WorkerItem item) {
    return item.leaseTimeAwake().multipliedBy(ROLL_LEASE_TIMES).toNanos();
  }

  /** Workers that came lately; after a while in which none does, a roll counts as over. */
  List<Incarnation> newcomers(long now) {
    return livesOf(now, life -> true);
  }

  /**
   * Whether workers are being restarted one after the other, as far as that can be seen from their
   * leaving in order and coming back under their own ids.
   */
  boolean isRestarting(long now) {
    return !livesOf(now, Life::restarted).isEmpty();
  }

  /**
   * Workers that start again and again: each of their last two lives began within the time of a
   * roll, which restarts a worker once. They are no reason to wait, and nothing is moved to them.
   */
  Set<Incarnation> unsteady(long now) {
    return lately(now)
        .filter(seen -> seen.lives.getLast().soon())
        .map(seen -> seen.item().incarnation())
        .collect(Collectors.toSet());
  }

  private List<Incarnation> livesOf(long now, Predicate<Life> which) {
    return lately(now)
        .filter(seen -> seen.item().state() == State.ACTIVE)
        .filter(seen -> !seen.lives.getLast().soon() && which.test(seen.lives.getLast()))
        .map(seen -> seen.item().incarnation())
        .toList();
  }

  private Stream<Seen> lately(long now) {
    lately.removeIf(seen -> now - seen.lives.getLast().newUntil() >= 0);
    return lately.stream();
  }

  /** The worker in this incarnation, if it is the present one. */
  @Nullable WorkerItem item(Incarnation who) {
    var seen = workers.get(who.workerId());
    return seen != null && seen.item().incarnation().equals(who) ? seen.item() : null;
  }

  /** All that are not dead, draining ones too, by id: the same list until one says otherwise. */
  List<WorkerItem> living() {
    return census().living();
  }

  private Census census() {
    var known = census;
    if (known == null) {
      known = take();
      census = known;
    }
    return known;
  }

  private Census take() {
    var living =
        workers.values().stream()
            .map(Seen::item)
            .filter(item -> !item.state().gone())
            .sorted(Comparator.comparing(item -> item.incarnation().workerId()))
            .toList();
    int planVersion =
        living.stream()
            .filter(item -> item.state() == State.ACTIVE)
            .mapToInt(WorkerItem::plan)
            .min()
            .orElse(LeaseBalancer.VERSION);
    int membersHash = membersHash(planVersion);
    return new Census(
        living,
        living.stream()
            .map(WorkerItem::leaseTime)
            .min(Comparator.naturalOrder())
            .orElse(LeaseSettings.LEASE_TIME_MAX),
        living.stream().mapToLong(WorkerItem::roster).max().orElse(0),
        living.stream().anyMatch(item -> item.state() == State.DRAINING),
        planVersion,
        membersHash,
        agree(living, membersHash, Set.of()));
  }

  /** All that take leases, as far as is known; those silent for long may be dead. */
  SortedSet<Incarnation> active() {
    var known = active;
    if (known == null) {
      var now = new TreeSet<Incarnation>();
      for (var seen : workers.values()) {
        if (seen.item().state() == State.ACTIVE) {
          now.add(seen.item().incarnation());
        }
      }
      known = Collections.unmodifiableSortedSet(now);
      active = known;
    }
    return known;
  }

  /** Those that take leases, but for the unsteady: the same set while these don't change. */
  SortedSet<Incarnation> steady(long now) {
    var unsteady = unsteady(now);
    if (unsteady.isEmpty()) {
      return active();
    }
    var steady = new TreeSet<>(active());
    steady.removeAll(unsteady);
    return steady;
  }

  boolean isActive(Incarnation who) {
    var item = item(who);
    return item != null && item.state() == State.ACTIVE;
  }

  /**
   * Whether a heartbeat of the worker is overdue: it may be dead, and nobody has to rely on it. A
   * beat comes every 0.4 of the lease time and is seen within 0.2.
   */
  boolean isQuiet(long now, Incarnation who) {
    var seen = workers.get(who.workerId());
    return seen == null
        || !seen.item().incarnation().equals(who)
        || seen.missing
        || seen.condemned
        || now - seen.since > seen.item().leaseTime().toNanos() / 10 * 7;
  }

  /** The shortest lease time that a living worker tells. */
  Duration shortestLeaseTime() {
    return census().shortestLeaseTime();
  }

  /** The newest roster that a living worker knows. */
  long newestRoster() {
    return census().newestRoster();
  }

  /** Whether it says that it holds nothing and looks seldom. */
  boolean isStandby(Incarnation who) {
    var item = item(who);
    return item != null && item.standby();
  }

  /**
   * Equal for workers that see the same active members. Their ids count, not their lives: one that
   * starts again and again would keep the others from ever agreeing.
   */
  int membersHash() {
    return census().membersHash();
  }

  private int membersHash(int planVersion) {
    return planVersion < LeaseBalancer.IDS_AGREED_SINCE
        ? active().hashCode()
        : active().stream().map(Incarnation::workerId).toList().hashCode();
  }

  /**
   * Whether all active workers say that they see the same members; but for standbys, which have
   * nothing to give and would keep the others waiting, and those that start again and again.
   */
  boolean agreed(long now) {
    return census().agreed() || agree(living(), membersHash(), unsteady(now));
  }

  private static boolean agree(List<WorkerItem> all, int members, Set<Incarnation> butFor) {
    return all.stream()
        .filter(item -> item.state() == State.ACTIVE && !item.standby())
        .filter(item -> !butFor.contains(item.incarnation()))
        .allMatch(item -> item.members() == members);
  }

  /** The rules of balance that all workers know: the lowest version among them. */
  int planVersion() {
    return census().planVersion();
  }

  /** Workers that have gone, and whose items have stood so for so long. */
  List<Stored<WorkerItem>> goneFor(long now, Duration age) {
    return workers.values().stream()
        .filter(seen -> seen.item().state().gone() && now - seen.since >= age.toNanos())
        .map(seen -> seen.stored)
        .toList();
  }

  /** The worker's item was taken away. */
  void forget(Stored<WorkerItem> item) {
    var id = item.item().incarnation().workerId();
    var seen = workers.get(id);
    if (seen != null && seen.stored.equals(item)) {
      workers.remove(id);
      lately.remove(seen);
      answered = List.of();
      active = null;
      census = null;
    }
  }

  /**
   * A consistent read did not find the item of a silent worker, which somebody took away: it can't
   * be buried, and can't beat on either. What it sent before may be newer than what is known of it,
   * so its lease time begins anew. If its item is missed then, too, the worker is forgotten, and
   * its leases are free. Answers to polls do not count meanwhile: they may be older.
   *
   * @return whether it is missed for the first time
   */
  boolean missed(long now, Stored<WorkerItem> suspect) {
    var who = suspect.item().incarnation();
    var seen = workers.get(who.workerId());
    if (seen == null || !seen.stored.equals(suspect)) {
      return false; // It was heard of while it was asked for.
    }
    if (seen.missing || seen.condemned) {
      forget(suspect);
      noteAbsent(who, now);
      return false;
    }
    seen.missing = true;
    seen.since = now;
    return true;
  }

  /** What is known of the worker; null when nothing is. */
  @Nullable Stored<WorkerItem> known(String workerId) {
    var seen = workers.get(workerId);
    return seen == null ? null : seen.stored;
  }

  /**
   * A consistent read found a worker's item. What was known when it was sent is older, also where
   * its revision is higher, or where it was missed meanwhile: then somebody put a copy of the item
   * back, and the worker, which may have beaten in between, is judged anew.
   *
   * @param known when the read was sent
   * @return whether it says what was known, and nothing else was heard
   */
  boolean reread(long now, @Nullable Stored<WorkerItem> known, Stored<WorkerItem> read) {
    var seen = workers.get(read.item().incarnation().workerId());
    if (seen == null || known == null || !seen.stored.equals(known)) {
      observe(now, read);
      return false;
    }
    boolean same = read.nonce().equals(known.nonce()) && read.revision() == known.revision();
    if (!same || seen.missing) {
      adopt(seen, read, now);
      return false;
    }
    return true;
  }

  boolean anyLeaving() {
    return census().anyLeaving();
  }

  /**
   * Workers other than {@code self} whose lease time passed in silence, by this observer's clock,
   * and those that come back after they counted as gone.
   */
  List<Stored<WorkerItem>> suspects(long now, Incarnation self) {
    if (!polled || now - lastPoll > gapMaxTicks) {
      return List.of();
    }
    var suspects = new ArrayList<Stored<WorkerItem>>();
    for (var seen : others(self)) {
      if (ticksToSuspicion(now, seen) <= 0) {
        suspects.add(seen.stored);
      }
    }
    return suspects;
  }

  /** In how many ticks the next worker becomes a suspect unless it is heard of. */
  OptionalLong ticksToNextSuspect(long now, Incarnation self) {
    return others(self).stream().mapToLong(seen -> Math.max(0, ticksToSuspicion(now, seen))).min();
  }

  private static long ticksToSuspicion(long now, Seen seen) {
    return seen.condemned ? 0 : seen.since + seen.item().leaseTime().toNanos() - now;
  }

  private Collection<Seen> others(Incarnation self) {
    return workers.values().stream()
        .filter(seen -> !seen.item().incarnation().workerId().equals(self.workerId()))
        .filter(seen -> !seen.item().state().gone())
        .toList();
  }

  /** Who inherits from {@code dead}: the active that are not under suspicion themselves. */
  List<Incarnation> heirs(long now, Incarnation self, Incarnation dead) {
    var silent = suspects(now, self).stream().map(s -> s.item().incarnation()).toList();
    return active().stream().filter(who -> !who.equals(dead) && !silent.contains(who)).toList();
  }

  /** Whether a lease whose row names {@code owner} may be claimed. */
  Verdict verdict(long now, Incarnation owner) {
    var seen = workers.get(owner.workerId());
    if (seen == null) {
      var gone = absent.get(owner);
      return gone != null && now - gone < 0 ? Verdict.HELD : Verdict.UNKNOWN;
    }
    if (seen.item().incarnation().equals(owner)) {
      return seen.item().state().gone() ? Verdict.CLAIMABLE : Verdict.HELD;
    }
    var successor = successor(seen, owner);
    if (successor == null) {
      return Verdict.UNKNOWN;
    }
    var item = seen.item();
    boolean direct =
        owner.equals(item.replaced()) && successor.incarnation.equals(item.incarnation());
    var grace =
        direct
            ? item.grace()
            : longer(leaseTimeOf(seen, owner), longer(item.grace(), item.leaseTime()));
    return now - successor.appeared >= grace.toNanos() ? Verdict.CLAIMABLE : Verdict.HELD;
  }

  /**
   * Whoever is certain to have replaced {@code owner}: the life seen after it, or the one that
   * names it. Null when the owner may be newer than this view.
   */
  private static @Nullable Life successor(Seen seen, Incarnation owner) {
    boolean found = false;
    for (var life : seen.lives) {
      if (found) {
        return life;
      }
      found = life.incarnation.equals(owner);
    }
    return owner.equals(seen.item().replaced())
        ? Objects.requireNonNull(seen.lives.peekLast())
        : null;
  }

  /** As far as is known: the item names that of the life just before it, if any. */
  private static Duration leaseTimeOf(Seen seen, Incarnation owner) {
    return seen.lives.stream()
        .filter(life -> life.incarnation.equals(owner))
        .map(Life::leaseTime)
        .findFirst()
        .orElse(Duration.ZERO);
  }

  /**
   * A worker's item is swept only when no lease names it, so somebody took it away by hand, or a
   * claim arrived very late. A worker that lives finds out with its next heartbeat.
   */
  private Verdict verdictOfAbsent(long now, Incarnation owner) {
    var gone = absent.get(owner);
    if (gone == null) {
      gone = now + LeaseSettings.LEASE_TIME_MAX.toNanos();
      noteAbsent(owner, gone);
    }
    return now - gone >= 0 ? Verdict.CLAIMABLE : Verdict.HELD;
  }

  private void noteAbsent(Incarnation owner, long gone) {
    if (absent.size() >= ABSENT_MAX && !absent.containsKey(owner)) {
      absent.clear();
    }
    absent.put(owner, gone);
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  /**
   * The same after a consistent read of the worker item, which certainly is not older than the
   * owner: an owner that is neither present nor known was replaced before the first life known.
   *
   * @param before what was known of the worker when the read was sent
   */
  Verdict verdictAfterRead(
      long now,
      Incarnation owner,
      @Nullable Stored<WorkerItem> before,
      @Nullable Stored<WorkerItem> read) {
    if (read == null) {
      return verdictOfAbsent(now, owner);
    }
    boolean unused = reread(now, before, read);
    var known = verdict(now, owner);
    if (known != Verdict.UNKNOWN) {
      return known;
    }
    if (read.item().livesAs(owner)) {
      return Verdict.HELD; // As an older copy that was put back, of which this view knew more.
    }
    var seen = Objects.requireNonNull(workers.get(owner.workerId()));
    var first = Objects.requireNonNull(seen.lives.peekFirst());
    var grace = longer(seen.item().grace(), seen.item().leaseTime());
    return now - first.appeared >= grace.toNanos() ? Verdict.CLAIMABLE : Verdict.HELD;
  }
}
