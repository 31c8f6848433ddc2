package io.headrace.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * How long a record takes from the moment it should be put to the moment fan-out has brought it.
 * Records are put one by one on a timetable that waits for no answer, and the time counts from the
 * timetable: a server that stalls is charged for everything that should have happened meanwhile.
 */
final class LatencyLoad {
  private static final Duration ARRIVAL_MAX = Duration.ofSeconds(5);
  private static final int SILENCE_MILLIS = 1_200;
  private static final int UNANSWERED_MAX = 5_000;
  private static final int RATE_OF_WARM_UP = 100;
  private static final int KEYS = 1_000;
  private static final byte WARM = 0;
  private static final byte MEASURED = 1;

  private final LoadClient client;
  private final String stream;
  private final Queue<Double> millis = new ConcurrentLinkedQueue<>();
  private final Queue<Double> lateMillis = new ConcurrentLinkedQueue<>();
  private final AtomicLong arrived = new AtomicLong();
  private final AtomicLong unanswered = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private LatencyLoad(LoadClient client, String stream) {
    this.client = client;
    this.stream = stream;
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
    LatencyLoad load = new LatencyLoad(putter, stream);
    String arn = Subscriptions.register(putter, stream, "reader");
    Subscriptions subscriptions =
        Subscriptions.open(
            reader, arn, putter.shards(stream), ShardIteratorType.LATEST, load::arrived);
    load.play(Math.max(rate, RATE_OF_WARM_UP), warmUp, WARM, subscriptions);
    load.play(rate, measured, MEASURED, subscriptions);
    Samples samples = Samples.of(load.millis);
    String prefix = "latency." + rate;
    return new Figures()
        .put(prefix + ".producer_late_p99_ms", Samples.of(load.lateMillis).percentile(99))
        .put(prefix + ".p50_ms", samples.percentile(50))
        .put(prefix + ".p99_ms", samples.percentile(99))
        .put(prefix + ".max_ms", samples.max());
  }

  private void play(int rate, Duration time, byte kind, Subscriptions subscriptions) {
    long interval = 1_000_000_000L / rate;
    long count = Math.max(1, time.toNanos() / interval);
    long start = System.nanoTime() + interval;
    for (long i = 0; i < count; i++) {
      long due = start + i * interval;
      Pause.until(due);
      put(i, due, kind);
    }
    if (kind == MEASURED) {
      awaitAll(rate, count, subscriptions);
    } else {
      awaitSilence(subscriptions);
    }
  }

  private void awaitAll(int rate, long count, Subscriptions subscriptions) {
    long end = System.nanoTime() + ARRIVAL_MAX.toNanos();
    while (millis.size() < count) {
      subscriptions.requireWhole();
      requireAnswers();
      if (System.nanoTime() > end) {
        throw new NotMeasured(
            "%d of %d records, put at %d a second, had not come %d s after the last"
                .formatted(count - millis.size(), count, rate, ARRIVAL_MAX.toSeconds()));
      }
      Pause.millis(5);
    }
  }

  // A server may take its time until it knows where LATEST is, and never bring what came before.
  private void awaitSilence(Subscriptions subscriptions) {
    long end = System.nanoTime() + ARRIVAL_MAX.toNanos();
    long seen = -1;
    while (arrived.get() != seen && System.nanoTime() < end) {
      seen = arrived.get();
      Pause.millis(SILENCE_MILLIS);
      subscriptions.requireWhole();
      requireAnswers();
    }
  }

  private void put(long number, long due, byte kind) {
    requireAnswers();
    if (kind == MEASURED) {
      lateMillis.add((System.nanoTime() - due) / 1e6);
    }
    ByteBuffer data = ByteBuffer.allocate(Batches.DATA_BYTES).put(0, kind).putLong(1, due);
    unanswered.incrementAndGet();
    var unused =
        client
            .sdk()
            .putRecord(
                request ->
                    request
                        .streamName(stream)
                        .partitionKey("key-" + number % KEYS)
                        .data(SdkBytes.fromByteArrayUnsafe(data.array())))
            .whenComplete(
                (answer, failed) -> {
                  unanswered.decrementAndGet();
                  if (failed != null) {
                    failure.compareAndSet(null, failed);
                  }
                });
  }

  private void requireAnswers() {
    Throwable failed = failure.get();
    if (failed != null) {
      throw new NotMeasured("a put failed: " + NotMeasured.because(failed), failed);
    }
    if (unanswered.get() > UNANSWERED_MAX) {
      throw new NotMeasured("it does not keep up: " + unanswered.get() + " puts have no answer");
    }
  }

  private void arrived(Record record) {
    long now = System.nanoTime();
    ByteBuffer data = record.data().asByteBuffer();
    if (data.get(0) == MEASURED) {
      millis.add((now - data.getLong(1)) / 1e6);
    }
    arrived.incrementAndGet();
  }
}
