package io.headrace.function;

import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.ShardHandler;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One function within a runtime: its instance, its opened destinations, a handler for each shard.
 * Made and closed by the thread that starts and stops the runtime.
 */
final class FunctionHost<I, O> implements AutoCloseable, Redriver.Live {
  private static final Logger LOG = LoggerFactory.getLogger(FunctionHost.class);

  /** What Lambda handlers get that ask for no mapping of their own. */
  private static final EventSourceMapping HANDLERS =
      EventSourceMapping.defaults().payloadInLetters(true);

  private final FunctionSpec<I, O> spec;
  private final Environment environment;
  private final FunctionOutlets<O> outlets;
  private final StuckThreads stuck;

  /** Another one after a call of it got stuck. */
  private volatile Object function;

  /** What is stuck may use them: they are closed at the end. */
  private final List<Object> former = new ArrayList<>();

  private final FunctionGate gate;

  /** Of the first stage of a function that is keyed across shards. */
  private final FunctionGate sendingGate;

  /** Of the shards that this worker runs; of the worker loop. */
  private final Set<Redriver> redrivers = new LinkedHashSet<>();

  /**
   * Of the shards that this worker runs: for questions about state. In the order in which they were
   * made, as what is done to all of them is drawn for in that order.
   */
  private final List<KeyedHandler<I, ?, O>> keyed = new CopyOnWriteArrayList<>();

  private final List<WindowHandler<I, ?, O>> windowed = new CopyOnWriteArrayList<>();

  private FunctionHost(FunctionSpec<I, O> spec, Environment environment) {
    this.spec = spec;
    this.environment = environment;
    this.outlets = FunctionOutlets.open(spec, environment.outlets());
    this.function = instance(spec);
    this.gate = new FunctionGate(spec.name(), spec.settings().retry());
    this.sendingGate = new FunctionGate(spec.name(), spec.settings().retry());
    var pool = spec.settings().executor().orElse(environment.pool());
    this.stuck = new StuckThreads(spec.name(), environment.stuck(), pool, this::replace);
  }

  static <I, O> FunctionHost<I, O> open(FunctionSpec<I, O> spec, Environment environment) {
    return new FunctionHost<>(spec, environment);
  }

  FunctionSpec<I, O> spec() {
    return spec;
  }

  /** The handlers of one input's shards. */
  ShardHandler.Factory handlers(Input<? extends I> input) {
    Decoder<I> decoder =
        spec.kind() instanceof FunctionKind.Lambda ? unasked(input) : decoder(input);
    return context ->
        LetterGate.open(
            spec,
            new ProgressKey(context.key(), spec.handlerName(input.source().name())),
            context,
            environment,
            scope -> filtered(scope, input, open(scope, decoder)),
            scope -> handler -> gated(scope, input, handler),
            this);
  }

  ShardHandler gated(Scope scope, Input<? extends I> input, ShardHandler handler) {
    return beforeOperators(scope, turningAway(scope, input, handler));
  }

  /**
   * A first stage, which has no keys of its own to hold: the keys of a function that is keyed
   * across shards are those of its second stage.
   */
  ShardHandler gatedButForKeys(Scope scope, Input<? extends I> input, ShardHandler handler) {
    var gates = turningAway(scope, input, handler);
    return OperatorGate.skippingOnly(gates, scope, environment.orders().get());
  }

  private ShardHandler turningAway(Scope scope, Input<? extends I> input, ShardHandler handler) {
    return new MisroutedGate(
        scope, input.misrouted(), letters(scope), deduplicated(scope, input, handler));
  }

  private static <J> ShardHandler deduplicated(Scope scope, Input<J> input, ShardHandler handler) {
    var by = input.deduplication();
    return by == null ? handler : new DuplicateGate<>(scope, Decoder.of(input), by, handler);
  }

  ShardHandler beforeOperators(Scope scope, ShardHandler gate) {
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

  LetterWriter letters(Scope scope) {
    return new LetterWriter(scope, Courier.ofLetters(scope), outlets.letters());
  }

  FunctionOutlets<O> outlets() {
    return outlets;
  }

  Environment environment() {
    return environment;
  }

  FunctionGate sendingGate() {
    return sendingGate;
  }

  StuckThreads stuck() {
    return stuck;
  }

  /** Letters that are played again are judged, too: what is filtered now is done. */
  ShardHandler filtered(Scope scope, Input<? extends I> input, ShardHandler behind) {
    var filter = input.filter();
    if (filter == null) {
      return behind;
    }
    return new FilterGate(scope, filter, input.unparsable(spec.kind()), letters(scope), behind);
  }

  /** What holds the function up in all shards of this worker; from any thread. */
  Optional<FunctionOutage> outage() {
    return gate.outage().or(sendingGate::outage);
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

  /** From any thread. */
  List<WakeUp> wakeUps() {
    return keyed.stream()
        .flatMap(KeyedHandler::wakeUps)
        .sorted(Comparator.comparing(WakeUp::due).thenComparing(WakeUp::name))
        .toList();
  }

  /** From any thread. */
  void advanceWatermark(Instant to) {
    Objects.requireNonNull(to, "to"); // On the loop it would be the shards' fault.
    keyed.forEach(handler -> handler.advanceWatermark(to));
    windowed.forEach(handler -> handler.advanceWatermark(to));
  }

  /** From any thread. */
  List<KeptState> states() {
    return Stream.concat(
            keyed.stream().flatMap(KeyedHandler::kept),
            windowed.stream().flatMap(WindowHandler::kept))
        .toList();
  }

  /**
   * On the pool. Handlers of Lambda's kind are used by one call each, so what is stuck has its own.
   */
  private void replace() {
    if (spec.kind() instanceof FunctionKind.Lambda) {
      return;
    }
    try {
      // The user's code, which may hang on what the other instance hangs on: no lock is held.
      use(instance(spec));
    } catch (Throwable thrown) {
      LOG.warn(
          "function {}: no other instance can be made, this one is used on", spec.name(), thrown);
    }
  }

  private synchronized void use(Object next) {
    leave(function);
    former.add(function);
    function = next;
  }

  @SuppressWarnings("ReferenceEquality") // What it is equal to is the user's affair.
  private void leave(Object instance) {
    former.removeIf(each -> each == instance);
  }

  @Override
  public synchronized void close() throws Exception {
    leave(function);
    for (var each : former) {
      if (each instanceof AutoCloseable closeable) {
        Machinery.closeQuietly(closeable);
      }
    }
    if (function instanceof AutoCloseable closeable) {
      closeable.close();
    }
  }

  /** What decodes a narrower type decodes the wider one. */
  @SuppressWarnings("unchecked")
  static <I> Decoder<I> decoder(Input<? extends I> input) {
    return (Decoder<I>) Decoder.of(input);
  }

  /** A Lambda handler gets bytes, so that no codec can refuse them; nobody asks for the value. */
  @SuppressWarnings("unchecked")
  private static <I> Decoder<I> unasked(Input<? extends I> input) {
    return (Decoder<I>) (Decoder<?>) Decoder.of(Input.of(input.source(), Codec.bytes()));
  }

  private static Object instance(FunctionSpec<?, ?> spec) {
    var kind = spec.kind();
    Object made;
    if (kind instanceof FunctionKind.Plain<?, ?> plain) {
      made = plain.functions().get();
    } else if (kind instanceof FunctionKind.Async<?, ?> async) {
      made = async.functions().get();
    } else if (kind instanceof FunctionKind.Batched<?, ?> batched) {
      made = batched.functions().get();
    } else if (kind instanceof FunctionKind.Lambda<?, ?> lambda) {
      made = LambdaPool.open(lambda.code());
    } else if (kind instanceof FunctionKind.KeyedState<?, ?, ?> keyed) {
      made = keyed.functions().get();
    } else if (kind instanceof FunctionKind.AsyncKeyedState<?, ?, ?> keyed) {
      made = keyed.functions().get();
    } else {
      made = ((FunctionKind.Windowing<?, ?, ?>) kind).functions().get();
    }
    if (made == null) {
      throw new IllegalStateException("function " + spec.name() + ": its supplier answered null");
    }
    if (kind instanceof FunctionKind.Windowing<?, ?, ?> windowing
        && windowing.windows().areSessions()) {
      checkMerge(spec.name(), (WindowFunction<?, ?, ?>) made);
    }
    return made;
  }

  /** The function in a shard, and where its outputs wait. */
  ShardHandler open(Scope scope, Decoder<I> decoder) {
    var handler = OutboxGate.before(scope, spec, outlets, () -> handler(scope, decoder));
    return spec.isStateful() ? handler : new StatelessGate(scope, handler);
  }

  /** Else that would be found when the first record joins two sessions, and hold up its key. */
  private static <A> void checkMerge(String name, WindowFunction<?, A, ?> function) {
    A sum;
    try {
      sum = function.merge(function.empty(), function.empty());
    } catch (RuntimeException thrown) {
      throw refusedMerge(name, "threw " + thrown.getClass().getName(), thrown);
    }
    if (sum == null) {
      throw refusedMerge(name, "answered null", null);
    }
  }

  private static IllegalArgumentException refusedMerge(
      String name, String what, @Nullable RuntimeException cause) {
    return new IllegalArgumentException(
        "function "
            + name
            + ", Windows.session: merge "
            + what
            + " for two empty sums; a record that lies between two sessions makes them one, so"
            + " merge must join any two sums",
        cause);
  }

  /** The instance was made by the very supplier of the kind. */
  @SuppressWarnings("unchecked")
  private ShardHandler handler(Scope scope, Decoder<I> decoder) {
    var kind = spec.kind();
    if (kind instanceof FunctionKind.Plain) {
      return new RecordHandler<I, O>(
          scope,
          decoder,
          (event, out) -> {
            ((RecordFunction<I, O>) function).handle(event, out);
            return RecordHandler.DONE;
          },
          wiring());
    }
    if (kind instanceof FunctionKind.Async) {
      return new RecordHandler<I, O>(
          scope,
          decoder,
          (event, out) -> ((AsyncRecordFunction<I, O>) function).handle(event, out),
          wiring());
    }
    if (kind instanceof FunctionKind.Batched) {
      return batched(scope, decoder, batch -> ((BatchFunction<I, O>) function).handle(batch));
    }
    if (kind instanceof FunctionKind.Lambda<I, O> lambda) {
      return lambda(scope, decoder, lambda.handler());
    }
    if (kind instanceof FunctionKind.KeyedState<I, ?, O> keyed) {
      return keyed(scope, decoder, keyed);
    }
    if (kind instanceof FunctionKind.AsyncKeyedState<I, ?, O> keyed) {
      return keyedAsync(scope, decoder, keyed);
    }
    return windowed(scope, decoder, (FunctionKind.Windowing<I, ?, O>) kind);
  }

  /** Always by Lambda's rules; where none are given, nothing is lost and nothing is capped. */
  private ShardHandler lambda(Scope scope, Decoder<I> decoder, LambdaHandler handler) {
    var pool = (LambdaPool) function;
    if (handler.window().isPresent()) {
      return new TumblingHandler<>(scope, handler.window().get(), pool, wiring());
    }
    var mapping = spec.settings().delivery().mapping();
    var batches = new HandlerFunction<I, O>(spec.name(), scope.context.key(), pool, mapping);
    return new LambdaBatches<>(scope, decoder, batches, wiring(), mapping.orElse(HANDLERS));
  }

  /** By Lambda's rules where they are asked for, by ours else. */
  private ShardHandler batched(Scope scope, Decoder<I> decoder, BatchFunction<I, O> f) {
    var mapping = spec.settings().delivery().mapping();
    return mapping.isPresent()
        ? new LambdaBatches<>(scope, decoder, f, wiring(), mapping.get())
        : new BatchHandler<>(scope, decoder, f, wiring());
  }

  private <S> ShardHandler keyed(
      Scope scope, Decoder<I> decoder, FunctionKind.KeyedState<I, S, O> kind) {
    return keep(
        new KeyedHandler<>(scope, decoder, kind.keys(), kind.codec(), new Keyed<S>(), wiring()));
  }

  private <S> ShardHandler keyedAsync(
      Scope scope, Decoder<I> decoder, FunctionKind.AsyncKeyedState<I, S, O> kind) {
    return keep(
        new KeyedHandler<>(
            scope, decoder, kind.keys(), kind.codec(), new AsyncKeyed<S>(), wiring()));
  }

  /** Whichever instance there is at the time of a call. */
  private final class Keyed<S> implements KeyedHandler.Invocation<I, S, O> {
    @SuppressWarnings("unchecked")
    private KeyedFunction<I, S, O> now() {
      return (KeyedFunction<I, S, O>) function;
    }

    @Override
    public S initial(String key) {
      return now().initial(key);
    }

    @Override
    public CompletionStage<Next<S>> call(S state, Event<I> event, Output<O> out) throws Exception {
      return CompletableFuture.completedFuture(now().handle(state, event, out));
    }

    @Override
    public CompletionStage<Next<S>> wake(S state, WakeUp timer, Output<O> out) throws Exception {
      return CompletableFuture.completedFuture(now().onTimer(state, timer, out));
    }

    @Override
    public boolean hasTimers() {
      return FunctionHost.this.hasTimers();
    }
  }

  /** Whichever instance there is at the time of a call. */
  private final class AsyncKeyed<S> implements KeyedHandler.Invocation<I, S, O> {
    @SuppressWarnings("unchecked")
    private AsyncKeyedFunction<I, S, O> now() {
      return (AsyncKeyedFunction<I, S, O>) function;
    }

    @Override
    public S initial(String key) {
      return now().initial(key);
    }

    @Override
    public CompletionStage<Next<S>> call(S state, Event<I> event, Output<O> out) throws Exception {
      return now().handle(state, event, out);
    }

    @Override
    public CompletionStage<Next<S>> wake(S state, WakeUp timer, Output<O> out) throws Exception {
      return now().onTimer(state, timer, out);
    }

    @Override
    public boolean hasTimers() {
      return FunctionHost.this.hasTimers();
    }
  }

  /**
   * Whether the function says what a timer does. Only those pay for event time: whether a call will
   * set timers can't be known before it.
   */
  boolean hasTimers() {
    if (function instanceof KeyedFunction) {
      return overridesOnTimer(KeyedFunction.class);
    }
    return function instanceof AsyncKeyedFunction && overridesOnTimer(AsyncKeyedFunction.class);
  }

  private boolean overridesOnTimer(Class<?> type) {
    return Arrays.stream(function.getClass().getMethods())
        .anyMatch(
            method ->
                method.getName().equals("onTimer")
                    && method.getParameterCount() == 3
                    && method.getParameterTypes()[1] == WakeUp.class
                    && method.getDeclaringClass() != type);
  }

  private <A> ShardHandler windowed(
      Scope scope, Decoder<I> decoder, FunctionKind.Windowing<I, A, O> kind) {
    var handler = new WindowHandler<I, A, O>(scope, decoder, kind, windowing(), wiring());
    handler.whenOver(() -> windowed.remove(handler));
    windowed.add(handler);
    return handler;
  }

  /** Of a function with windows. */
  <A> WindowFunction<I, A, O> windowing() {
    return new Windowed<>();
  }

  /** Whether a function with windows joins two sums, as it has to for partial ones. */
  boolean joinsSums() {
    var windows = windowing();
    Object joined;
    try {
      joined = windows.merge(windows.empty(), windows.empty());
    } catch (RuntimeException | AssertionError refused) {
      joined = null;
    }
    if (joined == null) {
      LOG.info(
          "function {}: merge does not join two empty sums, so its records go through the stream"
              + " one by one",
          spec.name());
    }
    return joined != null;
  }

  /** Whichever instance there is at the time of a call. */
  private final class Windowed<A> implements WindowFunction<I, A, O> {
    @SuppressWarnings("unchecked")
    private WindowFunction<I, A, O> now() {
      return (WindowFunction<I, A, O>) function;
    }

    @Override
    public A empty() {
      return now().empty();
    }

    @Override
    public A add(A sum, Event<I> event) {
      return now().add(sum, event);
    }

    @Override
    public A merge(A left, A right) {
      return now().merge(left, right);
    }

    @Override
    public void close(Window window, A sum, Output<O> out) throws Exception {
      now().close(window, sum, out);
    }
  }

  private ShardHandler keep(KeyedHandler<I, ?, O> handler) {
    handler.whenOver(() -> keyed.remove(handler));
    keyed.add(handler);
    return handler;
  }

  private LaneRunner.Wiring<O> wiring() {
    return new LaneRunner.Wiring<>(spec.settings(), outlets, gate, stuck);
  }
}
