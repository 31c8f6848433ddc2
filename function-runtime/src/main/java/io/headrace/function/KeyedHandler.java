package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.Lookup;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One record a call, with the state of its key. States are installed on the worker loop, in the
 * turn that settles their record; the pool reads the state of a key only while the key's lane
 * stands still.
 */
final class KeyedHandler<I, S, O> implements ShardHandler {
  /** Of the commit; parked records belong to the state, which a seek drops. */
  static final String PARKED = "parked of state";

  /** How the function is called; on the invocation pool. */
  @FunctionalInterface
  interface Invocation<I, S, O> {
    CompletionStage<Next<S>> call(S state, Event<I> event, Output<O> out) throws Exception;
  }

  private final Scope scope;
  private final Decoder<I> decoder;
  private final Keys<I> keys;
  private final StateCodec<S> codec;
  private final Function<String, S> initial;
  private final Invocation<I, S, O> invocation;
  private final LaneRunner<O> lanes;
  private final ParkedKeys<O> parked;
  private final StateSpace space;
  private Runnable over = () -> {};

  KeyedHandler(
      Scope scope,
      Decoder<I> decoder,
      Keys<I> keys,
      Codec<S> codec,
      Function<String, S> initial,
      Invocation<I, S, O> invocation,
      LaneRunner.Wiring<O> wiring) {
    this.scope = scope;
    this.decoder = decoder;
    this.keys = keys;
    this.codec = new StateCodec<>(scope, codec);
    this.initial = initial;
    this.invocation = invocation;
    this.space = HandlerState.open(scope, (key, one, other) -> twice(scope, key));
    this.lanes = wiring.open(scope, this::settled);
    this.parked =
        new ParkedKeys<>(
            scope,
            PARKED,
            wiring.settings(),
            lanes,
            (record, origin) -> new One(record, Decoder.id(origin, record.position())));
  }

  private void settled(Task<O> task, Outcome outcome) {
    RecordHandler.settled(scope, parked, task, outcome);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return space.restore(parts).thenCompose(origins -> parked.restore(parts));
  }

  @Override
  public void handle(List<StreamRecord> records) {
    for (var record : records) {
      if (!parked.takes(record)) {
        lanes.add(new One(record, scope.idOf(record.position())));
      }
    }
    lanes.start();
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    return parked.snapshot(space.snapshot());
  }

  @Override
  public void committed(CommitParts parts) {
    space.committed(parts);
    parked.committed(parts);
  }

  @Override
  public void drain() {
    lanes.drain();
    parked.drain();
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
  public void abandon() {
    scope.end();
    space.close();
    lanes.abandon();
    over.run();
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

  private final class One extends Task.OfRecord<O> {
    /** The key belongs to the shard: asked once, by the first attempt that comes so far. */
    private boolean ours;

    One(StreamRecord record, EventId id) {
      super(record, id);
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var decoded = decoder.decode(record);
      if (decoded.end()) {
        return CompletableFuture.completedFuture(Effect.FILTERED);
      }
      if (!ours) {
        ForeignKey.refuse(scope, record.key().text());
        ours = true;
      }
      var key = StateKey.of(keys, record.key().text(), decoded.value());
      var held = read.look(space, EntryKeys.of(key));
      var before = held == null ? null : codec.decode(key, held);
      var event = event(decoded, call);
      call.enter();
      var state = before != null ? before : initial.apply(key.key());
      var stage = Call.answerOf(invocation.call(state, event, out));
      call.waitsFor(stage);
      return stage.thenApply(
          next ->
              effect(
                  key,
                  held,
                  Objects.requireNonNull(next, "the function answered null instead of a Next")));
    }

    private Effect effect(StateKey key, @Nullable StateValue before, Next<S> next) {
      var entry = EntryKeys.of(key);
      return switch (next.kind()) {
        case SAME -> Effect.HANDLED;
        case FORGET -> before == null ? Effect.HANDLED : Effect.handled(() -> space.remove(entry));
        case STATE -> {
          var after = codec.encode(key, next.state());
          yield before != null && codec.isSame(key, before, after)
              ? Effect.HANDLED
              : Effect.handled(() -> space.put(entry, after));
        }
      };
    }
  }
}
