package io.headrace.function;

import io.headrace.kcl.BatchLimits;
import io.headrace.kcl.StreamSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * What a function reads, how it is run and where its outputs go. Immutable; built in stages:
 *
 * <pre>{@code
 * FunctionSpec.named("hot-hosts")
 *     .reading(Input.of(StreamSource.kinesis("metrics"), Json.of(HostMetric.class)))
 *     .handledBy(HotHostAlarm::new, Destination.stream("alarms", Json.of(Alarm.class), Alarm::host))
 * }</pre>
 *
 * <p>Functions come as suppliers: one instance a worker, which must be thread-safe; it is closed
 * with the runtime when it is {@link AutoCloseable}.
 */
public final class FunctionSpec<I, O> {
  /** How many records of a shard may be in work unless {@link Options#inFlight} says so. */
  static final int IN_FLIGHT_DEFAULT = 256;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private final String name;
  private final List<Input<? extends I>> inputs;
  private final FunctionSettings settings;
  private final FunctionKind<I, O> kind;
  private final Destination<O> destination;

  private FunctionSpec(
      String name,
      List<Input<? extends I>> inputs,
      FunctionSettings settings,
      FunctionKind<I, O> kind,
      Destination<O> destination) {
    this.name = name;
    this.inputs = inputs;
    this.settings = settings;
    this.kind = kind;
    this.destination = Objects.requireNonNull(destination, "destination");
    SpecChecks.check(this);
  }

  /** How its state is stored; empty for a function without any. */
  Optional<Codec<?>> stateCodec() {
    return Optional.ofNullable(kind.codec());
  }

  /**
   * Begins a specification.
   *
   * @param name unique within the application, kept with progress and state: letters, digits, dot,
   *     dash and underscore, at most 128
   */
  public static Named named(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "function name \""
              + name
              + "\": must be 1 to 128 letters, digits, dots, dashes or underscores and begin with"
              + " a letter or digit");
    }
    return new Named(name);
  }

  public String name() {
    return name;
  }

  public List<Input<? extends I>> inputs() {
    return inputs;
  }

  public Destination<O> destination() {
    return destination;
  }

  /**
   * Under which progress is kept: the function's name; behind it the stream's where it reads
   * several, be it one through which it is keyed.
   */
  String handlerName(String stream) {
    return inputs.size() == 1 && throughStream().isEmpty() ? name : name + "@" + stream;
  }

  /** The streams that it reads, and what for. */
  List<Leg<I>> legs() {
    return Leg.of(this);
  }

  /**
   * The stream of the service of its first input through which it is keyed, and which it both
   * writes and reads; empty unless its keys are {@link Keys#across}.
   */
  public Optional<StreamSource> throughStream() {
    return kind.keys() instanceof Keys.Across<I> across
        ? Optional.of(across.through(inputs.get(0).source().service()))
        : Optional.empty();
  }

  /** Names that it had, the latest first. */
  List<String> formers() {
    return settings.descent().formers();
  }

  /** Under which its progress was kept, where {@link #handlerName} says under which it is. */
  List<String> formerHandlers(String stream) {
    var suffix = handlerName(stream).substring(name.length());
    return formers().stream().map(former -> former + suffix).toList();
  }

  /** The name that it had first: what is under way between its stages bears it. */
  String firstName() {
    return formers().isEmpty() ? name : formers().get(formers().size() - 1);
  }

  boolean beginsAnew() {
    return settings.descent().anew();
  }

  /** Where its outputs go instead of its destinations; empty unless it is a shadow. */
  public Optional<Path> shadow() {
    return settings.shadow();
  }

  static String requireFormer(String function, String former) {
    if (!NAME.matcher(former).matches() || former.equals(function)) {
      throw refused(function, "migratesFrom", former, "must be another name of a function");
    }
    return former;
  }

  /** The function's name in what {@link #handlerName} answered; names hold no {@code @}. */
  static String functionOf(String handlerName) {
    int at = handlerName.indexOf('@');
    return at < 0 ? handlerName : handlerName.substring(0, at);
  }

  /** Whether it keeps state: by key, or in windows. */
  public boolean isStateful() {
    return kind.isStateful();
  }

  /**
   * Whether it sums in windows, as windowed functions and Lambda handlers with a tumbling window
   * do: which records a window has then depends on the keys that share its shard, whose records
   * move the shard's time.
   */
  public boolean isWindowed() {
    return kind.isWindowed();
  }

  /** Whether its calls hold no thread while they wait. */
  boolean isAsync() {
    return kind instanceof FunctionKind.Async || kind instanceof FunctionKind.AsyncKeyedState;
  }

  /** The streams to which it writes: outputs, sides, its own dead letters, what it carries on. */
  public Set<String> streamsWritten() {
    var streams = streamsSentTo();
    throughStream().map(StreamSource::name).ifPresent(streams::add);
    return streams;
  }

  /** Of these, those to which it sends outputs and dead letters. */
  Set<String> streamsSentTo() {
    var streams = new TreeSet<String>();
    if (shadow().isPresent()) {
      return streams;
    }
    var targets = new ArrayList<Destination<?>>(settings.sides().values());
    targets.add(destination);
    for (var to : targets) {
      if (to.target() instanceof Destination.Target.ToStream<?> stream) {
        streams.add(stream.name());
      }
    }
    if (settings.retry().sink().orElse(null) instanceof DeadLetters.ToStream letters) {
      streams.add(letters.name());
    }
    return streams;
  }

  /** What all its records are held against; every worker reads each whole. */
  public List<Broadcast<?>> broadcasts() {
    return settings.broadcasts();
  }

  /** Where its dead letters go; empty where the runtime says it. */
  public Optional<DeadLetters> deadLetters() {
    return settings.retry().sink();
  }

  FunctionSettings settings() {
    return settings;
  }

  /** The same function, as an application's settings file has it run. */
  public FunctionSpec<I, O> with(FunctionOptions options) {
    return new FunctionSpec<>(
        name, options.inputs(inputs), options.settings(name, settings), kind, destination);
  }

  /** The same function, whose outputs wait so long for their commit unless it says otherwise. */
  FunctionSpec<I, O> committingOutputsWithin(Duration limit) {
    var chosen = settings.committing(settings.committing().unlessGiven(limit));
    return new FunctionSpec<>(name, inputs, chosen, kind, destination);
  }

  /** The same function, as if it had never had another name: for runs in a sandbox. */
  public FunctionSpec<I, O> withoutFormerNames() {
    return new FunctionSpec<>(name, inputs, settings.descending(Descent.NEW), kind, destination);
  }

  FunctionKind<I, O> kind() {
    return kind;
  }

  @Override
  public String toString() {
    return "function " + name;
  }

  static IllegalArgumentException refused(
      String function, String option, String value, String why) {
    return new IllegalArgumentException(
        "function " + function + ", " + option + " " + value + ": " + why);
  }

  /** A name, to be given something to read. */
  public static final class Named {
    private final String name;

    private Named(String name) {
      this.name = name;
    }

    /** What the function reads; with state, several inputs only by {@link Keys#across}. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final <I> Reading<I> reading(Input<? extends I>... inputs) {
      if (inputs.length == 0) {
        throw refused(name, "reading", "nothing", "give at least one input");
      }
      var streams = new HashSet<String>();
      for (var input : inputs) {
        if (!streams.add(input.source().service() + ":" + input.source().name())) {
          throw refused(
              name, "reading", input.source().name(), "the stream is named twice; name it once");
        }
      }
      return new Reading<>(name, List.of(inputs), new ChosenOptions());
    }
  }

  /** Options of every kind of function. */
  public abstract static sealed class Options<R> permits Reading, Keyed, Windowed {
    final String name;
    private final ChosenOptions chosen;

    Options(String name, ChosenOptions chosen) {
      this.name = name;
      this.chosen = chosen;
    }

    abstract R self();

    /**
     * Hands records on at so many of them, or so long after the first.
     *
     * @param records 1 to 10,000
     * @param orAfter 0 to 5 minutes; zero hands on whatever is there
     */
    public R batching(int records, Duration orAfter) {
      try {
        chosen.batch = new BatchLimits(records, orAfter);
      } catch (IllegalArgumentException wrong) {
        throw new IllegalArgumentException(
            "function " + name + ", batching: " + wrong.getMessage(), wrong);
      }
      return self();
    }

    /**
     * How many batches of one shard may be in work at once, no two with records of one key; for
     * batch functions.
     *
     * @param perShard 1 to 100, and 10 by Lambda's rules; 1 unless given
     */
    public R parallelizationFactor(int perShard) {
      chosen.delivery = chosen.delivery.withConcurrentBatches(name, perShard);
      return self();
    }

    /**
     * What the payloads of one call may take together. A record that takes more by itself goes to
     * the dead letters under the code {@code PayloadTooLarge}. By our own rules a batch waits for
     * {@link #batching} all the same; by Lambda's it goes as soon as it is full.
     *
     * @param bytes at least 1; without it there is no limit, and by Lambda's rules it is 6 MB of
     *     the event's JSON
     */
    public R maxPayloadBytes(long bytes) {
      chosen.delivery = chosen.delivery.withPayloadMax(name, bytes);
      return self();
    }

    /** Lambda's rules with Lambda's defaults: see the other method of this name. */
    public R lambdaCompatible() {
      return lambdaCompatible(EventSourceMapping.defaults());
    }

    /**
     * Runs a batch function by the rules of Lambda's event source mapping instead of ours: a failed
     * batch holds up its lane and not its keys, letters tell where records lie and not what is in
     * them, and a call gets at most 6 MB. It sets {@link #batching}, {@link
     * #parallelizationFactor}, {@link #maxPayloadBytes} and the retries and record age of {@link
     * #retrying}, so call it behind that; what is called behind it changes them again.
     */
    public R lambdaCompatible(EventSourceMapping mapping) {
      chosen.batch = mapping.batch();
      chosen.delivery = mapping.delivery();
      chosen.retry = mapping.bounds(chosen.retry);
      return self();
    }

    public R retrying(RetryPolicy policy) {
      chosen.retry = Objects.requireNonNull(policy, "policy");
      return self();
    }

    /**
     * An attempt that takes longer counts as failed. A stage is cancelled and the key goes on at
     * once; a thread is interrupted and the key goes on when it has come back, or 10 s later. What
     * the attempt still does has no effect: its outputs are dropped, its {@linkplain
     * Attempt#fencingToken token} is lower than that of the next. A thread that has not come back
     * by then is stuck: another takes its place, and the function is a new instance from then on
     * ({@link FunctionRuntime#stoppingAtStuckThreads}).
     *
     * @param limit 1 ms to 1 hour; without it an attempt may take for ever
     */
    public R timingOutAfter(Duration limit) {
      Ranges.requireTimeOut(name, limit);
      chosen.limit = limit;
      return self();
    }

    /**
     * How many records of one shard may be in work: different keys run at once, a key's records one
     * after the other. When so many are unanswered, as behind keys that fail and are not parked
     * ({@link RetryPolicy#parkingKeys}), the shard is read no further.
     *
     * @param perShard 1 to 10,000; 256 unless given
     */
    public R inFlight(int perShard) {
      Ranges.requireInFlight(name, perShard);
      chosen.inFlight = perShard;
      return self();
    }

    /** Where the function is called instead of the runtime's pool; never the calling thread. */
    public R invokingOn(Executor executor) {
      chosen.executor = Objects.requireNonNull(executor, "executor");
      return self();
    }

    /**
     * How many calls of the function may run at once in a worker, each on a thread of the
     * function's own. A function that blocks has threads of its own in any case: virtual ones, as
     * many as {@link #inFlight}, from JDK 24 on, else {@link FunctionRuntime#invocationThreads}.
     * Asynchronous ones share the worker's unless this is given.
     */
    public R invokingOn(InvocationThreads threads) {
      chosen.threads = Objects.requireNonNull(threads, "threads");
      return self();
    }

    /**
     * What dead letters of the function must not show, in place of what the runtime says of all.
     * Payloads are kept whole in the application's table, from which they are played again.
     */
    public R redacting(Redaction redaction) {
      chosen.redaction = Objects.requireNonNull(redaction, "redaction");
      return self();
    }

    /**
     * Latency against cost: state, progress and, of functions with state, outputs are durable so
     * long after the call at the latest, if the store keeps up, and outputs leave then. Each commit
     * costs one or two writes for each shard. That outputs were sent is stored with the next
     * commit, or a second later; until then whoever takes over would send them again.
     *
     * @param limit 0 to 1 hour; zero commits at once, and what comes while a commit is under way
     *     together with the next. Without it the runtime says it ({@link
     *     FunctionRuntime#committingEvery}, {@link FunctionRuntime#committingOutputsWithin})
     */
    public R committingWithin(Duration limit) {
      chosen.committing = chosen.committing.within(Ranges.requireCommitting(name, limit));
      return self();
    }

    /**
     * The function had another name, and goes on from what it has under that: progress, state,
     * timers, outputs that wait, parked keys, dead letters and orders of operators. In each shard
     * that is taken over when the shard comes to a worker of this specification, in one write,
     * after which nobody commits under the former name; a worker of the former deployment that gets
     * the shard takes it back in the same way. Keys and windows must be those that it had.
     *
     * <p>Leave it there while the streams still keep records, and the table letters, from under the
     * former name.
     *
     * @param formerNames the latest first, if it had several; none may be a function's of the
     *     application
     */
    public R migratesFrom(String... formerNames) {
      var formers = new ArrayList<>(chosen.descent.formers());
      for (var former : formerNames) {
        formers.add(requireFormer(name, former));
      }
      chosen.descent = new Descent(formers, chosen.descent.anew());
      return self();
    }

    /**
     * The function is a new one, although it reads, and keeps by the same keys, what one did whose
     * name is not run any more: else that is taken for a mistake, and the start is refused. Says
     * nothing once the function has begun.
     */
    public R beginningAnew() {
      chosen.descent = new Descent(chosen.descent.formers(), true);
      return self();
    }

    /**
     * Runs beside the live function of another name, to be compared with it: with progress and
     * state of its own, under its own name, and all that it sends, sides and dead letters too, as
     * lines of JSON in a file instead of where it belongs. What it does besides, such as calls of
     * services, it does.
     *
     * @param outputs a file of this worker; lines are added to it
     */
    public R shadow(Path outputs) {
      chosen.shadow = Objects.requireNonNull(outputs, "outputs");
      return self();
    }

    /**
     * Has every worker of the function read a stream whole, so that it may ask {@link
     * Event#inForce} for the version of a value that a record is to be handled by. Needs a place
     * for state ({@link FunctionRuntime#stateIn}), where versions are kept that their stream has
     * forgotten.
     */
    public R withBroadcast(Broadcast<?> broadcast) {
      Objects.requireNonNull(broadcast, "broadcast");
      if (chosen.broadcasts.stream().anyMatch(each -> each.place().equals(broadcast.place()))) {
        throw refused(
            name, "withBroadcast", broadcast.source().name(), "the stream is named twice");
      }
      chosen.broadcasts.add(broadcast);
      return self();
    }

    /** Gives a side of the function a destination. */
    public <T> R sendingSide(Side<T> side, Destination<T> to) {
      Objects.requireNonNull(to, "to");
      for (var taken : chosen.sides.keySet()) {
        if (taken.name().equals(side.name())) {
          throw refused(name, "sendingSide", side.name(), "the side has a destination already");
        }
      }
      chosen.sides.put(side, to);
      return self();
    }

    final <I, O> FunctionSpec<I, O> build(
        List<Input<? extends I>> inputs, FunctionKind<I, O> kind, Destination<O> to) {
      return new FunctionSpec<>(name, inputs, chosen.settings(), kind, to);
    }

    private static ChosenOptions chosenOf(Options<?> options) {
      return options.chosen;
    }
  }

  /** A function that reads; without state unless keyed or windowed. */
  public static final class Reading<I> extends Options<Reading<I>> {
    private final List<Input<? extends I>> inputs;

    private Reading(String name, List<Input<? extends I>> inputs, ChosenOptions chosen) {
      super(name, chosen);
      this.inputs = inputs;
    }

    @Override
    Reading<I> self() {
      return this;
    }

    /**
     * Holds records so long, to hand them over in the order of their event time; for keyed
     * functions whose keys are {@link Keys#across}. What waits counts as in work: where {@link
     * #inFlight} has no room for it, the earlier half goes on at once.
     *
     * @param wait 1 ms to 1 min
     */
    public Reading<I> sortedWithin(Duration wait) {
      Options.chosenOf(this).sorted = Ranges.requireSorting(name, wait);
      return this;
    }

    /** State by key, stored by {@code state}. */
    public <S> Keyed<I, S> keyedBy(Keys<I> keys, Codec<S> state) {
      return new Keyed<>(name, inputs, Options.chosenOf(this), keys, state);
    }

    /** Sums by key and window of event time, stored by {@code sums}. */
    public <A> Windowed<I, A> windowedBy(Keys<I> keys, Windows windows, Codec<A> sums) {
      return new Windowed<>(name, inputs, Options.chosenOf(this), keys, windows, sums);
    }

    public <O> FunctionSpec<I, O> handledBy(
        Supplier<? extends RecordFunction<I, O>> f, Destination<O> to) {
      return build(inputs, new FunctionKind.Plain<>(f), to);
    }

    public <O> FunctionSpec<I, O> handledAsyncBy(
        Supplier<? extends AsyncRecordFunction<I, O>> f, Destination<O> to) {
      return build(inputs, new FunctionKind.Async<>(f), to);
    }

    public <O> FunctionSpec<I, O> handledInBatchesBy(
        Supplier<? extends BatchFunction<I, O>> f, Destination<O> to) {
      return build(inputs, new FunctionKind.Batched<>(f), to);
    }

    public FunctionSpec<I, byte[]> handledByLambda(String handler) {
      return handledByLambda(LambdaHandler.named(handler));
    }

    /**
     * An unmodified handler: it gets bytes and batches by Lambda's rules. What the input says of
     * values (codec, {@link Input#timedBy}, {@link Input#endedBy}) is not asked.
     */
    public FunctionSpec<I, byte[]> handledByLambda(LambdaHandler handler) {
      var code = LambdaHandlers.find().resolve(handler);
      return build(inputs, new FunctionKind.Lambda<>(handler, code), Destination.nowhere());
    }
  }

  /** A function with a state for each key. */
  public static final class Keyed<I, S> extends Options<Keyed<I, S>> {
    private final List<Input<? extends I>> inputs;
    private final Keys<I> keys;
    private final Codec<S> codec;

    private Keyed(
        String name,
        List<Input<? extends I>> inputs,
        ChosenOptions chosen,
        Keys<I> keys,
        Codec<S> codec) {
      super(name, chosen);
      this.inputs = inputs;
      this.keys = Objects.requireNonNull(keys, "keys");
      this.codec = Objects.requireNonNull(codec, "state");
    }

    @Override
    Keyed<I, S> self() {
      return this;
    }

    /** Outputs leave before the commit: sooner, and after a crash with another value perhaps. */
    public Keyed<I, S> emittingEarly() {
      Options.chosenOf(this).committing = Options.chosenOf(this).committing.emittingEarly();
      return this;
    }

    public <O> FunctionSpec<I, O> handledBy(
        Supplier<? extends KeyedFunction<I, S, O>> f, Destination<O> to) {
      return build(inputs, new FunctionKind.KeyedState<>(keys, codec, f), to);
    }

    public <O> FunctionSpec<I, O> handledAsyncBy(
        Supplier<? extends AsyncKeyedFunction<I, S, O>> f, Destination<O> to) {
      return build(inputs, new FunctionKind.AsyncKeyedState<>(keys, codec, f), to);
    }
  }

  /** A function with a sum for each key and window. */
  public static final class Windowed<I, A> extends Options<Windowed<I, A>> {
    private final List<Input<? extends I>> inputs;
    private final Keys<I> keys;
    private final Windows windows;
    private final Codec<A> codec;
    private boolean partial = true;

    private Windowed(
        String name,
        List<Input<? extends I>> inputs,
        ChosenOptions chosen,
        Keys<I> keys,
        Windows windows,
        Codec<A> codec) {
      super(name, chosen);
      this.inputs = inputs;
      this.keys = Objects.requireNonNull(keys, "keys");
      this.windows = Objects.requireNonNull(windows, "windows");
      this.codec = Objects.requireNonNull(codec, "sums");
    }

    @Override
    Windowed<I, A> self() {
      return this;
    }

    /**
     * Of keys by {@link Keys#across}: has each record go through the stream by itself. Else records
     * of one key and window that come within about a second are summed up where they are read, and
     * go through the stream together: {@link WindowFunction#add} is called there, beginning with
     * {@link WindowFunction#empty}, and {@link WindowFunction#merge} where the windows are kept. To
     * be asked for where {@code merge} does not join any two sums of a window, or where a second
     * later is too late.
     */
    public Windowed<I, A> withoutPartialSums() {
      partial = false;
      return this;
    }

    /** Outputs leave before the commit: sooner, and after a crash with another value perhaps. */
    public Windowed<I, A> emittingEarly() {
      Options.chosenOf(this).committing = Options.chosenOf(this).committing.emittingEarly();
      return this;
    }

    public <O> FunctionSpec<I, O> handledBy(
        Supplier<? extends WindowFunction<I, A, O>> f, Destination<O> to) {
      return build(inputs, new FunctionKind.Windowing<>(keys, windows, codec, partial, f), to);
    }
  }
}
