package io.headrace.function;

import io.headrace.checkpoint.CheckpointPolicy;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.WorkerSettings;
import io.headrace.kcl.WorkerStatus;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.Deployment;
import io.headrace.lease.LeaseSettings;
import io.headrace.lease.LeaseTable;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One worker of an application: runs functions on its share of the shards, keeps their state and
 * commits their progress. Start as many as you like, on any machines; those of one application and
 * lease table share the work.
 *
 * <pre>{@code
 * try (var running = FunctionRuntime.named("shop")
 *     .leasesIn(leases).checkpointsIn(checkpoints).stateIn(chunks)
 *     .run(HotHostAlarm.spec())
 *     .start()) {
 *   signal.await();
 * }
 * }</pre>
 *
 * <p>Mutable until it is started; used by one thread.
 */
public final class FunctionRuntime {
  /** What is wanted of a running one. */
  public interface Running extends AutoCloseable {
    /** As of now; any thread may ask. */
    Health health();

    /**
     * How many calls of functions stand in line for a thread, or have begun and not been answered;
     * asynchronous ones until their stage has ended. Any thread may ask.
     */
    int callsUnderWay();

    /**
     * The functions that are held up here, because something they depend on is down or too many of
     * their records fail; as {@link #health} tells in words. Any thread may ask.
     */
    List<FunctionOutage> outages();

    /** What the worker does in each shard, as of a turn of its loop; never, once it has ended. */
    CompletionStage<WorkerStatus> status();

    /**
     * The state of a key as its function has it now, which may be ahead of the last commit; empty
     * where this worker holds none. For harnesses and operators; any thread may ask.
     *
     * @param key the same as {@code partitionKey} for {@link Keys#partitionKey()}
     */
    Optional<Object> stateOf(String function, String partitionKey, String key);

    /**
     * All that a function keeps in the shards of this worker, in no order: states by key and open
     * windows. As {@link #stateOf} it may be ahead of the last commit. A Lambda handler's windows
     * are not among them. For harnesses; any thread may ask.
     */
    List<KeptState> states(String function);

    /**
     * The timers that are set for a function's keys in the shards of this worker, those that are
     * due first. As {@link #stateOf} it may be ahead of the last commit. For harnesses; any thread
     * may ask.
     */
    List<WakeUp> wakeUps(String function);

    /**
     * Moves the event time of a function on in all shards that this worker runs, as a record of
     * that time would: windows are told and timers fire whose time has come. It never goes back.
     * For harnesses only: what is told by it is told before it is committed, so after a crash it
     * may be told again with another sum under the same id. Any thread may call.
     */
    void advanceWatermark(String function, Instant to);

    /**
     * Holds a function in all workers of the application, now and after any restart: within a few
     * seconds (0.2 of the lease time and a second) it drains, commits and rests, until it is
     * resumed. Nothing is lost. Any thread may call.
     *
     * @param reason why, for whoever looks later; not blank
     * @return completes when the order is recorded; fails with {@link IllegalArgumentException}
     *     when there is no such function
     */
    CompletionStage<Void> pause(String function, String reason);

    /** Ends what {@link #pause} began, or an operator. */
    CompletionStage<Void> resume(String function, String reason);

    /**
     * Leaves in order: each shard goes on until another worker is ready for it, then it is drained,
     * committed and handed over; at once, where there is no other. After {@link #stoppingWithin}
     * what still runs is interrupted and left for the next owner. Completes about a second after
     * that at the latest, never exceptionally.
     */
    CompletionStage<Void> stop();

    /**
     * Ends at once as a crash would: commits nothing, releases nothing. For tests and
     * demonstrations.
     */
    void crash();

    /** Stops and waits for it, unless the loops are somebody else's ({@link #on}). Repeatable. */
    @Override
    void close();
  }

  private static final Pattern APPLICATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final long MEMORY_BYTES_DEFAULT = 256L << 20;

  final String application;
  final List<FunctionSpec<?, ?>> specs = new ArrayList<>();
  final List<StreamConnector> connectors = new ArrayList<>();
  final List<LetterConnector> letterConnectors = new ArrayList<>();
  final List<RuntimeListener> listeners = new ArrayList<>();
  @Nullable String workerId;
  @Nullable LeaseTable leases;
  @Nullable CheckpointStore checkpoints;
  @Nullable ChunkStore chunks;
  long stateBytes = StateCache.BYTES_MAX_DEFAULT;
  @Nullable OutputTap tap;
  @Nullable Machinery threads;
  LeaseSettings leaseSettings = LeaseSettings.DEFAULT;
  String deployment = "";
  CheckpointPolicy policy = CheckpointPolicy.DEFAULT;
  Duration outputsWithin = Committing.OUTPUTS;
  DeadLetters deadLetters = DeadLetters.inFile(Path.of("dead-letters"));
  Redaction redaction = Redaction.NONE;
  CallObserver observer = CallObserver.NONE;
  @Nullable LogContext logs;
  Duration stopWithin = Duration.ofSeconds(20);
  boolean createsStreams;
  WorkerSettings.Watch watch = WorkerSettings.Watch.DEFAULT;
  long memoryBytes = MEMORY_BYTES_DEFAULT;
  int stuckThreadsMax = 16;
  int poolThreads = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());

  private FunctionRuntime(String application) {
    this.application = application;
  }

  /**
   * @param application names the fleet: workers of one name share leases, progress and state
   */
  public static FunctionRuntime named(String application) {
    if (!APPLICATION.matcher(application).matches()) {
      throw new IllegalArgumentException(
          "application \""
              + application
              + "\": must be 1 to 128 letters, digits, dots, dashes or underscores and begin with"
              + " a letter or digit");
    }
    return new FunctionRuntime(application);
  }

  /** The operator's name for this worker; drawn when not given. No two may share one. */
  public FunctionRuntime workerId(String workerId) {
    this.workerId = workerId;
    return this;
  }

  /** Where the fleet keeps who runs what; required. */
  public FunctionRuntime leasesIn(LeaseTable leases) {
    this.leases = Objects.requireNonNull(leases, "leases");
    return this;
  }

  /** Where progress is kept; required, and the application's own. */
  public FunctionRuntime checkpointsIn(CheckpointStore checkpoints) {
    this.checkpoints = Objects.requireNonNull(checkpoints, "checkpoints");
    return this;
  }

  /** Where state is kept; required by functions that have any. */
  public FunctionRuntime stateIn(ChunkStore chunks) {
    this.chunks = Objects.requireNonNull(chunks, "chunks");
    return this;
  }

  /**
   * About how much memory state may take that is stored already, of all functions and shards of
   * this worker; 64 MB unless told otherwise. State beyond it is read back when it is needed.
   */
  public FunctionRuntime stateMemory(long bytesMax) {
    if (bytesMax < 0) {
      throw new IllegalArgumentException("stateMemory " + bytesMax + ": must not be negative");
    }
    this.stateBytes = bytesMax;
    return this;
  }

  /**
   * How the streams of one service are opened; the connector stays the caller's to close. For
   * services without one it is looked up by {@link java.util.ServiceLoader}.
   */
  public FunctionRuntime connecting(StreamConnector connector) {
    connectors.add(Objects.requireNonNull(connector, "connector"));
    return this;
  }

  /**
   * How dead-letter sinks outside this process are opened, such as queues and buckets; the
   * connector stays the caller's to close.
   */
  public FunctionRuntime connecting(LetterConnector connector) {
    letterConnectors.add(Objects.requireNonNull(connector, "connector"));
    return this;
  }

  /** Adds a function. */
  public FunctionRuntime run(FunctionSpec<?, ?> spec) {
    if (specs.stream().anyMatch(other -> other.name().equals(spec.name()))) {
      throw new IllegalArgumentException(
          "application " + application + ": two functions are named " + spec.name());
    }
    refuseSharedStream(spec);
    refuseFormerNames(spec);
    specs.add(spec);
    return this;
  }

  private void refuseFormerNames(FunctionSpec<?, ?> spec) {
    for (var other : specs) {
      refuseFormerName(spec, other);
      refuseFormerName(other, spec);
    }
  }

  private void refuseFormerName(FunctionSpec<?, ?> spec, FunctionSpec<?, ?> other) {
    for (var former : spec.formers()) {
      if (other.name().equals(former) || other.formers().contains(former)) {
        throw new IllegalArgumentException(
            "application "
                + application
                + ": function "
                + spec.name()
                + " migrates from "
                + former
                + ", and so does, or is, function "
                + other.name()
                + "; what "
                + former
                + " has can go to one of them only");
      }
    }
  }

  /** Envelopes are of one function: another that writes among them would be refused in letters. */
  private void refuseSharedStream(FunctionSpec<?, ?> spec) {
    for (var other : specs) {
      refuseSharedStream(spec, other);
      refuseSharedStream(other, spec);
    }
  }

  private void refuseSharedStream(FunctionSpec<?, ?> spec, FunctionSpec<?, ?> other) {
    spec.throughStream()
        .filter(stream -> other.streamsWritten().contains(stream.name()))
        .ifPresent(
            stream -> {
              throw new IllegalArgumentException(
                  "application "
                      + application
                      + ": function "
                      + spec.name()
                      + " is keyed across stream "
                      + stream.name()
                      + ", to which function "
                      + other.name()
                      + " writes; give it a stream of its own");
            });
  }

  /**
   * Makes the streams through which functions are keyed ({@link Keys#across}) where they are
   * missing; without it, the worker does not start then.
   */
  public FunctionRuntime creatingStreams() {
    this.createsStreams = true;
    return this;
  }

  /** Adds a listener. */
  public FunctionRuntime observedBy(RuntimeListener listener) {
    listeners.add(Objects.requireNonNull(listener, "listener"));
    return this;
  }

  /** Has each call of user code observed; the last one given is asked. */
  public FunctionRuntime callsObservedBy(CallObserver observer) {
    this.observer = Objects.requireNonNull(observer, "observer");
    return this;
  }

  /** What calls are named by in logs. */
  LogContext logs() {
    return logs != null ? logs : LogContext.ofProcess(application);
  }

  /**
   * Where records go that can't be handled and whose function names no sink of its own; a folder
   * {@code dead-letters} in the working directory unless given. So every letter has a place.
   */
  public FunctionRuntime deadLettersIn(DeadLetters sink) {
    this.deadLetters = Objects.requireNonNull(sink, "sink");
    return this;
  }

  /**
   * What dead letters must not show, of all functions that say nothing of it themselves ({@link
   * FunctionSpec.Options#redacting}); nothing is hidden unless given.
   */
  public FunctionRuntime redacting(Redaction redaction) {
    this.redaction = Objects.requireNonNull(redaction, "redaction");
    return this;
  }

  /**
   * How long a silent worker is thought alive; the same for the whole fleet.
   *
   * @param leaseTime at least a second; 10 s unless given
   */
  public FunctionRuntime leaseTime(Duration leaseTime) {
    this.leaseSettings = leaseSettings.withLeaseTime(leaseTime);
    return this;
  }

  /**
   * How much this worker takes in proportion to the others, as by its processors.
   *
   * @param capacity a power of two from 1 to 64; 1 unless given
   */
  public FunctionRuntime capacity(int capacity) {
    this.leaseSettings = leaseSettings.withCapacity(capacity);
    return this;
  }

  /**
   * Names what is deployed here, the same for all workers of one deployment and another for the
   * next: while one takes the place of the other, shards go only to workers of the one that came
   * last, so that most move once.
   *
   * @param id at most 64 letters, digits or {@code . _ : / + -}; empty unless given
   */
  public FunctionRuntime deployment(String id) {
    this.deployment = new Deployment(id, Map.of()).id();
    return this;
  }

  /**
   * How often progress and state are written; what a crash repeats at most. Where a backlog is
   * read, also after 10,000 records of a shard, but for their sake at most once a second.
   *
   * @param interval 5 s unless given
   */
  public FunctionRuntime committingEvery(Duration interval) {
    this.policy = CheckpointPolicy.every(interval);
    return this;
  }

  /**
   * How long outputs of functions with state wait for the commit that lets them go, unless the
   * function says it ({@link FunctionSpec.Options#committingWithin}).
   *
   * @param limit 0 to 1 hour, 1 s unless given; zero commits at once
   */
  public FunctionRuntime committingOutputsWithin(Duration limit) {
    if (limit.isNegative() || limit.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException(
          "application "
              + application
              + ", committingOutputsWithin "
              + limit
              + ": must be between 0 and 1 h");
    }
    this.outputsWithin = limit;
    return this;
  }

  /**
   * What all shards together may hold of records that are read and not finished.
   *
   * @param bytes at least 1 MiB; 256 MiB unless given
   */
  public FunctionRuntime memoryBytes(long bytes) {
    if (bytes < 1 << 20) {
      throw new IllegalArgumentException(
          "memoryBytes " + bytes + ": must be at least " + (1 << 20));
    }
    this.memoryBytes = bytes;
    return this;
  }

  /**
   * How many calls run at once of each function that blocks and has not said it ({@link
   * FunctionSpec.Options#invokingOn(InvocationThreads)}), and of all asynchronous ones together,
   * which are to hold no thread. Where blocking functions have virtual threads (from JDK 24 on),
   * this is for the asynchronous ones alone.
   *
   * @param threads 1 to 1,000; twice the processors, at least 4, unless given
   */
  public FunctionRuntime invocationThreads(int threads) {
    if (threads < 1 || threads > 1_000) {
      throw new IllegalArgumentException(
          "invocationThreads " + threads + ": must be between 1 and 1000");
    }
    this.poolThreads = threads;
    return this;
  }

  /**
   * What becomes of a shard in which a function has records and neither finishes one nor fails: it
   * is told, restarted under the next epoch, and when that has not helped {@code restarts} times,
   * given up to another worker. A call within its {@linkplain FunctionSpec.Reading#timingOutAfter
   * time-out}, one that fails and is retried, and a sink that is down are told and waited for; a
   * call without a time-out may take as long as {@code patience}.
   *
   * @param patience 1 s to 24 h; 5 min unless given
   * @param restarts 0 to 100; 2 unless given
   */
  public FunctionRuntime restartingWhenStuckFor(Duration patience, int restarts) {
    this.watch = new WorkerSettings.Watch(patience, restarts);
    return this;
  }

  /**
   * How many threads may be stuck in calls of functions: interrupted because of a time-out or a
   * shard that went elsewhere, and not back 10 s later. With one more the worker ends in order: it
   * is no longer alive in {@link Running#health}, and hands its shards over.
   *
   * @param threads 0 to 1,000; 16 unless given
   */
  public FunctionRuntime stoppingAtStuckThreads(int threads) {
    if (threads < 0 || threads > 1_000) {
      throw new IllegalArgumentException(
          "stoppingAtStuckThreads " + threads + ": must be between 0 and 1000");
    }
    this.stuckThreadsMax = threads;
    return this;
  }

  /** What an orderly stop may take; 20 s unless given. */
  public FunctionRuntime stoppingWithin(Duration limit) {
    if (limit.isNegative() || limit.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("stoppingWithin " + limit + ": must be between 0 and 1 h");
    }
    this.stopWithin = limit;
    return this;
  }

  /**
   * Gives outputs and dead letters to {@code tap} instead of where the specifications say: for
   * harnesses and dry runs.
   */
  public FunctionRuntime tappedBy(OutputTap tap) {
    this.tap = Objects.requireNonNull(tap, "tap");
    return this;
  }

  /**
   * Runs on loops and threads that are the caller's, so that a simulated loop decides the whole
   * course of events. {@link Running#close} then does not wait: the caller lets the loops turn.
   *
   * @param workerLoop for shards and functions
   * @param leaseLoop for heartbeats; may be the same loop in a simulation
   * @param pool where user code is called; never in the calling thread, but it may be the loop
   * @param random used on both loops, so they must share a thread unless it is thread-safe
   */
  public FunctionRuntime on(
      EventLoop workerLoop, EventLoop leaseLoop, Executor pool, RandomGenerator random) {
    this.threads = Machinery.borrowed(workerLoop, leaseLoop, pool, random);
    return this;
  }

  /**
   * Starts and returns at once; {@link Running#health} says when the worker takes part, or why it
   * can't.
   *
   * @throws IllegalStateException when something required is missing; names it
   */
  public Running start() {
    return RuntimeWorker.start(this);
  }
}
