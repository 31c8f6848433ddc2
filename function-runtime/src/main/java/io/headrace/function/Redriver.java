package io.headrace.function;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.PartitionKey;
import io.headrace.kcl.Payload;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays dead letters again in one run, as operators order: those whose key belongs to the shard,
 * each key in its order, many keys at once. Owned by the worker loop.
 *
 * <p>A letter that was handled is named in the next commit, and struck out once that stands; so its
 * effect on state counts once, whatever crashes in between. One that failed again is entered again,
 * with the order that played it, and is not played by that order any more.
 */
final class Redriver {
  private static final Logger LOG = LoggerFactory.getLogger(Redriver.class);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** How many keys are played at once. */
  private static final int KEYS_MAX = 16;

  /** How many may wait to be committed and struck out: their names ride in the commit. */
  private static final int PLAYED_MAX = 1_000;

  /** The runs that are told of new orders. */
  interface Live {
    void begins(Redriver redriver);

    void ends(Redriver redriver);
  }

  private final Scope scope;
  private final CheckpointStore store;
  private final ProgressKey place;
  private final ShardHandler function;
  private final Runnable wantCommit;
  private final Live live;

  /** Handled, and not struck out yet. */
  private final Set<Letter.Id> played = new LinkedHashSet<>();

  private final Set<Letter.Id> striking = new HashSet<>();
  private Predicate<Letter> mayCount = letter -> false;

  /** What came into the ledger while it was being looked at. */
  private final List<Letter> meanwhile = new ArrayList<>();

  /** What was struck out while the ledger was being looked at, and may be in what was found. */
  private final Set<Letter.Id> struckMeanwhile = new HashSet<>();

  private @Nullable RedriveRound round;
  private long doneThrough;
  private final CompletableFuture<Void> quiet = new CompletableFuture<>();
  private boolean begun;
  private boolean looking;
  private boolean stopped;

  /**
   * Made with the run.
   *
   * @param function takes letters as it takes records
   * @param wantCommit asks the engine for a commit
   */
  Redriver(
      Scope scope,
      CheckpointStore store,
      ProgressKey place,
      ShardHandler function,
      Runnable wantCommit,
      Live live) {
    this.scope = scope;
    this.store = store;
    this.place = place;
    this.function = function;
    this.wantCommit = wantCommit;
    this.live = live;
  }

  /**
   * The run begins.
   *
   * @param before what former owners played and committed, and perhaps did not strike out
   * @param mayCount whether a letter's record is surely not handed over again
   */
  void begin(Collection<Letter.Id> before, Predicate<Letter> mayCount) {
    if (stopped) {
      return;
    }
    this.mayCount = mayCount;
    begun = true;
    live.begins(this);
    played.addAll(before);
    committed(before);
    look();
  }

  /** Nothing is begun any more; what is under way goes on. */
  void stop() {
    if (!stopped) {
      stopped = true;
      live.ends(this);
    }
  }

  /** Whether letters are with the function, or about to be. */
  private boolean isUnderWay() {
    return round != null && !round.underWay.isEmpty();
  }

  /** Of a run that was stopped: completes in a turn of the loop once nothing is under way. */
  CompletionStage<Void> quiet() {
    tellQuiet();
    return quiet;
  }

  private void tellQuiet() {
    if (stopped && !isUnderWay()) {
      scope.post(() -> quiet.complete(null));
    }
  }

  /** These are not handled by this run any more; letters among them are the next owner's. */
  void returned(Collection<Position> positions) {
    for (var position : positions) {
      var letter = scope.book.played(position);
      if (letter != null && round != null) {
        round.underWay.remove(letter.key());
      }
    }
    tellQuiet();
  }

  boolean isPlaying(Position position) {
    return scope.book.isPlaying(position);
  }

  /** What the next commit must name. */
  List<Letter.Id> played() {
    return List.copyOf(played);
  }

  /** These are named in a commit that stands. */
  void committed(Collection<Letter.Id> named) {
    var sure = named.stream().filter(played::contains).filter(striking::add).toList();
    if (sure.isEmpty()) {
      return;
    }
    scope.book.strike(
        sure,
        () -> {
          sure.forEach(played::remove);
          sure.forEach(striking::remove);
          goOn();
        });
  }

  /** The letters that are this shard's; nothing where no key waits for any. */
  CompletionStage<List<Letter>> counted() {
    return scope.book.keysWait()
        ? store
            .letters()
            .ofFunction(place.function(), this::mayBeOurs)
            .thenCompose(found -> ours(found.letters()))
        : CompletableFuture.completedFuture(List.of());
  }

  /** There is a new letter: one that waits for a key that is being played is played, too. */
  void entered(Letter letter) {
    if (looking) {
      meanwhile.add(letter);
    }
    var now = round;
    if (now == null || !scope.book.keysWait()) {
      return;
    }
    var key = letter.key();
    if (!letter.code().equals(LaneRunner.KEY_WAITS)) {
      now.stopped.add(key);
    } else if (now.append(letter)) {
      scope.post(this::goOn);
    }
  }

  /** These are no letters any more, as their records are handed over again. */
  void struckOut(Collection<Letter.Id> letters) {
    if (looking) {
      struckMeanwhile.addAll(letters);
    }
    look();
  }

  /** There may be an order that was not obeyed yet, or letters that count only now. */
  void look() {
    if (!begun || stopped || looking || round != null || !played.isEmpty()) {
      return;
    }
    var next = next();
    if (next.isPresent()) {
      looking = true;
      meanwhile.clear();
      struckMeanwhile.clear();
      Stages.ask(
          scope.loop(),
          () -> letters(next.get()),
          letters -> scope.runUnlessOver(() -> start(next.get(), letters)),
          failed -> scope.runUnlessOver(() -> lookAgain(failed)));
    }
  }

  private void lookAgain(Throwable failed) {
    scope.book.wasNotRead(failed, AGAIN);
    scope.later(
        AGAIN,
        () -> {
          looking = false;
          look();
        });
  }

  private Optional<Order> next() {
    return scope.environment.orders().get().redrives(scope.function).stream()
        .filter(order -> order.number() > doneThrough)
        .findFirst();
  }

  /**
   * Those of the order that are this shard's to play, as they are now. Where keys wait, all of the
   * shard's: of a key that is meant every letter is played, or it would be out of order.
   */
  private CompletionStage<List<Letter>> letters(Order order) {
    boolean all = scope.book.keysWait();
    return store
        .letters()
        .ofFunction(
            place.function(), letter -> mayBeOurs(letter) && (all || order.redrives(letter)))
        .thenCompose(
            found -> {
              found.faults().forEach(fault -> LOG.warn("not played again: {}", fault));
              return ours(found.letters());
            });
  }

  private boolean mayBeOurs(Letter letter) {
    return letter.id().place().equals(place) || scope.context.shard().range().holds(letter.key());
  }

  /**
   * A letter belongs to the shard in which its record lay, until the function has ended that; then
   * to the one whose range holds its key.
   */
  private CompletionStage<List<Letter>> ours(List<Letter> letters) {
    var ours = new ArrayList<Letter>();
    var elsewhere = new LinkedHashMap<ProgressKey, List<Letter>>();
    for (var letter : letters) {
      var of = letter.id().place();
      if (of.equals(place)) {
        ours.add(letter);
      } else {
        elsewhere.computeIfAbsent(of, first -> new ArrayList<>()).add(letter);
      }
    }
    CompletableFuture<List<Letter>> all = CompletableFuture.completedFuture(ours);
    for (var of : elsewhere.entrySet()) {
      all =
          all.thenCombine(
              isOver(of.getKey()),
              (sofar, over) -> {
                if (over) {
                  sofar.addAll(of.getValue());
                }
                return sofar;
              });
    }
    return all;
  }

  /** Nobody owns what is ended, was swept, or lies in a stream that was made anew since. */
  private CompletionStage<Boolean> isOver(ProgressKey other) {
    if (!other.shard().stream().equals(place.shard().stream())) {
      return CompletableFuture.completedFuture(true);
    }
    return store
        .operator()
        .progress(other)
        .thenApply(row -> row.item().isEmpty() || row.item().get().children().isPresent());
  }

  private void start(Order order, List<Letter> letters) {
    looking = false;
    scope.book.wasRead();
    if (stopped) {
      return;
    }
    var held = scope.environment.orders().get().heldKeys(scope.function, place.shard());
    var begins = new RedriveRound(order);
    var there = letters.stream().filter(it -> !struckMeanwhile.contains(it.id())).toList();
    var meant = scope.book.keysWait() ? ofMeantKeys(order, there) : there;
    var uncertain = new HashSet<String>();
    meant.stream()
        .filter(letter -> !mayCount.test(letter))
        .forEach(letter -> uncertain.add(letter.key()));
    begins.partial = !uncertain.isEmpty();
    for (var letter : RedriveRound.inOrder(meant)) {
      if (!uncertain.contains(letter.key()) && !held.containsKey(letter.key())) {
        begins.add(letter);
      }
    }
    if (begins.partial && begins.isEmpty()) {
      return; // Their records are about to come again: then this is asked again.
    }
    round = begins;
    if (!begins.isEmpty()) {
      LOG.info(
          "function {}, shard {}: {} letters are played again, order {}",
          scope.function,
          place.shard(),
          meant.size(),
          order.number());
    }
    goOn();
  }

  /** All letters of the keys of which one is meant, and none has failed again in this order. */
  private List<Letter> ofMeantKeys(Order order, List<Letter> letters) {
    var all = new LinkedHashMap<Letter.Id, Letter>();
    letters.forEach(letter -> all.put(letter.id(), letter));
    meanwhile.forEach(letter -> all.put(letter.id(), letter));
    var meant = new HashSet<String>();
    all.values().stream().filter(order::redrives).forEach(letter -> meant.add(letter.key()));
    all.values().stream()
        .filter(letter -> letter.order() >= order.number())
        .forEach(letter -> meant.remove(letter.key()));
    return all.values().stream().filter(letter -> meant.contains(letter.key())).toList();
  }

  private void goOn() {
    var now = round;
    if (now == null) {
      look();
      return;
    }
    while (!stopped
        && !now.ready.isEmpty()
        && now.underWay.size() < KEYS_MAX
        && played.size() + now.underWay.size() < PLAYED_MAX
        && mayPlayNow(now)) {
      fetch(now, now.begin());
    }
    if (now.isDone() && played.isEmpty() && !stopped) {
      finish(now);
    }
  }

  /** Holds the rate; a letter that must wait wakes this again. */
  private boolean mayPlayNow(RedriveRound now) {
    int perSecond = ((Order.Deed.Redrive) now.order.deed()).perSecond();
    if (perSecond == 0) {
      return true;
    }
    long ticks = scope.loop().ticks();
    if (now.nextTicks == 0 || now.nextTicks <= ticks) {
      now.nextTicks = ticks + Duration.ofSeconds(1).toNanos() / perSecond;
      return true;
    }
    if (!now.waking) {
      now.waking = true;
      var unused =
          scope
              .loop()
              .schedule(
                  Duration.ofNanos(now.nextTicks - ticks),
                  () -> {
                    now.waking = false;
                    scope.runUnlessOver(this::goOn);
                  });
    }
    return false;
  }

  private void fetch(RedriveRound now, Letter letter) {
    Stages.ask(
        scope.loop(),
        () -> store.letters().payload(letter.id()),
        found ->
            scope.runUnlessOver(
                () ->
                    found.ifPresentOrElse(
                        bytes -> play(now, letter, bytes), () -> isGone(now, letter))),
        failed ->
            scope.runUnlessOver(
                () -> {
                  scope.book.wasNotRead(failed, AGAIN);
                  scope.later(AGAIN, () -> fetch(now, letter));
                }));
  }

  private void play(RedriveRound now, Letter letter, byte[] bytes) {
    scope.book.wasRead();
    if (stopped) {
      now.underWay.remove(letter.key());
      tellQuiet();
      return;
    }
    if (scope.book.isPlaying(letter.id().position())) {
      // Of another shard, in a stream that numbers each by itself.
      scope.later(AGAIN, () -> play(now, letter, bytes));
      return;
    }
    var record =
        new StreamRecord(
            letter.id().position(),
            PartitionKey.of(letter.key()),
            letter.arrivedAt(),
            Payload.of(bytes),
            letter.headers());
    scope.book.play(letter, now.order.number());
    function.handle(List.of(record));
  }

  /** Somebody took it out of the ledger: nothing is left of it to be played. */
  private void isGone(RedriveRound now, Letter letter) {
    scope.book.wasRead();
    LOG.warn("letter {} is gone, and is not played again", letter.id());
    scope.book.countsNoMore(letter);
    now.next(letter.key());
    tellQuiet();
    goOn();
  }

  /** Answers whether it was a letter that is settled. */
  boolean settled(Position position, Outcome outcome) {
    var letter = scope.book.played(position);
    if (letter == null) {
      return false;
    }
    var now = round;
    if (now == null) {
      throw new IllegalStateException("letter " + letter.id() + " was played by no order");
    }
    if (outcome == Outcome.DEAD_LETTERED) {
      now.failed++;
      if (scope.book.keysWait()) {
        now.stop(letter.key());
      }
    } else {
      now.handled++;
      scope.book.countsNoMore(letter);
      played.add(letter.id());
      wantCommit.run();
    }
    scope.tell(
        new FunctionEvent.Redriven(
            scope.function, place.shard(), position, now.order.number(), outcome));
    now.next(letter.key());
    scope.post(this::goOn);
    tellQuiet();
    return true;
  }

  private void finish(RedriveRound now) {
    round = null;
    doneThrough = now.partial ? doneThrough : now.order.number();
    if (now.handled + now.failed > 0) {
      LOG.info(
          "function {}, shard {}: order {} is done: {} letters are handled, {} failed again",
          scope.function,
          place.shard(),
          now.order.number(),
          now.handled,
          now.failed);
    }
    look();
  }
}
