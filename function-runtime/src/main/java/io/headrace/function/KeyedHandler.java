package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.Lookup;
import io.headrace.checkpoint.state.StateOrigin;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One record a call, with the state of its key. States are installed on the worker loop, in the
 * turn that settles their record; the pool reads the state of a key only while the key's lane
 * stands still. A timer that is due is a call in that lane, too.
 *
 * <p>Functions with {@code onTimer} have event time: their records are let in one by one in the
 * shard's order, so they are decoded before, and none of their keys is parked, as the place of a
 * parked record in event time is not stored.
 */
final class KeyedHandler<I, S, O> implements ShardHandler {
  /** Of the commit; parked records belong to the state, which a seek drops. */
  static final String PARKED = "parked of state";

  /** How the function is called; on the invocation pool. */
  interface Invocation<I, S, O> {
    S initial(String key);

    CompletionStage<Next<S>> call(S state, Event<I> event, Output<O> out) throws Exception;

    CompletionStage<Next<S>> wake(S state, WakeUp timer, Output<O> out) throws Exception;

    /** Whether the function says what a timer does. */
    boolean hasTimers();
  }

  private final Scope scope;
  private final Decoder<I> decoder;
  private final Keys<I> keys;
  private final StateCodec<S> codec;
  private final Invocation<I, S, O> invocation;
  private final boolean timed;

  /** Records come in the order of their event time, and not of the shard. */
  private final boolean sorted;

  private final LaneRunner<O> lanes;
  private final ParkedKeys<O> parked;
  private final StateSpace space;
  private final KeyTimers<O> timers;
  private final InOrder<I> arrivals;
  private Runnable over = () -> {};

  KeyedHandler(
      Scope scope,
      Decoder<I> decoder,
      Keys<I> keys,
      Codec<S> codec,
      Invocation<I, S, O> invocation,
      LaneRunner.Wiring<O> wiring) {
    this.scope = scope;
    this.decoder = decoder;
    this.keys = keys;
    this.codec = new StateCodec<>(scope, codec);
    this.invocation = invocation;
    this.timed = invocation.hasTimers();
    this.sorted = wiring.settings().sorted().isPresent();
    this.space = HandlerState.open(scope, (key, one, other) -> twice(scope, key));
    this.lanes = wiring.open(scope, this::settled);
    lanes.boundedBy(space);
    this.parked =
        new ParkedKeys<>(
            scope,
            PARKED,
            timed ? wiring.settings().withoutParking() : wiring.settings(),
            lanes,
            (record, origin) -> new One(record, origin));
    this.timers = new KeyTimers<>(scope, space, lanes, decoder.idleAfter(), Firing::new);
    if (sorted) {
      timers.comeInAnyOrder();
    }
    this.arrivals = new InOrder<>(scope, this::decode, this::admit, lanes::start);
  }

  private void settled(Task<O> task, Outcome outcome) {
    var position = task.position();
    if (position == null) {
      scope.context.outcomes().stateChanged();
      return;
    }
    if (timed) {
      timers.finished(position);
    }
    RecordHandler.settled(scope, parked, task, outcome);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return space
        .restore(parts)
        .thenCompose(origins -> StateErasure.obey(scope, space, origins))
        .thenApply(this::refusingTimersOfNobody)
        .thenCompose(origins -> Scope.onLoop(scope, () -> timers.restore(origins, parts.size())))
        .thenCompose(done -> parked.restore(parts))
        .thenCompose(done -> Scope.onLoop(scope, lanes::start))
        .thenRun(() -> HandlerState.sweep(scope, parts));
  }

  /** Without the event time of its records none of them would ever come due, untold. */
  private List<StateOrigin> refusingTimersOfNobody(List<StateOrigin> origins) {
    long stored =
        timed
            ? 0
            : space
                .resident(EntryKind.TIMER)
                .filter(
                    each -> Timer.read(each.getKey(), each.getValue()).kind() != Timer.Kind.EXPIRY)
                .count();
    if (stored > 0) {
      throw new CheckpointException(
          "function "
              + scope.function
              + ", shard "
              + scope.context.key()
              + ": "
              + stored
              + " timers are stored, and the function's class has no onTimer any more; put one back"
              + " that answers Next.same() until all have come due");
    }
    return origins;
  }

  @Override
  public void handle(List<StreamRecord> records) {
    if (!timed) {
      parked.handle(records);
    } else {
      timers.arrived(records, this::let);
    }
  }

  private void let(List<StreamRecord> records) {
    var rest = parked.takeIn(records);
    if (decoder.isTimed() || decoder.mayEnd()) {
      arrivals.add(rest);
      return;
    }
    for (var record : rest) {
      admit(record);
      timers.advance(record.arrivedAt());
    }
    lanes.start();
  }

  @Override
  public void foundDone(List<Position> positions) {
    timers.foundDone(positions);
  }

  @Override
  public void atTip() {
    if (timed && arrivals.isIdle()) {
      timers.atTip();
    }
  }

  /** On the pool. What can't be decoded is tried again as a task, and moves no time. */
  private Arrived<I> decode(StreamRecord record) {
    if (record.payload() instanceof Watermark read) {
      return new Arrived.End<>(record, read.time());
    }
    try {
      var decoded = decoder.decode(record);
      if (decoded.end()) {
        return new Arrived.End<>(record, Instant.MAX);
      }
      ForeignKey.refuse(scope, record.key().text());
      var key = new StateKey(record.key().text(), record.key().text());
      return new Arrived.Found<>(record, decoded, key, List.of());
    } catch (Throwable fault) {
      Failure.requireMendable(fault);
      return new Arrived.Faulty<>(record, fault);
    }
  }

  private void admit(StreamRecord record) {
    var one = new One(record, scope.shardOf(record.position()));
    one.place = timers.admit(record.position(), record.key().text());
    lanes.add(one);
    timers.admitted();
  }

  private void admit(Arrived<I> arrived) {
    var record = arrived.record();
    if (record.payload() instanceof Watermark read) {
      timers.moveOn(record.position(), read);
      scope.post(() -> scope.context.outcomes().settled(record.position(), Outcome.FILTERED));
      return;
    }
    admit(record);
    if (arrived instanceof Arrived.Found<I> found) {
      var decoded = found.decoded();
      timers.advance(sorted ? decoded.time() : decoded.watermark());
    } else if (arrived instanceof Arrived.End<I> end) {
      timers.advance(end.watermark());
    }
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    if (timed) {
      timers.note();
    }
    return parked.snapshot(space.snapshot());
  }

  @Override
  public void committed(CommitParts parts) {
    space.committed(parts);
    parked.committed(parts);
    var waited = timed ? timers.committed() : List.<StreamRecord>of();
    if (!waited.isEmpty()) {
      let(waited);
    }
  }

  @Override
  public void drain() {
    timers.drain();
    scope.giveBack(timers.takeHeld().stream().map(StreamRecord::position).toList());
    lanes.drain();
    arrivals.drain();
    parked.drain();
  }

  @Override
  public CompletionStage<Void> quiet() {
    return lanes.quiet();
  }

  @Override
  public long callsSince() {
    return lanes.callsSince();
  }

  @Override
  public KeyStanding keys() {
    return lanes.keys();
  }

  @Override
  public Standing standing(Duration patience) {
    return lanes.standing(patience);
  }

  @Override
  public Duration parkedCallsOverdue() {
    return lanes.parkedCallsOverdue();
  }

  @Override
  public void abandon() {
    scope.end();
    space.close();
    lanes.abandon();
    over.run();
  }

  /** From any thread. */
  void advanceWatermark(Instant to) {
    if (timed) {
      scope.post(() -> timers.advanceTo(to));
    }
  }

  void whenOver(Runnable told) {
    over = told;
  }

  @Override
  public void close() {
    abandon();
  }

  /** The state of a key; from any thread, null where it is not in memory. */
  @Nullable S stateOf(StateKey key) {
    return space.look(EntryKeys.of(key)) instanceof Lookup.Found found
        ? codec.decode(key, found.value())
        : null;
  }

  /** All states; from any thread. */
  Stream<KeptState> kept() {
    return space.scan(EntryKind.STATE).toCompletableFuture().join().entrySet().stream()
        .map(
            state -> {
              var key = EntryKeys.keyOf(state.getKey());
              return KeptState.of(key, codec.decode(key, state.getValue()));
            });
  }

  /** All timers that are set; from any thread. */
  Stream<WakeUp> wakeUps() {
    return timers.wakeUps();
  }

  private static StateValue twice(Scope scope, EntryKey key) {
    throw new CheckpointException(
        "function "
            + scope.function
            + ", shard "
            + scope.context.key()
            + ", "
            + EntryKeys.keyOf(key)
            + ": two parents hold a state of it, and a keyed function can't join them");
  }

  /**
   * What a key has before a call.
   *
   * @param entry under which it is
   * @param value null where it has no state
   * @param expired it has one, and is to have none any more
   */
  private record Before<S>(
      EntryKey entry, @Nullable StateValue value, @Nullable S state, boolean expired) {}

  /** In the lane of the key; on the pool. */
  private Before<S> before(StateKey key, ReadEntries read) throws StateLoading {
    var entry = EntryKeys.of(key);
    var found = read.find(space, entry);
    if (found == null) {
      return new Before<>(entry, null, null, false);
    }
    if (timers.isExpiring()) {
      var expiry = Timer.entryOf(key, Timer.Kind.EXPIRY, "");
      var set = read.look(space, expiry);
      if (set != null && !Timer.read(expiry, set).due().isAfter(scope.loop().now())) {
        return new Before<>(found.key(), found.value(), null, true);
      }
    }
    return new Before<>(found.key(), found.value(), codec.decode(key, found.value()), false);
  }

  private S stateFor(StateKey key, Before<S> before) {
    return before.state() != null ? before.state() : invocation.initial(key.key());
  }

  /** What is changed when a call has succeeded. */
  private Task.Effect effect(
      StateKey key, Before<S> before, @Nullable Next<S> answer, Task<O> task) {
    var next = Objects.requireNonNull(answer, "the function answered null instead of a Next");
    if (!timed && !next.timers().isEmpty()) {
      throw new IllegalStateException(
          "function "
              + scope.function
              + ": it set or cancelled a timer, and its class has no onTimer");
    }
    var entry = before.entry();
    var former = before.value();
    StateValue after = null;
    if (next.kind() == Next.Kind.STATE) {
      var made = codec.encode(key, next.state());
      boolean same = !before.expired() && former != null && codec.isSame(key, former, made);
      after = same ? null : made;
    }
    boolean removes = before.expired() || (next.kind() == Next.Kind.FORGET && former != null);
    if (after == null && !removes && next.isUntimed() && next.kind() != Next.Kind.FORGET) {
      return Task.Effect.HANDLED;
    }
    var put = after;
    if (put != null && !before.expired() && next.isUntimed()) {
      // Most calls: the worker loop has nothing else to touch of what the pool has made.
      return Task.Effect.handled(() -> space.put(entry, put));
    }
    return Task.Effect.handled(
        () -> {
          if (before.expired()) {
            timers.forget(key);
          }
          if (put != null) {
            space.put(entry, put);
          } else if (removes) {
            space.remove(entry);
          }
          timers.change(key, next, task);
        });
  }

  private final class One extends Task.OfRecord<O> {
    /** The key belongs to the shard: asked once, by the first attempt that comes so far. */
    private boolean ours;

    /** The event time when it was let in; null where the function has no timers. */
    private @Nullable Instant place;

    One(StreamRecord record, ShardKey shard) {
      super(record, shard);
    }

    private void refuseForeign() throws ForeignKey {
      if (!ours) {
        ForeignKey.refuse(scope, record.key().text());
        ours = true;
      }
    }

    @Override
    boolean comesBehind(Instant due) {
      return place != null && !place.isBefore(due);
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var decoded = decoder.decode(record);
      if (decoded.end()) {
        return CompletableFuture.completedFuture(Effect.FILTERED);
      }
      // Where a key function may throw, whose the record is comes first.
      boolean plain = keys instanceof Keys.ByPartitionKey<I>;
      if (!plain) {
        refuseForeign();
      }
      var key = StateKey.of(keys, record.key().text(), decoded);
      var before = before(key, read);
      if (plain && before.value() == null) {
        // What has state here was asked when it got it: most records are spared the MD5.
        refuseForeign();
      }
      var event = event(decoded, call);
      call.enter();
      var stage = Call.answerOf(invocation.call(stateFor(key, before), event, out));
      var complete = Call.completeOf(stage);
      if (complete != null) {
        return CompletableFuture.completedFuture(effect(key, before, complete.join(), this));
      }
      call.waitsFor(stage);
      return stage.thenApply(next -> effect(key, before, next, this));
    }
  }

  /** A timer that is due, unless what stood before it in the lane has moved or cancelled it. */
  private final class Firing extends Task<O> {
    private final Timer timer;

    Firing(Timer timer) {
      this.timer = timer;
    }

    @Override
    String key() {
      return timer.key().partitionKey();
    }

    @Override
    public String id() {
      return timer.id();
    }

    @Override
    boolean comesBehind(Instant due) {
      return timer.kind() == Timer.Kind.EVENT && timer.due().isAfter(due);
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var key = timer.key();
      var set = read.look(space, timer.entry());
      if (set == null || !set.equals(timer.value())) {
        return Effect.HANDLED_NOW;
      }
      var before = before(key, read);
      if (timer.kind() == Timer.Kind.EXPIRY || before.expired()) {
        return CompletableFuture.completedFuture(
            Effect.handled(
                () -> {
                  timers.forget(key);
                  space.remove(EntryKeys.of(key));
                }));
      }
      call.enter();
      var stage = Call.answerOf(invocation.wake(stateFor(key, before), timer.told(), out));
      call.waitsFor(stage);
      return stage.thenApply(
          next -> effect(key, before, next, this).behind(() -> timers.fired(timer)));
    }

    /** Its records first, which are older: they lie in the letters of the key. */
    @Override
    boolean waitsForRedrive() {
      timers.hold(timer);
      return true;
    }

    @Override
    void lettered() {
      timers.fired(timer);
    }

    /** A timer that can't be fired leaves its name in the letter: state is not a letter's. */
    @Override
    public Remains remains() {
      return new Remains(id(), key(), timer.due(), timer.name().getBytes(UTF_8), Optional.empty());
    }
  }
}
