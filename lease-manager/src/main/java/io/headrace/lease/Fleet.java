package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the others: polls the heartbeat items, fetches books whose revision changed, and buries
 * who was silent for its lease time. Lives on the coordinator's loop.
 */
final class Fleet {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatCoordinator.class);

  private final Desk desk;
  private final Heart heart;
  private final Roster roster;
  private final Runnable onChange;
  private final FleetView view;
  private final Map<Incarnation, Stored<Book>> books = new HashMap<>();
  private final Map<ShardKey, Integer> weights = new HashMap<>();
  private final Set<Incarnation> fetching = new HashSet<>();
  private final Set<Incarnation> judging = new HashSet<>();

  /** Null when a book has changed since. */
  private @Nullable Set<ShardKey> spokenFor;

  /** Null when a book, or what a shard weighs, has changed since. */
  private @Nullable Loads lastLoads;

  /** Null when a book has changed since. */
  private @Nullable Map<Incarnation, Profile> profiles;

  /** Null when a book has changed since. */
  private @Nullable Offered offered;

  /** Those whose books are all known as they last named them, as the view lists them. */
  private @Nullable List<WorkerItem> booksKnownOf;

  /** Among whom the next judgement finds the first suspect, as the view lists them. */
  private @Nullable List<WorkerItem> watched;

  private BooleanSupplier busy = () -> false;
  private EventLoop.@Nullable Scheduled nextPoll;
  private EventLoop.@Nullable Scheduled nextJudgement;
  private LongConsumer onOrders = number -> {};
  private long ordersNoticed;
  private boolean polling;

  /** Many books change at once. */
  private final Gathered bookNews;

  private List<Runnable> afterPoll = new ArrayList<>();

  /**
   * @param onChange called after each look, whether it brought news or not
   */
  Fleet(Desk desk, Heart heart, Roster roster, Runnable onChange) {
    this.desk = desk;
    this.heart = heart;
    this.roster = roster;
    this.onChange = onChange;
    this.bookNews = new Gathered(desk, LeaseSettings.BOOKS_GATHERED, onChange);
    this.view = new FleetView(desk.settings.viewGapMax());
  }

  /** While this is true the view is polled more often. */
  void busyWhile(BooleanSupplier condition) {
    busy = condition;
  }

  /** Is told the number of the latest order, whenever it is news. */
  void noticing(LongConsumer onOrders) {
    this.onOrders = onOrders;
  }

  FleetView view() {
    return view;
  }

  void begin() {
    fetching.clear();
    judging.clear();
    polling = false;
    booksKnownOf = null;
    profiles = null;
    offered = null;
    disarmJudgement();
    bookNews.begin();
    afterPoll = new ArrayList<>();
    poll();
  }

  /** Looks at once, or takes the look that is under way, and then calls {@code then}. */
  void look(Runnable then) {
    afterPoll.add(then);
    poll();
  }

  /** Looks now, and every poll interval from now on. */
  private void poll() {
    if (polling) {
      return;
    }
    polling = true;
    if (nextPoll != null) {
      nextPoll.cancel();
    }
    long sentAt = desk.now();
    desk.read(
        () -> desk.table.roll(desk.application),
        roll -> {
          view.observe(desk.now(), roll.workers());
          roll.notice().ifPresent(notice -> noticed(notice.item().orders()));
          polled(sentAt);
        },
        failure -> polled(sentAt));
  }

  /** An answer may be older than the one before. */
  private void noticed(long number) {
    if (number > ordersNoticed) {
      ordersNoticed = number;
      onOrders.accept(number);
    }
  }

  private void polled(long sentAt) {
    polling = false;
    var settings = desk.settings;
    // What leaving workers give goes to those who are awake.
    boolean hurry = busy.getAsBoolean() || (!heart.isStandby() && view.anyLeaving());
    var shortest = view.shortestLeaseTime();
    var calm = heart.isStandby() ? settings.standbyPoll(shortest) : settings.viewPoll();
    var interval = hurry ? settings.busyViewPoll() : calm;
    view.lookingWithin(
        heart.isStandby() ? settings.standbyViewGapMax(shortest) : settings.viewGapMax());
    nextPoll = desk.after(interval.minus(Duration.ofNanos(desk.now() - sentAt)), this::poll);
    changed();
    var waiters = afterPoll;
    afterPoll = new ArrayList<>();
    waiters.forEach(Runnable::run);
  }

  /** At rest the view lists the same workers as before, and next to nothing is to be done. */
  @SuppressWarnings("ReferenceEquality") // The same list until a worker says something else.
  private void changed() {
    var living = view.living();
    if (living != booksKnownOf) {
      var news = living.stream().filter(item -> !isBookKnown(item)).toList();
      news.forEach(item -> fetch(item.incarnation()));
      forgetBooksBut(living);
      booksKnownOf = news.isEmpty() ? living : null;
    }
    roster.knownElsewhere(view.newestRoster());
    heart.publishMembers(view.membersHash());
    watch();
    onChange.run();
  }

  private void forgetBooksBut(List<WorkerItem> living) {
    var owners = new HashSet<Incarnation>();
    living.forEach(item -> owners.add(item.incarnation()));
    if (books.keySet().retainAll(owners)) {
      booksChanged();
    }
  }

  private boolean isBookKnown(WorkerItem item) {
    return item.incarnation().equals(desk.self()) || item.book() <= revision(item.incarnation());
  }

  private long revision(Incarnation who) {
    var book = books.get(who);
    return book == null ? 0 : book.revision();
  }

  /** This worker is no standby any more, so it looks as often as the others from now on. */
  void lookAgainSoon() {
    if (!polling) {
      poll();
    }
  }

  /** Reads a worker's book now. */
  void fetch(Incarnation who) {
    if (!fetching.add(who)) {
      return;
    }
    desk.read(
        () -> desk.table.book(desk.application, who.workerId()),
        found -> {
          fetching.remove(who);
          found.ifPresent(this::learn);
        },
        failure -> fetching.remove(who)); // the next poll asks again
  }

  /**
   * A book that was read, by whomever. That of one who has gone says nothing any more: if it came
   * late, it would stay until somebody else says something new.
   */
  void learn(Stored<Book> book) {
    var who = book.item().owner();
    var item = view.item(who);
    boolean lives = item != null && !item.state().gone();
    if (lives && !who.equals(desk.self()) && book.revision() > revision(who)) {
      books.put(who, book);
      booksChanged();
      learnWeights(book.item());
      bookNews.ask();
    }
  }

  /** Whether the book of every living worker is known as its heartbeat item last named it. */
  @SuppressWarnings("ReferenceEquality") // The same list until a worker says something else.
  boolean booksKnown() {
    var living = view.living();
    return living == booksKnownOf || living.stream().allMatch(this::isBookKnown);
  }

  @Nullable Book book(Incarnation who) {
    var book = books.get(who);
    return book == null ? null : book.item();
  }

  private void booksChanged() {
    spokenFor = null;
    lastLoads = null;
    profiles = null;
    offered = null;
  }

  /**
   * What stands in any other living worker's book: held, about to be, or about to be taken. The
   * same set until a book changes.
   */
  Set<ShardKey> spokenFor() {
    var known = spokenFor;
    if (known == null) {
      var shards = new HashSet<ShardKey>();
      for (var book : books.values()) {
        shards.addAll(book.item().holdings());
        shards.addAll(book.item().ready());
      }
      known = Collections.unmodifiableSet(shards);
      spokenFor = known;
    }
    return known;
  }

  /**
   * What each active worker has, or will have when all offers are taken up. Each shard counts once,
   * however many books name it while it changes hands. The same map until any of it changes.
   *
   * @param own this worker's book as it is now
   * @param flipped what this worker has handed over, and to whom
   */
  @SuppressWarnings("ReferenceEquality") // The same set until who is active changes.
  Map<Incarnation, LeaseBalancer.Load> loads(Book own, Map<ShardKey, Incarnation> flipped) {
    var known = lastLoads;
    if (known == null
        || known.active != view.active()
        || known.byWeight != weighing()
        || !known.own.equals(own)
        || !known.flipped.equals(flipped)) {
      known = new Loads(view.active(), weighing(), own, flipped, count(own, flipped));
      lastLoads = known;
    }
    return known.byWorker;
  }

  /**
   * Loads, and what they were found from beside the books of others: at rest nothing of it changes
   * from look to look, and there may be many shards.
   */
  private record Loads(
      SortedSet<Incarnation> active,
      boolean byWeight,
      Book own,
      Map<ShardKey, Incarnation> flipped,
      Map<Incarnation, LeaseBalancer.Load> byWorker) {}

  private Map<Incarnation, LeaseBalancer.Load> count(Book own, Map<ShardKey, Incarnation> flipped) {
    var places = new HashMap<ShardKey, Incarnation>();
    var known = new ArrayList<Book>();
    books.values().forEach(stored -> known.add(stored.item()));
    known.add(own);
    known.forEach(book -> book.ready().forEach(shard -> places.put(shard, book.owner())));
    known.forEach(book -> book.holdings().forEach(shard -> places.put(shard, book.owner())));
    places.putAll(flipped);
    known.forEach(book -> places.putAll(book.offers()));
    var loads = new HashMap<Incarnation, LeaseBalancer.Load>();
    view.active().forEach(who -> loads.put(who, new LeaseBalancer.Load()));
    boolean byWeight = weighing();
    places.forEach(
        (shard, who) -> {
          var load = loads.get(who);
          if (load != null) {
            load.add(byWeight ? weights.getOrDefault(shard, 1) : 1);
          }
        });
    return Collections.unmodifiableMap(loads);
  }

  /** The same, in sum. */
  Map<Incarnation, Integer> totals(Book own, Map<ShardKey, Incarnation> flipped) {
    var totals = new HashMap<Incarnation, Integer>();
    loads(own, flipped).forEach((who, load) -> totals.put(who, load.total()));
    return totals;
  }

  /** What a lease weighs, as its owner tells it or its last one did. */
  int weight(ShardKey shard) {
    return weighing() ? weights.getOrDefault(shard, 1) : 1;
  }

  private boolean weighing() {
    return view.planVersion() >= LeaseBalancer.WEIGHTS_SINCE;
  }

  SortedMap<ShardKey, Integer> weighed(Collection<ShardKey> shards) {
    var weighed = new TreeMap<ShardKey, Integer>(ShardKeys.ORDER);
    boolean weighing = weighing();
    shards.forEach(shard -> weighed.put(shard, weighing ? weights.getOrDefault(shard, 1) : 1));
    return weighed;
  }

  /** Takes over what a book says of weights; this worker's own, too. */
  void learnWeights(Book book) {
    boolean changed = false;
    if (!weights.isEmpty()) {
      for (var shard : book.holdings()) {
        if (!book.weights().containsKey(shard)) {
          changed |= weights.remove(shard) != null;
        }
      }
    }
    for (var weight : book.weights().entrySet()) {
      changed |= !weight.getValue().equals(weights.put(weight.getKey(), weight.getValue()));
    }
    if (changed) {
      lastLoads = null;
    }
  }

  Map<Incarnation, Integer> capacities() {
    var capacities = new HashMap<Incarnation, Integer>();
    profiles().forEach((who, profile) -> capacities.put(who, profile.capacity()));
    return capacities;
  }

  /** What is known of each living worker, this one included. The same map until a book changes. */
  Map<Incarnation, Profile> profiles() {
    var known = profiles;
    if (known == null) {
      var all = new HashMap<Incarnation, Profile>();
      books.forEach((who, book) -> all.put(who, book.item().profile()));
      all.put(desk.self(), desk.profile());
      known = Collections.unmodifiableMap(all);
      profiles = known;
    }
    return known;
  }

  /** Whether shards of the stream may go to the worker; who has not said so may have any. */
  boolean reads(Incarnation who, StreamId stream) {
    var book = books.get(who);
    return book == null || book.item().profile().reads(stream);
  }

  /** Of these, those that are awake; all when none is. Who is asleep would keep a giver waiting. */
  void retainAwake(Collection<Incarnation> workers) {
    if (!workers.stream().allMatch(this::isStandby)) {
      workers.removeIf(this::isStandby);
    }
  }

  private boolean isStandby(Incarnation who) {
    return who.equals(desk.self()) ? heart.isStandby() : view.isStandby(who);
  }

  /** Whether something is offered to this worker, as far as is known. */
  boolean anythingOffered() {
    return !offered().isEmpty();
  }

  /** What living workers offer to this one, and who does, as far as is known. */
  @SuppressWarnings("ReferenceEquality") // The same list until a worker says something else.
  Map<ShardKey, Incarnation> offered() {
    var known = offered;
    if (known == null || known.living != view.living()) {
      known = new Offered(view.living(), findOffered());
      offered = known;
    }
    return known.byShard;
  }

  /** Offers, and in whose books they were found. */
  private record Offered(List<WorkerItem> living, Map<ShardKey, Incarnation> byShard) {}

  private Map<ShardKey, Incarnation> findOffered() {
    var found = new LinkedHashMap<ShardKey, Incarnation>();
    for (var item : view.living()) {
      var book = book(item.incarnation());
      if (book != null) {
        book.offers()
            .forEach(
                (shard, taker) -> {
                  if (taker.equals(desk.self())) {
                    found.putIfAbsent(shard, item.incarnation());
                  }
                });
      }
    }
    return Collections.unmodifiableMap(found);
  }

  /**
   * Sees to it that whoever falls silent is judged in time. What is set already is not put off for
   * whoever was heard of since: it comes too early then, and is set anew for who is next.
   */
  @SuppressWarnings("ReferenceEquality") // The same list until a worker says something else.
  private void watch() {
    var living = view.living();
    if (nextJudgement == null || living != watched) {
      watched = living;
      armJudgement();
    }
  }

  private void armJudgement() {
    disarmJudgement();
    var ticks = view.ticksToNextSuspect(desk.now(), desk.self());
    if (ticks.isPresent() && ticks.getAsLong() > 0) {
      nextJudgement = desk.after(Duration.ofNanos(ticks.getAsLong()), this::armJudgement);
    } else if (ticks.isPresent()) {
      judge();
    }
  }

  private void disarmJudgement() {
    if (nextJudgement != null) {
      nextJudgement.cancel();
      nextJudgement = null;
    }
  }

  /** Only who is certain to be alive may bury: the others do the same to whoever is not. */
  private void judge() {
    long now = desk.now();
    if (!heart.validAt(now)) {
      return;
    }
    for (var suspect : view.suspects(now, desk.self())) {
      var who = suspect.item().incarnation();
      if (judging.add(who)) {
        desk.read(
            () -> desk.table.worker(desk.application, who.workerId()),
            found -> {
              judging.remove(who);
              sentence(suspect, found);
            },
            failure -> judging.remove(who)); // the next poll asks again
      }
    }
  }

  /** The write fails if the worker's heartbeat moved after all: then it lives. */
  private void sentence(Stored<WorkerItem> suspect, Optional<Stored<WorkerItem>> found) {
    if (found.isEmpty()) {
      missed(suspect);
      return;
    }
    boolean silent = view.reread(desk.now(), suspect, found.get());
    if (!silent || !heart.validAt(desk.now())) {
      if (!view.suspects(desk.now(), desk.self()).contains(suspect)) {
        changed();
      }
      return;
    }
    var who = suspect.item().incarnation();
    judging.add(who);
    var heirs = view.heirs(desk.now(), desk.self(), who);
    desk.update(
        found.get(),
        suspect.item().buried(heirs),
        written -> {
          judging.remove(who);
          if (written instanceof Written.Applied<WorkerItem> applied) {
            LOG.warn(
                "{} of {}: {} was silent for {} and counts as dead",
                desk.self(),
                desk.application,
                who,
                suspect.item().leaseTime());
            view.observe(desk.now(), applied.now());
          } else if (written instanceof Written.Refused<WorkerItem> refused
              && refused.found() != null) {
            view.observe(desk.now(), refused.found());
          }
          changed();
        });
  }

  private void missed(Stored<WorkerItem> suspect) {
    if (view.missed(desk.now(), suspect)) {
      LOG.warn(
          "{} of {}: the heartbeat item of {}, which is silent, was deleted from {}:"
              + " its leases are free in {} unless it is put back",
          desk.self(),
          desk.application,
          suspect.item().incarnation(),
          desk.table.name(),
          suspect.item().leaseTime());
    } else {
      changed();
    }
  }
}
