package io.headrace.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
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

  private final LoadClient client;
  private final String stream;
  private final long serverPid;

  /** The times of the windows played, by the number that their records carry. */
  private final List<Queue<Double>> windows = new CopyOnWriteArrayList<>();

  private final AtomicLong arrived = new AtomicLong();
  private final AtomicLong unanswered = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private LatencyLoad(LoadClient client, String stream, long serverPid) {
    this.client = client;
    this.stream = stream;
    this.serverPid = serverPid;
  }

  /**
   * Warms up, at the rate or at 100 a second, until a record costs no less than before, and
   * measures at the rate. The compilers of two young JVMs take most of two cores for half a minute;
   * what a record takes then says how busy they are. That is told too, as the first window.
   *
   * @param putter puts over HTTP/1.1
   * @param reader subscribes over HTTP/2
   * @param window how long each part of the warm-up lasts
   */
  static Figures run(
      LoadClient putter,
      LoadClient reader,
      long serverPid,
      String stream,
      int rate,
      Duration window,
      Duration measured) {
    LatencyLoad load = new LatencyLoad(putter, stream, serverPid);
    String arn = Subscriptions.register(putter, stream, "rate-" + rate);
    Subscriptions subscriptions =
        Subscriptions.open(
            reader, arn, putter.shards(stream), ShardIteratorType.LATEST, load::arrived);
    load.warmUp(Math.max(rate, RATE_OF_WARM_UP), window, subscriptions);
    int warmUps = load.windows.size();
    long count = load.play(rate, measured);
    load.awaitAll(rate, count, subscriptions);
    String prefix = "latency." + rate;
    Samples samples = Samples.of(load.windows.get(warmUps));
    return new Figures()
        .put(prefix + ".p50_ms", samples.percentile(50))
        .put(prefix + ".p99_ms", samples.percentile(99))
        .put(prefix + ".max_ms", samples.max())
        .put(prefix + ".first_window_p99_ms", Samples.of(load.windows.get(0)).percentile(99))
        .put(prefix + ".warm_up_s", warmUps * window.toMillis() / 1000.0);
  }

  private void warmUp(int rate, Duration window, Subscriptions subscriptions) {
    Settling cost = new Settling();
    while (!cost.isSettled()) {
      CpuMeter cpu = CpuMeter.started(serverPid);
      long count = play(rate, window);
      cost.add(cpu.micros() / count);
    }
    awaitSilence(subscriptions);
  }

  /** Puts on the timetable, as one more window; answers how many records. */
  private long play(int rate, Duration time) {
    int window = windows.size();
    windows.add(new ConcurrentLinkedQueue<>());
    long interval = 1_000_000_000L / rate;
    long count = Math.max(1, time.toNanos() / interval);
    long start = System.nanoTime() + interval;
    for (long i = 0; i < count; i++) {
      long due = start + i * interval;
      Pause.until(due);
      put(i, due, window);
    }
    return count;
  }

  private void awaitAll(int rate, long count, Subscriptions subscriptions) {
    Queue<Double> millis = windows.get(windows.size() - 1);
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

  private void put(long number, long due, int window) {
    requireAnswers();
    ByteBuffer data = ByteBuffer.allocate(Batches.DATA_BYTES).putInt(window).putLong(due);
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
    windows.get(data.getInt()).add((now - data.getLong()) / 1e6);
    arrived.incrementAndGet();
  }
}
