package io.headrace.bench.rig;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;

/**
 * Puts records one by one on a timetable that waits for no answer. Each carries its window and the
 * moment at which it was due: whoever stalls is charged for everything that should have happened
 * meanwhile. Confined to one thread.
 */
public final class Timetable {
  /**
   * A time in which records were put at one rate.
   *
   * @param number which its records carry
   * @param count of its records
   * @param lateMillis how late each was put, by the producer's own fault
   */
  public record Window(int number, long count, Samples lateMillis) {}

  private static final int UNANSWERED_MAX = 5_000;
  private static final int KEYS = 1_000;

  private final LoadClient client;
  private final String stream;
  private final LongFunction<String> keys;
  private int windows;
  private final AtomicLong unanswered = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /** Puts records of a thousand keys, one after the other. */
  public Timetable(LoadClient client, String stream) {
    this(client, stream, number -> "key-" + number % KEYS);
  }

  /**
   * Puts records of keys of the caller's choice.
   *
   * @param keys the partition key of the n-th record of a window, from 0
   */
  public Timetable(LoadClient client, String stream, LongFunction<String> keys) {
    this.client = client;
    this.stream = stream;
    this.keys = keys;
  }

  /**
   * Puts for a time, as one more window.
   *
   * @param rate records a second
   */
  public Window play(int rate, Duration time) {
    int window = windows++;
    List<Double> lateMillis = new ArrayList<>();
    long interval = 1_000_000_000L / rate;
    long count = Math.max(1, time.toNanos() / interval);
    long start = System.nanoTime() + interval;
    for (long i = 0; i < count; i++) {
      long due = start + i * interval;
      Pause.until(due);
      lateMillis.add((System.nanoTime() - due) / 1e6);
      put(i, due, window);
    }
    return new Window(window, count, Samples.of(lateMillis));
  }

  /** Throws when a put failed, or when far more are under way than a server should need. */
  public void requireAnswers() {
    Throwable failed = failure.get();
    if (failed != null) {
      throw new NotMeasured("a put failed: " + NotMeasured.because(failed), failed);
    }
    if (unanswered.get() > UNANSWERED_MAX) {
      throw new NotMeasured("it does not keep up: " + unanswered.get() + " puts have no answer");
    }
  }

  private void put(long number, long due, int window) {
    requireAnswers();
    ByteBuffer data = ByteBuffer.allocate(Batches.DATA_BYTES).putInt(window).putLong(due);
    String key = keys.apply(number);
    unanswered.incrementAndGet();
    var unused =
        client
            .sdk()
            .putRecord(
                request ->
                    request
                        .streamName(stream)
                        .partitionKey(key)
                        .data(SdkBytes.fromByteArrayUnsafe(data.array())))
            .whenComplete(
                (answer, failed) -> {
                  unanswered.decrementAndGet();
                  if (failed != null) {
                    failure.compareAndSet(null, failed);
                  }
                });
  }
}
