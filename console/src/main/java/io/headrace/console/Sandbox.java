package io.headrace.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.function.DeadLetter;
import io.headrace.function.DiscardedBatch;
import io.headrace.function.FunctionOptions;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.OutputTap;
import io.headrace.function.RuntimeListener;
import io.headrace.function.Side;
import io.headrace.function.json.Json;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.Start;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs functions over a stretch of their stream in a sandbox: leases, progress and state are in
 * memory and begin empty, outputs and dead letters are gathered here and go nowhere. What a
 * function does by itself, such as calls of other services, it does. Its records are told on any
 * thread.
 */
final class Sandbox implements OutputTap, AutoCloseable {
  /** So many outputs are held; more are a mistake in the stretch. */
  static final int OUTPUTS_MAX = 1_000_000;

  private static final int RETRIES = 2;
  private static final long LOOK_MILLIS = 100;

  private final StreamConnector connector;
  private final Instant to;
  private final Map<String, Map<String, String>> outputs = new HashMap<>();
  private final Map<String, Set<ShardId>> ended = new HashMap<>();
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private Optional<Set<ShardId>> shards = Optional.empty();
  private int held;

  /**
   * @param connector closed with it
   * @param to up to this moment of arrival, and not with it; in the past
   */
  Sandbox(StreamConnector connector, Instant to) {
    this.connector = connector;
    this.to = to;
  }

  /** From where, and with so few retries that a record which always fails holds nothing up. */
  static <I, O> FunctionSpec<I, O> sandboxed(FunctionSpec<I, O> spec, Instant from) {
    if (spec.throughStream().isPresent()) {
      throw new IllegalArgumentException(
          "function "
              + spec.name()
              + ": it is keyed through stream "
              + spec.throughStream().get()
              + ", to which a replay would write; replay such functions with FunctionHarness");
    }
    var retrying =
        new FunctionOptions.Retrying(
            Optional.of(RETRIES),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            FunctionOptions.Outages.NONE);
    return spec.withoutFormerNames()
        .with(
            new FunctionOptions(
                Optional.of(Start.at(from)),
                Optional.empty(),
                FunctionOptions.Batching.NONE,
                retrying,
                Optional.empty(),
                Optional.empty(),
                FunctionOptions.Threads.NONE,
                Optional.empty()));
  }

  /**
   * Runs them; blocks until all have read the stretch.
   *
   * @throws Complaint when that takes longer than {@code within}, or the worker can't go on
   */
  void run(List<FunctionSpec<?, ?>> functions, Duration within) throws InterruptedException {
    functions.forEach(
        function -> {
          outputs.put(function.name(), new TreeMap<>());
          ended.put(function.name(), new HashSet<>());
        });
    var runtime =
        FunctionRuntime.named("replay")
            .workerId("replay")
            .leasesIn(new InMemoryLeaseTable())
            .checkpointsIn(new InMemoryCheckpointStore())
            .stateIn(new InMemoryChunkStore())
            .connecting(new Stretching())
            .tappedBy(this)
            .observedBy(new Ends())
            .stoppingWithin(Duration.ofSeconds(1));
    functions.forEach(runtime::run);
    var running = runtime.start();
    try {
      await(running, within);
    } finally {
      running.close();
    }
  }

  private void await(FunctionRuntime.Running running, Duration within) throws InterruptedException {
    for (long left = within.toMillis(); ; left -= LOOK_MILLIS) {
      try {
        done.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException notYet) {
        if (!running.health().alive()) {
          throw new Complaint("replay: " + String.join("; ", running.health().reasons()), notYet);
        }
        if (left <= LOOK_MILLIS) {
          throw new Complaint("replay: " + standing(within), notYet);
        }
      } catch (ExecutionException failed) {
        throw new Complaint("replay: " + Stages.causeOf(failed).getMessage(), failed);
      }
    }
  }

  private synchronized String standing(Duration within) {
    return "not done within "
        + within.toSeconds()
        + " s: of "
        + shards.map(Set::size).orElse(0)
        + " shards were ended "
        + ended.entrySet().stream()
            .map(each -> each.getValue().size() + " by " + each.getKey())
            .sorted()
            .toList()
        + "; choose a shorter stretch, or wait longer (--within)";
  }

  /** What a function sent, by id: as JSON, with the side's name before it. */
  synchronized Map<String, String> outputs(String function) {
    return new TreeMap<>(outputs.getOrDefault(function, Map.of()));
  }

  @Override
  public void output(String function, @Nullable Side<?> side, String id, Object value) {
    keep(function, side == null ? id : id + " to side " + side.name(), text(value));
  }

  static String text(Object value) {
    if (value instanceof byte[] bytes) {
      // Not as if it were text: others would look the same.
      var text = StateLines.textOf(bytes);
      return text != null ? text : "base64:" + Base64.getEncoder().encodeToString(bytes);
    }
    try {
      return new String(Json.of(Object.class).encode(value), UTF_8);
    } catch (Exception none) {
      return String.valueOf(value);
    }
  }

  @Override
  public void deadLetter(DeadLetter letter) {
    keep(letter.function(), letter.id() + " dead letter", letter.code());
  }

  @Override
  public void discarded(DiscardedBatch batch) {
    keep(batch.function(), batch.id() + " dead letter", "DiscardedBatch");
  }

  private synchronized void keep(String function, String id, String text) {
    var of = outputs.get(function);
    if (of != null && of.put(id, text) == null && ++held > OUTPUTS_MAX) {
      done.completeExceptionally(
          new IllegalStateException(
              "more than " + OUTPUTS_MAX + " outputs: choose a shorter stretch"));
    }
  }

  private synchronized void found(List<Shard> all) {
    if (shards.isEmpty()) {
      var ids = new HashSet<ShardId>();
      all.forEach(shard -> ids.add(shard.id()));
      shards = Optional.of(ids);
    }
    look();
  }

  private synchronized void ended(String function, ShardId shard) {
    var of = ended.get(function);
    if (of != null) {
      of.add(shard);
    }
    look();
  }

  private void look() {
    var all = shards.orElse(null);
    if (all != null && ended.values().stream().allMatch(of -> of.containsAll(all))) {
      done.complete(null);
    }
  }

  @Override
  public void close() {
    connector.close();
  }

  /** Hears when functions have ended shards; on the worker loop. */
  private final class Ends implements RuntimeListener {
    @Override
    public void on(Object event) {
      if (event instanceof WorkerEvent.ShardEnded end) {
        Sandbox.this.ended(end.function(), end.shard().shard());
      }
    }
  }

  /** The connector, of which every stream ends at the moment, and nothing is written. */
  private final class Stretching implements StreamConnector {
    @Override
    public String service() {
      return connector.service();
    }

    @Override
    public ShardedStream open(StreamSource source, EventLoop loop, RandomGenerator random) {
      return new StretchOfStream(connector.open(source, loop, random), to, Sandbox.this::found);
    }

    @Override
    public StreamSink sink(String stream, EventLoop loop, RandomGenerator random) {
      throw new StreamException(
          StreamException.Kind.INVALID, "stream " + stream + ": a replay writes to none");
    }

    @Override
    public void close() {
      // With the sandbox, as a runtime does not close what it was given.
    }
  }
}
