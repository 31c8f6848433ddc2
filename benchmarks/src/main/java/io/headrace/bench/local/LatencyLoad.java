package io.headrace.bench.local;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Latencies;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.Subscriptions;
import io.headrace.bench.rig.Timetable;
import java.time.Duration;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * How long a record takes from the moment it should be put to the moment fan-out has brought it, on
 * a {@link Timetable}.
 */
final class LatencyLoad {
  private static final Duration ARRIVAL_MAX = Duration.ofSeconds(5);
  private static final int SILENCE_MILLIS = 1_200;
  private static final int RATE_OF_WARM_UP = 100;

  private final Timetable timetable;
  private final Latencies latencies = new Latencies();
  private final Subscriptions subscriptions;

  private LatencyLoad(LoadClient putter, LoadClient reader, String stream) {
    this.timetable = new Timetable(putter, stream);
    this.subscriptions =
        Subscriptions.open(
            reader,
            Subscriptions.register(putter, stream, "reader"),
            putter.shards(stream),
            ShardIteratorType.LATEST,
            record -> latencies.accept(record.data().asByteBuffer()));
  }

  /**
   * Warms up, at the rate or at 100 a second, and measures at the rate, with a stream of its own.
   * While young, the two JVMs compile: that takes most of two cores, and the times then say how
   * busy the compilers are.
   *
   * @param putter puts over HTTP/1.1
   * @param reader subscribes over HTTP/2; nothing else may be subscribed through it
   */
  static Figures run(
      LoadClient putter, LoadClient reader, int rate, Duration warmUp, Duration measured) {
    String stream = "latency-" + rate;
    putter.create(stream);
    LatencyLoad load = new LatencyLoad(putter, reader, stream);
    load.timetable.play(Math.max(rate, RATE_OF_WARM_UP), warmUp);
    load.awaitSilence();
    Timetable.Window window = load.timetable.play(rate, measured);
    load.awaitAll(rate, window);
    String prefix = "latency." + rate;
    return load.latencies
        .figures(window.number(), prefix)
        .put(prefix + ".producer_late_p99_ms", window.lateMillis().percentile(99));
  }

  private void awaitAll(int rate, Timetable.Window window) {
    long end = System.nanoTime() + ARRIVAL_MAX.toNanos();
    while (latencies.count(window.number()) < window.count()) {
      subscriptions.requireWhole();
      timetable.requireAnswers();
      if (System.nanoTime() > end) {
        throw new NotMeasured(
            "%d of %d records, put at %d a second, had not come %d s after the last"
                .formatted(
                    window.count() - latencies.count(window.number()),
                    window.count(),
                    rate,
                    ARRIVAL_MAX.toSeconds()));
      }
      Pause.millis(5);
    }
  }

  // A server may take its time until it knows where LATEST is, and never bring what came before.
  private void awaitSilence() {
    long end = System.nanoTime() + ARRIVAL_MAX.toNanos();
    long seen = -1;
    while (latencies.arrived() != seen && System.nanoTime() < end) {
      seen = latencies.arrived();
      Pause.millis(SILENCE_MILLIS);
      subscriptions.requireWhole();
      timetable.requireAnswers();
    }
  }
}
