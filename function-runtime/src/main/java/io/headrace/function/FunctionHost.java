package io.headrace.function;

import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.ShardHandler;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One function within a runtime: its instance, its opened destinations, a handler for each shard.
 * Made and closed by the thread that starts and stops the runtime.
 */
final class FunctionHost<I, O> implements AutoCloseable, Redriver.Live {
  private final FunctionSpec<I, O> spec;
  private final Environment environment;
  private final FunctionOutlets<O> outlets;
  private final Object function;

  /** Of the shards that this worker runs; of the worker loop. */
  private final Set<Redriver> redrivers = new LinkedHashSet<>();

  /** Of the shards that this worker runs: for questions about state. */
  private final Set<KeyedHandler<I, ?, O>> keyed = ConcurrentHashMap.newKeySet();

  private FunctionHost(FunctionSpec<I, O> spec, Environment environment) {
    this.spec = spec;
    this.environment = environment;
    this.outlets = FunctionOutlets.open(spec, environment.outlets());
    this.function = instance(spec);
  }

  static <I, O> FunctionHost<I, O> open(FunctionSpec<I, O> spec, Environment environment) {
    return new FunctionHost<>(spec, environment);
  }

  FunctionSpec<I, O> spec() {
    return spec;
  }

  /** The handlers of one input's shards. */
  ShardHandler.Factory handlers(Input<? extends I> input) {
    Decoder<I> decoder = decoder(input);
    return context ->
        LetterGate.open(
            spec,
            new ProgressKey(context.key(), spec.handlerName(input)),
            context,
            environment,
            scope -> open(scope, decoder),
            scope -> handler -> gated(scope, input, handler),
            this);
  }

  private ShardHandler gated(Scope scope, Input<? extends I> input, ShardHandler handler) {
    var letters = new LetterWriter(scope, new Courier(scope), outlets.letters());
    var gate = new MisroutedGate(scope, input.misrouted(), letters, handler);
    return OperatorGate.before(gate, scope, environment.orders().get());
  }

  /** On the worker loop. */
  void ordersChanged() {
    List.copyOf(redrivers).forEach(Redriver::look);
  }

  @Override
  public void begins(Redriver redriver) {
    redrivers.add(redriver);
  }

  @Override
  public void ends(Redriver redriver) {
    redrivers.remove(redriver);
  }

  /** From any thread. */
  Optional<Object> stateOf(StateKey key) {
    for (var handler : keyed) {
      Object state = handler.stateOf(key);
      if (state != null) {
        return Optional.of(state);
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() throws Exception {
    if (function instanceof AutoCloseable closeable) {
      closeable.close();
    }
  }

  /** What decodes a narrower type decodes the wider one. */
  @SuppressWarnings("unchecked")
  private static <I> Decoder<I> decoder(Input<? extends I> input) {
    return (Decoder<I>) Decoder.of(input);
  }

  private static Object instance(FunctionSpec<?, ?> spec) {
    var kind = spec.kind();
    Object made;
    if (kind instanceof FunctionSpec.Kind.Plain<?, ?> plain) {
      made = plain.functions().get();
    } else if (kind instanceof FunctionSpec.Kind.Async<?, ?> async) {
      made = async.functions().get();
    } else if (kind instanceof FunctionSpec.Kind.Batched<?, ?> batched) {
      made = batched.functions().get();
    } else if (kind instanceof FunctionSpec.Kind.KeyedState<?, ?, ?> keyed) {
      made = keyed.functions().get();
    } else if (kind instanceof FunctionSpec.Kind.AsyncKeyedState<?, ?, ?> keyed) {
      made = keyed.functions().get();
    } else {
      made = ((FunctionSpec.Kind.Windowing<?, ?, ?>) kind).functions().get();
    }
    if (made == null) {
      throw new IllegalStateException("function " + spec.name() + ": its supplier answered null");
    }
    return made;
  }

  /** The instance was made by the very supplier of the kind. */
  @SuppressWarnings("unchecked")
  private ShardHandler open(Scope scope, Decoder<I> decoder) {
    var kind = spec.kind();
    if (kind instanceof FunctionSpec.Kind.Plain) {
      var f = (RecordFunction<I, O>) function;
      return new RecordHandler<I, O>(
          scope,
          decoder,
          (event, out) -> {
            f.handle(event, out);
            return RecordHandler.DONE;
          },
          wiring());
    }
    if (kind instanceof FunctionSpec.Kind.Async) {
      var f = (AsyncRecordFunction<I, O>) function;
      return new RecordHandler<I, O>(scope, decoder, f::handle, wiring());
    }
    if (kind instanceof FunctionSpec.Kind.Batched) {
      return new BatchHandler<>(scope, decoder, (BatchFunction<I, O>) function, wiring());
    }
    if (kind instanceof FunctionSpec.Kind.KeyedState<I, ?, O> keyed) {
      return keyed(scope, decoder, keyed);
    }
    if (kind instanceof FunctionSpec.Kind.AsyncKeyedState<I, ?, O> keyed) {
      return keyedAsync(scope, decoder, keyed);
    }
    return windowed(scope, decoder, (FunctionSpec.Kind.Windowing<I, ?, O>) kind);
  }

  @SuppressWarnings("unchecked")
  private <S> ShardHandler keyed(
      Scope scope, Decoder<I> decoder, FunctionSpec.Kind.KeyedState<I, S, O> kind) {
    var f = (KeyedFunction<I, S, O>) function;
    return keep(
        new KeyedHandler<>(
            scope,
            decoder,
            kind.keys(),
            kind.codec(),
            f::initial,
            (state, event, out) -> CompletableFuture.completedFuture(f.handle(state, event, out)),
            wiring()));
  }

  @SuppressWarnings("unchecked")
  private <S> ShardHandler keyedAsync(
      Scope scope, Decoder<I> decoder, FunctionSpec.Kind.AsyncKeyedState<I, S, O> kind) {
    var f = (AsyncKeyedFunction<I, S, O>) function;
    return keep(
        new KeyedHandler<I, S, O>(
            scope, decoder, kind.keys(), kind.codec(), f::initial, f::handle, wiring()));
  }

  @SuppressWarnings("unchecked")
  private <A> ShardHandler windowed(
      Scope scope, Decoder<I> decoder, FunctionSpec.Kind.Windowing<I, A, O> kind) {
    return new WindowHandler<>(scope, decoder, kind, (WindowFunction<I, A, O>) function, wiring());
  }

  private ShardHandler keep(KeyedHandler<I, ?, O> handler) {
    handler.whenOver(() -> keyed.remove(handler));
    keyed.add(handler);
    return handler;
  }

  private LaneRunner.Wiring<O> wiring() {
    return new LaneRunner.Wiring<>(spec.settings(), outlets);
  }
}
