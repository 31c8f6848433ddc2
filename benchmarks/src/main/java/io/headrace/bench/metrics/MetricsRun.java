package io.headrace.bench.metrics;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Results;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.metrics.HeadraceMetrics;
import io.headrace.function.metrics.ObservedCalls;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Workers that read the same records from memory, one after the other, watched or not. */
final class MetricsRun {
  static final String RATE = "records a second";
  static final String CPU = "processor us a record";

  /** Observed calls take several times as long. */
  private static final int OBSERVED_FEWER = 5;

  /** The first of so many parts is not counted: code that one run needs and the last did not. */
  private static final int WARM_PART = 3;

  private static final int SHARDS = 4;
  private static final int KEYS = 1_000;
  private static final int DATA_BYTES = 100;
  private static final long RUN_MAX_SECONDS = 120;
  private static final double NANOS = 1e9;

  private final int rounds;
  private final int records;
  private final Consumer<String> progress;
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final Results results = new Results();
  private int runs;

  MetricsRun(int rounds, int records, Consumer<String> progress) {
    this.rounds = rounds;
    this.records = records;
    this.progress = progress;
  }

  Results run() {
    try (var loop = ThreadedLoop.start("bench-streams", MetricsRun::fault)) {
      var stream = streams.create("in", SHARDS, loop);
      byte[] data = new byte[DATA_BYTES];
      for (int i = 0; i < records; i++) {
        var unused = stream.put("key-" + i % KEYS, data);
      }
      for (var watching : Watching.values()) {
        progress.accept("warms up: " + watching.label());
        measure(watching);
      }
      for (int round = 1; round <= rounds; round++) {
        // Each is first in turn, so that what the process gains or loses by running falls on all.
        var order = new ArrayList<>(List.of(Watching.values()));
        Collections.rotate(order, round);
        for (var watching : order) {
          int number = round;
          results.attempt(
              watching.label() + ", round " + round,
              progress,
              () -> results.add(number, watching.label(), null, measure(watching)));
        }
      }
    }
    return results;
  }

  private Figures measure(Watching watching) {
    int handled = watching == Watching.METRICS_AND_CALLS ? records / OBSERVED_FEWER : records;
    int counted = handled - handled / WARM_PART;
    var first = new AtomicLong();
    var cpu = new AtomicLong();
    var left = new AtomicInteger(handled);
    var last = new CompletableFuture<Long>();
    var spec =
        FunctionSpec.named("counts")
            .reading(Input.of(StreamSource.kinesis("in"), Codec.bytes()))
            .inFlight(4_096)
            .handledBy(
                () ->
                    (event, out) -> {
                      int now = left.decrementAndGet();
                      if (now == counted) {
                        first.set(System.nanoTime());
                        cpu.set(cpuNanos());
                      } else if (now == 0) {
                        cpu.set(cpuNanos() - cpu.get());
                        last.complete(System.nanoTime());
                      }
                    },
                Destination.<byte[]>nowhere());
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var runtime =
        FunctionRuntime.named("bench-" + ++runs)
            .leasesIn(new InMemoryLeaseTable())
            .checkpointsIn(new InMemoryCheckpointStore())
            .connecting(streams)
            .stoppingWithin(Duration.ofSeconds(2))
            .run(spec);
    if (watching != Watching.NOBODY) {
      runtime.observedBy(HeadraceMetrics.in(registry));
    }
    if (watching == Watching.METRICS_AND_CALLS) {
      var observations = ObservationRegistry.create();
      observations
          .observationConfig()
          .observationHandler(new DefaultMeterObservationHandler(registry));
      runtime.callsObservedBy(ObservedCalls.in(observations));
    }
    System.gc();
    try (var running = runtime.start()) {
      long end = last.get(RUN_MAX_SECONDS, TimeUnit.SECONDS);
      if (running.health().alive()) {
        return new Figures()
            .put(RATE, counted / ((end - first.get()) / NANOS))
            .put(CPU, cpu.get() / 1_000.0 / counted);
      }
      throw new NotMeasured("the worker died: " + running.health().reasons());
    } catch (TimeoutException late) {
      throw new NotMeasured(left.get() + " records were left after " + RUN_MAX_SECONDS + " s");
    } catch (InterruptedException | ExecutionException stopped) {
      throw new NotMeasured("stopped: " + stopped);
    } finally {
      registry.close();
    }
  }

  private static long cpuNanos() {
    return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
  }

  private static void fault(Throwable thrown) {
    throw new IllegalStateException("the loop of the streams failed", thrown);
  }
}
