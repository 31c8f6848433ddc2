package io.headrace.function;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
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
  private final Codec<S> codec;
  private final Function<String, S> initial;
  private final Invocation<I, S, O> invocation;
  private final LaneRunner<O> lanes;
  private final ParkedKeys<O> parked;
  private final StateKeeper keeper;
  private final Map<StateKey, Held<S>> states = new ConcurrentHashMap<>();
  private Runnable over = () -> {};
  private boolean changed;

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
    this.codec = codec;
    this.initial = initial;
    this.invocation = invocation;
    this.keeper = new StateKeeper(scope);
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
    return keeper
        .load(parts)
        .thenCompose(chunks -> Scope.onPool(scope, () -> decode(chunks)))
        .thenCompose(
            restored ->
                Scope.onLoop(
                    scope,
                    () -> {
                      states.putAll(restored);
                      changed = keeper.isInherited();
                    }))
        .thenCompose(done -> parked.restore(parts));
  }

  @Override
  public void handle(List<StreamRecord> records) {
    parked.handle(records);
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    boolean was = changed;
    changed = false;
    var entries = new ArrayList<StateChunk.Entry>(was ? states.size() : 0);
    if (was) {
      states.forEach((key, held) -> entries.add(new StateChunk.Entry(key, null, held.bytes())));
    }
    var stored =
        keeper.snapshot(
            was, () -> StateChunk.ofKeys(scope.context.shard().range(), codec.version(), entries));
    return parked.snapshot(stored.whenComplete((parts, thrown) -> changed |= thrown != null));
  }

  @Override
  public void committed(CommitParts parts) {
    keeper.committed(parts);
    parked.committed(parts);
  }

  @Override
  public void drain() {
    lanes.drain();
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
  public void abandon() {
    scope.end();
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

  /** The state of a key; from any thread. */
  @Nullable S stateOf(StateKey key) {
    var held = states.get(key);
    return held == null ? null : held.value();
  }

  /** All states; from any thread. */
  Stream<KeptState> kept() {
    return states.entrySet().stream().map(state -> KeptState.of(state.getKey(), state.getValue()));
  }

  /** Those of the parents' states that belong to this shard. */
  private Map<StateKey, Held<S>> decode(List<StateChunk> chunks) {
    var restored = new HashMap<StateKey, Held<S>>();
    for (var chunk : chunks) {
      for (var entry : chunk.entries()) {
        if (!isOurs(scope, entry.key())) {
          continue;
        }
        var held = decode(scope, codec, chunk.codecVersion(), entry);
        if (restored.put(entry.key(), held) != null) {
          throw new CheckpointException(
              "function "
                  + scope.function
                  + ", shard "
                  + scope.context.key()
                  + ", "
                  + entry.key()
                  + ": two parents hold a state of it, and a keyed function can't join them");
        }
      }
    }
    return restored;
  }

  static <S> Held<S> decode(Scope scope, Codec<S> codec, int version, StateChunk.Entry entry) {
    try {
      return new Held<>(codec.decode(entry.value(), version), entry.value());
    } catch (Exception thrown) {
      throw new CheckpointException(
          "function "
              + scope.function
              + ", shard "
              + scope.context.key()
              + ", "
              + entry.key()
              + ": its state can't be decoded",
          thrown);
    }
  }

  static boolean isOurs(Scope scope, StateKey key) {
    var range = scope.context.shard().range();
    return range.equals(HashRange.ALL) || range.holds(key.partitionKey());
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
      var held = states.get(key);
      var event = event(decoded, call);
      call.enter();
      var state = held != null ? held.value() : initial.apply(key.key());
      var stage = Call.answerOf(invocation.call(state, event, out));
      call.waitsFor(stage);
      return stage.thenApply(
          next ->
              effect(
                  key,
                  held,
                  Objects.requireNonNull(next, "the function answered null instead of a Next")));
    }

    private Effect effect(StateKey key, @Nullable Held<S> before, Next<S> next) {
      return switch (next.kind()) {
        case SAME -> Effect.HANDLED;
        case FORGET -> before == null ? Effect.HANDLED : Effect.handled(() -> forget(key));
        case STATE -> {
          var after = Held.of(scope.function, key, codec, next.state());
          yield before != null && before.isSame(after)
              ? Effect.HANDLED
              : Effect.handled(() -> install(key, after));
        }
      };
    }

    private void install(StateKey key, Held<S> after) {
      states.put(key, after);
      changed = true;
    }

    private void forget(StateKey key) {
      states.remove(key);
      changed = true;
    }
  }
}
