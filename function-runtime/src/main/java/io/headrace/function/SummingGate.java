package io.headrace.function;

import io.headrace.function.through.Carrying;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the first stage of a windowed function that is keyed across shards: sums records up
 * until a commit, and sends the sums behind it. The commit has the {@link Horizon}, and nothing
 * that lies beyond is sent, in a sum or not. So whoever goes on from there knows which records may
 * have been sent in company, and sends these one by one; the second stage finds by their places
 * that they were counted. What can't be summed up goes on to the handler behind. Owned by the
 * worker loop.
 */
final class SummingGate<I, A> extends Gate {
  /** How long records are gathered. */
  static final Duration GATHER = Duration.ofSeconds(1);

  /** How many may be with this gate: they are unanswered until their sums are stored. */
  static final int RECORDS_MAX = ThroughSender.UNMARKED_MAX;

  private static final Duration LEASE_IN_DOUBT_WAIT = Duration.ofMillis(200);

  /** So much longer than the start of a run its clock may differ from the stream's. */
  private static final Duration CLOCKS_DIFFER_MAX = Duration.ofMinutes(1);

  private final Scope scope;
  private final PartialSums<I, A> sums;
  private final Carrying carrying;
  private final LaneRunner.Wiring<?> wiring;
  private final Courier courier;
  private final Overhearing engine;

  /** Came while others were summed up, in the shard's order. */
  private final ArrayDeque<List<StreamRecord>> waiting = new ArrayDeque<>();

  /** Takes records. */
  private Stretch<A> open = new Stretch<>();

  /** Take none any more and leave one after the other, each once its horizon is committed. */
  private final ArrayDeque<Stretch<A>> sealed = new ArrayDeque<>();

  /** The first of these is on its way; null while none is. */
  private @Nullable Stretch<A> sending;

  /**
   * Went by themselves and are not settled: their partition keys, the later records of which wait.
   */
  private final Map<Position, String> blocking = new HashMap<>();

  /**
   * Outcomes of records that lie behind some that are gathered, as of those that a filter keeps
   * out. They are told with these: a commit holds few places that are done behind ones that are
   * not, and what is gathered waits for a commit.
   */
  private final TreeMap<Position, Outcome> ahead = new TreeMap<>();

  /** As the run began. */
  private Horizon restored = Horizon.NONE;

  private @Nullable Position foldedThrough;
  private @Nullable Position committedThrough;
  private boolean folding;
  private long foldingSince;
  private boolean draining;

  SummingGate(
      Scope scope,
      PartialSums<I, A> sums,
      Carrying carrying,
      LaneRunner.Wiring<?> wiring,
      Overhearing engine,
      ShardHandler behind) {
    super(behind);
    this.scope = scope;
    this.sums = sums;
    this.carrying = carrying;
    this.wiring = wiring;
    this.courier = Courier.ofOutputs(scope, wiring.outlets().letters());
    this.engine = engine;
    engine.hears(this::passes);
    carrying.whenSilent(() -> scope.context.outcomes().stateChanged());
  }

  private boolean passes(Position position, Outcome outcome) {
    blocking.remove(position);
    var first = firstGathered();
    if (draining || first == null || position.compareTo(first) < 0) {
      return true;
    }
    ahead.put(position, outcome);
    return false;
  }

  /** Where the first lies that waits for a commit; null where none does. */
  private @Nullable Position firstGathered() {
    for (var stretch : sealed) {
      if (stretch.from != null) {
        return stretch.from;
      }
    }
    return open.from;
  }

  private void tellAhead() {
    var first = firstGathered();
    while (!ahead.isEmpty() && (first == null || ahead.firstKey().compareTo(first) < 0)) {
      var next = ahead.pollFirstEntry();
      engine.tell(next.getKey(), next.getValue());
    }
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    var now = scope.loop().now();
    var place = "function " + scope.function + ", shard " + scope.context.key();
    for (var each : parts) {
      restored = restored.with(Horizon.in(each, place).orElse(Horizon.NONE));
    }
    restored = restored.asOf(scope.context.fencingToken(), now.plus(CLOCKS_DIFFER_MAX));
    carrying.wakes(restored.silent() ? now : restored.othersReached());
    return super.restore(parts);
  }

  @Override
  public void handle(List<StreamRecord> records) {
    var fresh = new ArrayList<StreamRecord>(records.size());
    for (var record : records) {
      if (scope.book.isPlaying(record.position())) {
        behind.handle(List.of(record)); // A letter that is played again has no place in the order.
      } else {
        fresh.add(record);
      }
    }
    if (!fresh.isEmpty()) {
      waiting.add(fresh);
      fold();
    }
  }

  /** While a worker is alive that can't read sums, there are none. */
  private boolean mayBeSent() {
    var name = scope.function + PartialSums.PART;
    return scope.environment.versions().toWrite(name, 0, PartialSums.VERSION)
        == PartialSums.VERSION;
  }

  private void fold() {
    if (folding || draining || waiting.isEmpty()) {
      return;
    }
    var records = new ArrayList<StreamRecord>();
    waiting.forEach(records::addAll);
    waiting.clear();
    foldedThrough = Horizon.later(foldedThrough, records.get(records.size() - 1).position());
    if (open.from == null) {
      open.from = records.get(0).position();
    }
    if (!mayBeSent()) {
      records.forEach(each -> blocking.put(each.position(), each.key().text()));
      open.followers.addAll(records);
      wantCommit();
      return;
    }
    folding = true;
    foldingSince = scope.loop().ticks();
    var into = open;
    into.filling = true;
    var blocked = StableCopy.of(blocking.values());
    scope.onPool(
        wiring.settings().executor().orElse(scope.environment.pool()),
        () -> {
          var apart = sums.fold(records, into, restored, blocked);
          scope.post(() -> folded(into, apart));
        });
  }

  private void folded(Stretch<A> into, List<PartialSums.Apart> apart) {
    folding = false;
    into.filling = false;
    var records = apart.stream().map(PartialSums.Apart::record).toList();
    if (draining) {
      giveBack(records);
      giveBack(into.allRecords());
      return;
    }
    for (var each : apart) {
      if (each.blocks()) {
        blocking.put(each.record().position(), each.record().key().text());
      }
    }
    goApart(into, records);
    if (into.isEmpty()) {
      into.from = null;
      tellAhead();
    }
    wantCommit();
    send();
    fold();
  }

  /**
   * Behind all that was gathered with it or before, so that the records of a partition key keep
   * their order, and behind the commit, as whatever is sent.
   */
  private void goApart(Stretch<A> from, List<StreamRecord> records) {
    boolean areKnown = records.stream().allMatch(restored::covers);
    if (areKnown && from.isEmpty() && sealed.stream().allMatch(each -> each == from)) {
      if (!records.isEmpty()) {
        behind.handle(records);
      }
    } else {
      from.followers.addAll(records);
    }
  }

  private void wantCommit() {
    if (!open.isEmpty()) {
      scope.context.outcomes().stateChanged();
      scope.context.outcomes().commitWanted(open.size() < RECORDS_MAX / 2 ? GATHER : Duration.ZERO);
    }
  }

  /** There is no room for more until some of these have left. */
  @Override
  public void hurry() {
    if (!open.filling && !open.isEmpty()) {
      scope.context.outcomes().stateChanged();
      scope.context.outcomes().commitWanted(Duration.ZERO);
    }
    super.hurry();
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    if (open.filling || !open.isEmpty()) {
      open.horizon = foldedThrough;
      sealed.add(open);
      open = new Stretch<>();
    }
    var horizon =
        new Horizon(
            scope.context.fencingToken(),
            Horizon.later(restored.through(), foldedThrough),
            restored.arrivedUntil(),
            carrying.othersReached(),
            carrying.isSilent());
    return super.snapshot().thenApply(parts -> parts.with(horizon.parts()));
  }

  @Override
  public void committed(CommitParts parts) {
    super.committed(parts);
    Horizon.in(parts, "function " + scope.function)
        .ifPresent(stored -> committedThrough = stored.through());
    send();
  }

  /** The first that may leave; one after the other, as they may have keys in common. */
  private void send() {
    while (sending == null && !draining && !sealed.isEmpty()) {
      var first = sealed.element();
      if (first.filling || !(first.isEmpty() || isCommitted(first))) {
        return;
      }
      sending = first;
      scope.onPool(
          scope.environment.pool(),
          () -> {
            var prepared = sums.prepare(first);
            scope.post(() -> put(first, prepared));
          });
    }
  }

  private boolean isCommitted(Stretch<A> stretch) {
    return committedThrough != null
        && stretch.horizon != null
        && stretch.horizon.compareTo(committedThrough) <= 0;
  }

  private void put(Stretch<A> first, PartialSums.Prepared prepared) {
    if (draining) {
      giveBack(first.allRecords());
      giveBackAhead(ahead);
      return;
    }
    if (!scope.context.tenure().validAt(scope.loop().ticks())) {
      scope.later(LEASE_IN_DOUBT_WAIT, () -> put(first, prepared));
      return;
    }
    courier.deliverInOrder(prepared.parcels(), () -> stored(first, prepared));
  }

  /** All records of a sum are told in one turn, so that each commit has all of them or none. */
  private void stored(Stretch<A> first, PartialSums.Prepared prepared) {
    sending = null;
    sealed.remove(first);
    prepared.carried().forEach(each -> scope.context.outcomes().settled(each, Outcome.HANDLED));
    var left = new ArrayList<>(prepared.apart());
    left.addAll(first.followers);
    tellAhead();
    if (draining) {
      giveBack(left);
      return;
    }
    if (!left.isEmpty()) {
      left.sort((one, other) -> one.position().compareTo(other.position()));
      behind.handle(left);
    }
    send();
  }

  /** What has not been sent is the next owner's. */
  @Override
  public void drain() {
    draining = true;
    waiting.forEach(this::giveBack);
    waiting.clear();
    sealed.add(open);
    boolean isFirst = true;
    for (var stretch : sealed) {
      if (!stretch.filling && stretch != sending) {
        giveBack(stretch.allRecords());
      }
      if (isFirst && stretch != sending && stretch.from != null) {
        isFirst = false;
        giveBackAhead(ahead.tailMap(stretch.from));
      }
    }
    super.drain();
  }

  /** They lie among what goes back: told of now they would leave a hole each. */
  private void giveBackAhead(SortedMap<Position, Outcome> those) {
    scope.giveBack(List.copyOf(those.keySet()));
    those.clear();
  }

  private void giveBack(List<StreamRecord> records) {
    scope.giveBack(records.stream().map(StreamRecord::position).toList());
  }

  @Override
  public Standing standing(Duration patience) {
    if (!folding) {
      return super.standing(patience);
    }
    var limit = wiring.settings().limit().orElse(patience);
    return scope.loop().ticks() - foldingSince > limit.toNanos()
        ? Standing.OVERDUE
        : Standing.IN_CALL;
  }
}
