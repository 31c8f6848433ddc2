package io.headrace.function.metrics;

import io.headrace.function.FunctionEvent;
import io.headrace.function.ObservedWorker;
import io.headrace.function.RuntimeListener;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Measures one worker in a registry of Micrometer: what happens is counted as it happens, what
 * lasts is looked at every second. The meters are listed in docs/metrics.md. Tags are few and
 * bounded: application, function, stream; never a key or a payload.
 *
 * <pre>{@code
 * var metrics = HeadraceMetrics.in(registry);
 * FunctionRuntime.named("shop") … .observedBy(metrics).start();
 * }</pre>
 *
 * <p>Made for one start of one worker, whose loop it is called on; counting a record neither locks
 * nor allocates. Meters stay when the worker has ended, until {@link #close}.
 */
public final class HeadraceMetrics implements RuntimeListener, AutoCloseable {
  /** So many shards have a meter of their own where that is wanted. */
  static final int SHARDS_MAX = 500;

  /** So many dependencies of a function are told apart. */
  static final int DEPENDENCIES_MAX = 20;

  static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration RETENTION_LOOK = Duration.ofMinutes(10);
  private static final double NANOS = 1e9;
  private static final String TOO_MANY_FAILURES = "too-many-failures";

  private final Registered registered;
  private Tags tags = Tags.empty();
  private boolean shardsWanted;

  /** By the name under which the worker tells of them. */
  private final Map<String, InputMeters> inputs = new LinkedHashMap<>();

  private final Map<String, StreamMeters> streams = new HashMap<>();
  private final Map<String, Count> retries = new HashMap<>();
  private final Map<ShardKey, Map<String, Meter>> shardMeters = new HashMap<>();
  private final Map<String, Double> shardAges = new ConcurrentHashMap<>();
  private final Map<String, Map<String, Boolean>> dependencies = new HashMap<>();
  private final Map<String, SinksDown> sinksDown = new HashMap<>();
  private final Map<String, Count> versionsRefused = new HashMap<>();
  private final WantedWorkers wanting = new WantedWorkers();
  private volatile int wanted;
  private volatile long memoryUsed;
  private volatile long memoryMax;
  private volatile boolean over;
  private @Nullable ObservedWorker worker;
  private long looks;
  private long wantedAt;
  private long finishedBefore;

  /** Of a stream, for all functions that read it together. */
  private record StreamMeters(Count records, Count bytes, Count gaps) {}

  private HeadraceMetrics(MeterRegistry registry) {
    this.registered = new Registered(registry);
  }

  /** Measures in this registry, which stays the caller's. */
  public static HeadraceMetrics in(MeterRegistry registry) {
    return new HeadraceMetrics(registry);
  }

  /** Adds a tag to all meters, as where several workers share a registry. Before the start. */
  public HeadraceMetrics tagged(String key, String value) {
    tags = tags.and(key, value);
    return this;
  }

  /** Adds a meter for each shard that the worker has, up to 500. Before the start. */
  public HeadraceMetrics withShards() {
    shardsWanted = true;
    return this;
  }

  /**
   * What became of the records of a function so far, of all its streams.
   *
   * @throws IllegalArgumentException when the worker does not run it
   */
  public Account account(String function) {
    return inputs.values().stream()
        .filter(meters -> meters.input().function().equals(function))
        .map(InputMeters::account)
        .reduce(Accounts::sum)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "function " + function + ": is not measured; there are " + inputs.keySet()));
  }

  @Override
  public void started(ObservedWorker of) {
    if (worker != null) {
      throw new IllegalStateException(
          "these metrics are of another start of " + of.application() + ": make new ones");
    }
    worker = of;
    tags = tags.and("application", of.application());
    try {
      register(of);
    } catch (RuntimeException refused) {
      close(); // What is there by now would show a worker that never began.
      throw refused;
    }
    wantedAt = of.loop().ticks();
    of.loop().execute(() -> look(of));
    of.loop().execute(() -> askRetention(of));
  }

  private void register(ObservedWorker of) {
    for (var input : of.inputs()) {
      inputs.put(input.handler(), new InputMeters(input, tags, registered));
      streams.computeIfAbsent(input.stream(), this::stream);
      sinks(input.function());
    }
    registered.gauge(Named.MEMORY_USED, tags, () -> memoryUsed);
    registered.gauge(Named.MEMORY_MAX, tags, () -> memoryMax);
    registered.gauge(Named.CALLS, tags, of::callsUnderWay);
    registered.gauge(Named.ALIVE, tags, () -> !over && of.health().alive() ? 1 : 0);
    registered.gauge(Named.READY, tags, () -> !over && of.health().ready() ? 1 : 0);
    registered.gauge(Named.WORKERS, tags, () -> of.fleet().workers());
    registered.gauge(Named.WORKERS_WANTED, tags, () -> wanted);
    for (var what : new String[] {"fetch", "seal", "restore", "commit", "last commit", "end"}) {
      retries(what);
    }
  }

  private StreamMeters stream(String name) {
    var its = tags.and("stream", name);
    return new StreamMeters(
        registered.counter(Named.RECORDS_READ, its),
        registered.counter(Named.BYTES_READ, its),
        registered.counter(Named.GAPS, its));
  }

  private void sinks(String function) {
    if (!sinksDown.containsKey(function)) {
      var down = new SinksDown();
      sinksDown.put(function, down);
      registered.gauge(Named.SINKS_DOWN, tags.and("function", function), down::count);
      var unused = versionsRefusedOf(function);
    }
  }

  private Count versionsRefusedOf(String function) {
    return versionsRefused.computeIfAbsent(
        function, name -> registered.counter(Named.VERSIONS_REFUSED, tags.and("function", name)));
  }

  private Count retries(String what) {
    return retries.computeIfAbsent(
        what, word -> registered.counter(Named.RETRIES, tags.and("what", word)));
  }

  @Override
  public void on(Object event) {
    if (event instanceof WorkerEvent.Settled settled) {
      var meters = inputs.get(settled.function());
      if (meters != null) {
        meters.settled(settled.outcome());
      }
    } else if (event instanceof WorkerEvent of) {
      on(of);
    } else if (event instanceof FunctionEvent of) {
      on(of);
    }
  }

  private void on(WorkerEvent event) {
    if (event instanceof WorkerEvent.Taken taken) {
      of(taken.function()).taken.add(taken.records());
    } else if (event instanceof WorkerEvent.GivenBack back) {
      of(back.function()).givenBack.add(back.records());
    } else if (event instanceof WorkerEvent.FoundDone done) {
      of(done.function()).foundDone.add(done.records());
    } else if (event instanceof WorkerEvent.Committed committed) {
      of(committed.function()).commits.increment();
    } else if (event instanceof WorkerEvent.Fetched fetched) {
      var meters = streams.get(fetched.shard().stream().name());
      if (meters != null) {
        meters.records().add(fetched.records());
        meters.bytes().add(fetched.bytes());
      }
    } else if (event instanceof WorkerEvent.GapFound gap) {
      var meters = streams.get(gap.shard().stream().name());
      if (meters != null) {
        meters.gaps().increment();
      }
    } else if (event instanceof WorkerEvent.Stalled stalled) {
      of(stalled.function()).stalls.increment();
    } else if (event instanceof WorkerEvent.Retrying retrying) {
      retries(retrying.what()).increment();
    } else if (event instanceof WorkerEvent.ShardStarted started) {
      measure(started.shard());
    } else if (event instanceof WorkerEvent.ShardStopped stopped) {
      measureNoMore(stopped.shard());
      sinksDown.values().forEach(down -> down.left(stopped.shard()));
    } else if (event instanceof WorkerEvent.FunctionResumed resumed) {
      sinksOf(of(resumed.function()).input().function()).left(resumed.shard());
    }
  }

  private void on(FunctionEvent event) {
    if (event instanceof FunctionEvent.RecordFailed failed) {
      of(failed).attemptsFailed.increment();
    } else if (event instanceof FunctionEvent.DeadLettered letter) {
      of(letter).lettered(letter.code());
    } else if (event instanceof FunctionEvent.Redriven played) {
      of(played).played(played.outcome());
    } else if (event instanceof FunctionEvent.TraceMalformed malformed) {
      of(malformed).tracesMalformed.increment();
    } else if (event instanceof FunctionEvent.Outage outage) {
      dependency(outage.function(), outage.dependency().orElse(TOO_MANY_FAILURES), true);
    } else if (event instanceof FunctionEvent.OutageOver end) {
      dependency(end.function(), end.dependency().orElse(TOO_MANY_FAILURES), false);
    } else if (event instanceof FunctionEvent.VersionRefused refused) {
      versionsRefusedOf(refused.function()).increment();
    } else if (event instanceof FunctionEvent.SinkUnavailable down) {
      sinksOf(down.function()).down(down.shard(), down.sink());
    } else if (event instanceof FunctionEvent.SinkRecovered up) {
      sinksOf(up.function()).up(up.shard(), up.sink());
    }
  }

  private SinksDown sinksOf(String function) {
    var sinks = sinksDown.get(function);
    if (sinks == null) {
      throw new IllegalStateException("function " + function + ": was not there at the start");
    }
    return sinks;
  }

  private InputMeters of(String handler) {
    var meters = inputs.get(handler);
    if (meters == null) {
      throw new IllegalStateException("function " + handler + ": was not there at the start");
    }
    return meters;
  }

  private InputMeters of(FunctionEvent event) {
    var only = inputs.get(event.function());
    return only != null ? only : of(event.function() + "@" + event.shard().stream().name());
  }

  private void dependency(String function, String name, boolean down) {
    var known = dependencies.computeIfAbsent(function, any -> new ConcurrentHashMap<>());
    var word = wordFor(known, name);
    if (known.put(word, down) == null) {
      registered.gauge(
          Named.UNAVAILABLE,
          tags.and("function", function, "dependency", word),
          () -> known.getOrDefault(word, false) ? 1 : 0);
    }
  }

  private static String wordFor(Map<String, Boolean> known, String dependency) {
    boolean room = known.containsKey(dependency) || known.size() < DEPENDENCIES_MAX;
    return room ? dependency : InputMeters.OTHER;
  }

  /** A function whose last shard has left waits for nothing here, and no event says so. */
  private void lookAtOutages(ObservedWorker of) {
    if (dependencies.isEmpty()) {
      return;
    }
    var outages = of.outages();
    dependencies.forEach(
        (function, known) -> {
          var down =
              outages.stream()
                  .filter(outage -> outage.function().equals(function))
                  .map(outage -> wordFor(known, outage.dependency().orElse(TOO_MANY_FAILURES)))
                  .toList();
          known.replaceAll((word, was) -> down.contains(word));
        });
  }

  private void measure(ShardKey shard) {
    if (!shardsWanted || shardMeters.size() >= SHARDS_MAX) {
      return;
    }
    measureNoMore(shard);
    var meters = new HashMap<String, Meter>();
    inputs.forEach(
        (handler, its) -> {
          if (its.input().stream().equals(shard.stream().name())) {
            var name = nameOf(shard, handler);
            shardAges.put(name, 0.0);
            meters.put(
                name,
                registered.gauge(
                    Named.SHARD_AGE,
                    its.tags().and("shard", shard.shard().toString()),
                    () -> shardAges.getOrDefault(name, Double.NaN)));
          }
        });
    shardMeters.put(shard, meters);
  }

  private void measureNoMore(ShardKey shard) {
    var meters = shardMeters.remove(shard);
    if (meters != null) {
      meters.forEach(
          (name, meter) -> {
            registered.remove(meter);
            shardAges.remove(name);
          });
    }
  }

  private static String nameOf(ShardKey shard, String handler) {
    return shard + "/" + handler;
  }

  private void look(ObservedWorker of) {
    if (over) {
      return;
    }
    var unused =
        of.status()
            .thenAccept(
                status -> {
                  if (over) {
                    return;
                  }
                  memoryUsed = status.bytesInFlight();
                  memoryMax = status.bytesInFlightMax();
                  var seen = new Looks(of.loop().now(), this::age);
                  status.shards().forEach(seen::add);
                  inputs.forEach((handler, meters) -> meters.look(seen.of(handler, meters)));
                  lookAtOutages(of);
                  if (looks % WantedWorkers.EVERY.toSeconds() == 0) {
                    want(of);
                  }
                  looks++;
                });
    of.loop().schedule(LOOK, () -> look(of));
  }

  /** A shard has an age where it has a meter. */
  private void age(String name, double seconds) {
    if (!shardMeters.isEmpty()) {
      shardAges.replace(name, seconds);
    }
  }

  private void want(ObservedWorker of) {
    long finished = inputs.values().stream().mapToLong(InputMeters::finished).sum();
    long now = of.loop().ticks();
    // Looks come late where the loop has much to do, which is when the rate is asked for.
    double perSecond = (finished - finishedBefore) / Math.max(1, (now - wantedAt) / NANOS);
    finishedBefore = finished;
    wantedAt = now;
    double behind =
        inputs.values().stream().mapToDouble(meters -> meters.look().behind()).max().orElse(0);
    wanted =
        wanting.step(
            new WantedWorkers.Reading(
                now,
                perSecond,
                Duration.ofMillis((long) (behind * 1000)),
                of.fleet(),
                !of.outages().isEmpty()));
  }

  private void askRetention(ObservedWorker of) {
    if (over) {
      return;
    }
    for (var stream : streams.keySet()) {
      var unused =
          of.retention(stream)
              .thenAccept(
                  told ->
                      told.ifPresent(
                          retention ->
                              inputs.values().stream()
                                  .filter(meters -> meters.input().stream().equals(stream))
                                  .forEach(meters -> meters.retention(retention))));
    }
    of.loop().schedule(RETENTION_LOOK, () -> askRetention(of));
  }

  @Override
  public void ended() {
    over = true;
    // What lasted is over: an age that stood still would look like one that is looked at.
    inputs.values().forEach(InputMeters::gone);
    sinksDown.values().forEach(SinksDown::clear);
    dependencies.values().forEach(known -> known.replaceAll((word, down) -> false));
    shardAges.clear();
    memoryUsed = 0;
    wanted = 0;
  }

  /** Takes the meters out of the registry. */
  @Override
  public void close() {
    over = true;
    registered.removeAll();
  }
}
