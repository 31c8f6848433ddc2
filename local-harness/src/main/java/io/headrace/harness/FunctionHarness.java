package io.headrace.harness;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.Order;
import io.headrace.function.Broadcast;
import io.headrace.function.DeadLetter;
import io.headrace.function.DiscardedBatch;
import io.headrace.function.FunctionOutage;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.KeptState;
import io.headrace.function.Operations;
import io.headrace.function.Redrives;
import io.headrace.function.Side;
import io.headrace.function.WakeUp;
import io.headrace.kcl.loop.LoopClock;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Tests one function in milliseconds, on one thread and under virtual time, through the very path
 * that production takes: values are encoded into records of a stream in memory, a worker leases its
 * shards, runs the function with its lanes, retries, dead letters, state and commits, and what it
 * sends is kept here instead of at its destinations.
 *
 * <pre>{@code
 * var stream = FunctionHarness.of(HotHostAlarm.spec());
 * stream.put(new HostMetric("web-1", 95), new HostMetric("web-2", 97));
 * assertThat(stream.output()).containsExactly(new Alarm("web-2", stream.now()));
 * }</pre>
 *
 * <p>Time stands still but in {@link #advance}, and in {@link #split}, {@link #merge}, {@link
 * #crash} and {@link #redeployWith}, which take the time that a worker needs for them. So a failed
 * record is retried, a batch that waits is handed over and progress is committed (every 5 s) by
 * {@link #advance} only. It begins at 2026-01-01T00:00:00Z. Outputs of functions with state leave
 * behind their commit; unless the specification says {@link
 * io.headrace.function.FunctionSpec.Options#committingWithin}, that is made at once here.
 *
 * <p>A function that blocks, blocks the test. An asynchronous one may answer on threads of its own:
 * every method waits for the answers of the calls that it began, in real time, and fails when they
 * do not come ({@link #awaitingAnswers}).
 *
 * <p>What may happen to a worker meanwhile is tried systematically by {@link FunctionVerifier}.
 *
 * <p>For one thread. Everything thrown by a method is an {@link IllegalStateException} or {@link
 * IllegalArgumentException} that says what to do.
 */
public final class FunctionHarness<I, O> implements AutoCloseable {
  /** The partition key of records that are put without one. */
  public static final String KEY = "key";

  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  /** What the first worker may take to start, so that tests begin at {@link #BEGIN} exactly. */
  private static final Duration STARTING_MAX = Duration.ofSeconds(10);

  /** What workers may take for anything else; a fail-over takes 13 s. */
  private static final Duration CATCHING_UP_MAX = Duration.ofMinutes(2);

  /** After a shard is leased: its function asks by polling whether its parents are done. */
  private static final Duration SETTLING_IN = Duration.ofSeconds(1);

  private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(5);

  /** An order is heard within 4 s, and what it did is committed 5 s later. */
  private static final Duration REDRIVING = Duration.ofSeconds(15);

  private static final String APPLICATION = "harness";
  private static final long SEED = 1;

  private final SimulatedLoop loop = new SimulatedLoop(SEED).startingAt(BEGIN.minus(STARTING_MAX));
  private final Clock clock = new LoopClock(loop);
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final InputStreams<I> streams = new InputStreams<>(loop);
  private final Sent sent = new Sent();
  private final Interposed interposed;
  private final Attendance attendance = new Attendance();
  private FunctionSpec<I, O> spec;
  private FunctionRuntime.Running running;
  private Duration answersWithin = ANSWERS_WITHIN;
  private int workers;

  private FunctionHarness(Function<? super Clock, FunctionSpec<I, O>> specification) {
    this(specification, Interposed.NOTHING);
  }

  FunctionHarness(
      Function<? super Clock, FunctionSpec<I, O>> specification, Interposed interposed) {
    this.interposed = interposed;
    spec = specification.apply(clock);
    running = start();
    catchUp(STARTING_MAX.minus(SETTLING_IN));
    advance(Duration.between(now(), BEGIN));
  }

  /** Runs a function. Its specification is used as it is; only its destinations are not. */
  public static <I, O> FunctionHarness<I, O> of(FunctionSpec<I, O> spec) {
    return new FunctionHarness<>(clock -> spec);
  }

  /**
   * Runs a function that takes a clock, which is given virtual time.
   *
   * @param specification called once, here
   */
  public static <I, O> FunctionHarness<I, O> of(
      Function<? super Clock, FunctionSpec<I, O>> specification) {
    return new FunctionHarness<>(specification);
  }

  /**
   * How long, in real time, every method waits for asynchronous calls that are under way; 5 s
   * unless said. With zero it never waits and never complains: for tests that complete a stage
   * themselves, or let a call run out of time. What was answered meanwhile is taken up by the next
   * method that is called.
   */
  public FunctionHarness<I, O> awaitingAnswers(Duration realTime) {
    if (realTime.isNegative()) {
      throw new IllegalArgumentException("realTime " + realTime + ": must not be negative");
    }
    answersWithin = realTime;
    return this;
  }

  /**
   * Puts records of {@link #KEY} that arrive now, in this order, and handles all that can be
   * handled without time passing. Of several inputs, the first takes a value whose codec reads it
   * back as an equal one.
   */
  @SafeVarargs
  public final void put(I... values) {
    putKeyed(KEY, values);
  }

  /** As {@link #put}, with a partition key. */
  @SafeVarargs
  public final void putKeyed(String partitionKey, I... values) {
    for (var value : values) {
      streams.put(partitionKey, value, now());
    }
    settle();
  }

  /**
   * Puts one record that holds several, as a producer that aggregates does: values by their
   * partition keys, in this order, at positions that differ in {@link
   * io.headrace.function.EventId#subSequence} alone. They lie in the shard of the first key; after
   * a {@link #split}, those of them that belong elsewhere are {@link
   * io.headrace.function.Input#misrouted}.
   */
  @SafeVarargs
  @SuppressWarnings("varargs")
  public final void putAggregated(Map.Entry<String, ? extends I>... keyedValues) {
    streams.putAggregated(List.of(keyedValues));
    settle();
  }

  /** Puts one record with a time of arrival of the caller's choice. */
  public void put(String partitionKey, I value, Instant arrivedAt) {
    streams.put(partitionKey, value, arrivedAt);
    settle();
  }

  /** Puts one record of these bytes, such as ones that the codec can't decode. */
  public void putBytes(String partitionKey, byte[] bytes) {
    streams.putBytes(partitionKey, bytes, now());
    settle();
  }

  /**
   * Puts a record of the value into each open shard, whatever its key: how an input ends that is
   * {@link io.headrace.function.Input#endedBy ended by} a marker, so that all windows close.
   */
  public void putToEachShard(I value) {
    streams.putToEachShard(value, now());
    settle();
  }

  /**
   * Puts a version of a broadcast, that arrives now. It is in force for what arrives {@link
   * Broadcast#settlingFor} later, or after that: {@link #advance} by so much first.
   */
  public <R> void putVersion(Broadcast<R> broadcast, R value) {
    putVersion(broadcast, value, now());
  }

  /** Puts a record of these bytes into a broadcast's stream, such as one that is no version. */
  public void putVersionBytes(Broadcast<?> broadcast, byte[] bytes) {
    streams.putVersion(broadcast, bytes.clone(), now());
    settle();
  }

  <R> void putVersion(Broadcast<R> broadcast, R value, Instant arrivedAt) {
    streams.putVersion(broadcast, value, arrivedAt);
    settle();
  }

  /**
   * Lets time pass: what falls due happens at its own moment, such as retries, batches that waited
   * and commits.
   */
  public void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("by " + by + ": time never goes back");
    }
    settle();
    var until = now().plus(by);
    for (var left = by; !left.isZero(); left = Duration.between(now(), until)) {
      loop.advance(nextStep(left));
      settle();
    }
  }

  /**
   * Moves event time on in every shard, as a record of that time would: windows are told and timers
   * by event time fire whose time has come. It never goes back, and is committed with what it
   * brings about, by {@link #advance}.
   */
  public void advanceWatermarkTo(Instant time) {
    settle();
    running.advanceWatermark(spec.name(), time);
    settle();
  }

  /** Virtual time. */
  public Instant now() {
    return loop.now();
  }

  /** Virtual time, for what else a test builds. */
  public Clock clock() {
    return clock;
  }

  /** All that was sent to the function's destination, in the order of sending. */
  public List<O> output() {
    return sent.outputs();
  }

  /** As {@link #output}, and forgets it. */
  public List<O> takeOutput() {
    List<O> taken = sent.outputs();
    sent.forgetOutputs();
    return taken;
  }

  /** All that was sent to a side, in the order of sending. */
  public <T> List<T> output(Side<T> side) {
    return sent.outputs(side);
  }

  /** All records that went to the dead letters, whatever sink the specification names. */
  public List<DeadLetter> deadLetters() {
    return sent.letters();
  }

  /**
   * Batches that a function of Lambda's rules did not get done, whose letters hold no payload
   * ({@link io.headrace.function.FunctionSpec.Options#lambdaCompatible}).
   */
  public List<DiscardedBatch> discardedBatches() {
    return sent.discardedBatches();
  }

  /** Why the function is paused; empty while it is called as usual. */
  public Optional<FunctionOutage> outage() {
    return running.outages().stream().findFirst();
  }

  /**
   * The state of a key, committed or not; empty where there is none.
   *
   * @param key a partition key, for {@link io.headrace.function.Keys#partitionKey()}
   */
  public <S> Optional<S> stateOf(String key, Class<S> type) {
    return stateOf(key, key, type);
  }

  /**
   * The state of a key within a partition key ({@link io.headrace.function.Keys#within}), committed
   * or not; empty where there is none.
   */
  public <S> Optional<S> stateOf(String partitionKey, String key, Class<S> type) {
    return running
        .stateOf(spec.name(), partitionKey, key)
        .map(
            state -> {
              if (!type.isInstance(state)) {
                throw new IllegalArgumentException(
                    "the state of key " + key + " is a " + state.getClass().getName());
              }
              return type.cast(state);
            });
  }

  /**
   * The timers of a key that are set, committed or not, those that are due first.
   *
   * @param key a partition key, for {@link io.headrace.function.Keys#partitionKey()}
   */
  public List<WakeUp> wakeUpsOf(String key) {
    return wakeUps().stream().filter(timer -> timer.key().equals(key)).toList();
  }

  /**
   * Ends the worker as a crash would and starts another, which takes over from the last commit:
   * records that were handled since are delivered again, state is as it was committed, and outputs
   * may repeat, those of functions with state as they were. {@link #advance} by more than 5 s
   * before, to have everything committed. Takes some 13 s of virtual time, as a fail-over does.
   */
  public void crash() {
    running.crash();
    replaceWorker();
  }

  /**
   * Stops the worker in order and starts one with another specification, which goes on where the
   * first stopped if it has the same name. Takes a second or two of virtual time.
   */
  public void redeployWith(FunctionSpec<I, O> next) {
    stopInOrder();
    spec = next;
    replaceWorker();
  }

  /**
   * Has all dead letters played again, as {@code headrace redrive} does, and lets what comes of it
   * happen, which takes 15 s of virtual time. What fails again stays a letter, and {@link
   * #deadLetters} tells of both times.
   *
   * @return how many there were to be played
   */
  public int redrive() {
    settle();
    var operations =
        new Operations(APPLICATION, List.of(spec), leases, checkpoints, loop, random, "a test");
    var redrives = new Redrives(operations, checkpoints.letters());
    var all = new Order.Deed.Redrive(Optional.empty(), Optional.empty(), Optional.empty(), 0);
    var target = Operations.Target.of(spec.name());
    int letters = redrives.look(target, all).toCompletableFuture().join().letters().size();
    var ordered = redrives.redrive(target, all, "a test wants it").toCompletableFuture();
    advance(REDRIVING);
    boolean unused = ordered.join().isPresent();
    return letters;
  }

  /**
   * Divides the widest shard of each input in two, and lets the worker go on in the children; each
   * input begins with one shard. Takes a second or two of virtual time.
   */
  public void split() {
    streams.split();
    catchUp(CATCHING_UP_MAX);
  }

  /**
   * Joins two neighbouring shards of each input, and lets the worker go on in the child. Takes a
   * second or two of virtual time.
   *
   * @throws IllegalStateException when there is only one shard
   */
  public void merge() {
    streams.merge();
    catchUp(CATCHING_UP_MAX);
  }

  /**
   * Stores records that one fetch finds together, and lets nothing come of it yet.
   *
   * @return their streams and sequence numbers, as their ids have them
   */
  List<InputStreams.Named> store(List<Map.Entry<String, I>> keyedValues, Instant arrivedAt) {
    return streams.putTogether(keyedValues, arrivedAt);
  }

  List<WakeUp> wakeUps() {
    return running.wakeUps(spec.name());
  }

  List<KeptState> states() {
    return running.states(spec.name());
  }

  /** As {@link #redeployWith}, with the same specification. */
  void restart() {
    redeployWith(spec);
  }

  /** Ends the worker within whatever it is doing; {@link #replaceWorker} is to follow. */
  void kill() {
    running.crash();
  }

  /** Ends the worker for good, whatever state the function is in. */
  void abandon() {
    running.crash();
    loop.runUntilIdle();
  }

  /** Stops the worker in order; a function that is {@link AutoCloseable} is closed. */
  @Override
  public void close() {
    stopInOrder();
  }

  private FunctionRuntime.Running start() {
    streams.read(spec);
    var runtime =
        FunctionRuntime.named(APPLICATION)
            .workerId("worker-" + ++workers)
            .on(loop, loop, loop, random)
            .leasesIn(leases)
            .checkpointsIn(interposed.checkpoints().apply(checkpoints))
            .stateIn(interposed.chunks().apply(chunks))
            .tappedBy(interposed.tap().apply(sent))
            .observedBy(attendance)
            .observedBy(interposed.listener())
            .committingOutputsWithin(interposed.outputsWithin())
            .run(spec);
    streams.connectors().forEach(runtime::connecting);
    return runtime.start();
  }

  void replaceWorker() {
    loop.runUntilIdle();
    attendance.workerGone();
    running = start();
    catchUp(CATCHING_UP_MAX);
  }

  private void stopInOrder() {
    var stopped = running.stop().toCompletableFuture();
    pass(CATCHING_UP_MAX, stopped::isDone, "the worker did not stop");
  }

  /** Lets time pass until the worker runs every shard that it can run. */
  private void catchUp(Duration max) {
    pass(
        max,
        () -> attendsAll() || !running.health().alive(),
        "the worker does not run every shard");
    var health = running.health();
    if (!health.alive()) {
      throw new IllegalStateException(
          "function " + spec.name() + " does not run: " + String.join("; ", health.reasons()));
    }
    advance(SETTLING_IN);
  }

  private boolean attendsAll() {
    return streams.read().stream()
        .allMatch(
            stream ->
                stream.openShards().stream().allMatch(shard -> attendance.attends(stream, shard)));
  }

  private void pass(Duration max, BooleanSupplier until, String complaint) {
    var limit = now().plus(max);
    settle();
    while (!until.getAsBoolean()) {
      var left = Duration.between(now(), limit);
      if (left.isZero()) {
        throw new IllegalStateException(
            "function "
                + spec.name()
                + ": "
                + complaint
                + " within "
                + max
                + " of virtual time; it says "
                + running.health().reasons());
      }
      loop.advance(nextStep(left));
      settle();
    }
  }

  private Duration nextStep(Duration left) {
    return loop.nextDue().filter(due -> due.compareTo(left) < 0).orElse(left);
  }

  /** Runs all that can be run without time passing, and waits for calls that are under way. */
  private void settle() {
    loop.runUntilIdle();
    while (running.callsUnderWay() > 0 && !answersWithin.isZero()) {
      if (!loop.runUntil(() -> running.callsUnderWay() == 0, answersWithin.toMillis())) {
        if (Thread.currentThread().isInterrupted()) {
          throw new IllegalStateException("the test was interrupted while a call was under way");
        }
        throw new IllegalStateException(
            "function "
                + spec.name()
                + ": "
                + running.callsUnderWay()
                + " of its calls did not answer within "
                + answersWithin
                + " of real time; if that is meant, set awaitingAnswers(Duration.ZERO)");
      }
      loop.runUntilIdle();
    }
    var failed = attendance.takeFailure();
    if (failed != null) {
      throw new IllegalStateException(
          "function " + spec.name() + " can't go on in shard " + failed.shard().shard(),
          failed.cause());
    }
  }
}
