package io.headrace.bench.rig;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Puts batches for a while, a fixed number of them in flight: each answer sends the next. Ends at
 * its time or at its number of records, whichever comes first, and waits for what is in flight.
 */
public final class PutLoad {
  private static final Duration LAST_ANSWER_MAX = Duration.ofSeconds(25);

  private final LoadClient client;
  private final Batches batches;
  private final long nanos;
  private final long recordsMax;
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicLong stored = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Queue<Double> millis = new ConcurrentLinkedQueue<>();
  private volatile long start;

  private PutLoad(LoadClient client, Batches batches, Duration time, long recordsMax) {
    this.client = client;
    this.batches = batches;
    this.nanos = time.toNanos();
    this.recordsMax = recordsMax;
  }

  /** Runs and answers the figures, all named with the prefix. */
  public static Figures run(
      LoadClient client,
      String stream,
      int inFlight,
      Duration time,
      long recordsMax,
      long serverPid,
      String prefix) {
    CpuMeter cpu = CpuMeter.started(serverPid);
    PutLoad load = new PutLoad(client, bytes(stream), time, recordsMax);
    double seconds = load.play(inFlight);
    Figures figures = new Figures();
    figures.put(prefix + ".records_s", load.stored.get() / seconds);
    Samples millis = Samples.of(load.millis);
    figures.put(prefix + ".batch_p50_ms", millis.percentile(50));
    figures.put(prefix + ".batch_p99_ms", millis.percentile(99));
    figures.put(prefix + ".refused_records", (double) load.refused.get());
    cpu.addTo(figures, prefix, load.stored.get());
    return figures;
  }

  /** Puts a number of records as fast as it goes; answers how many were stored in the time. */
  public static long fill(LoadClient client, String stream, long records, Duration time) {
    PutLoad load = new PutLoad(client, bytes(stream), time, records);
    load.play(4);
    return load.stored.get();
  }

  /**
   * Puts a number of records, all of them or none counts; answers the sum of the numbers in them,
   * as {@link Backlog} checks it.
   */
  public static long backlog(
      LoadClient client, String stream, Payload payload, long records, Duration time) {
    PutLoad load = new PutLoad(client, new Batches(stream, 1, payload), time, records);
    load.play(4);
    if (load.stored.get() != records || load.refused.get() > 0) {
      throw new NotMeasured(
          "%,d of %,d records of the backlog were put in %d s"
              .formatted(load.stored.get(), records, time.toSeconds()));
    }
    return load.batches.sum(records / Batches.RECORDS);
  }

  private static Batches bytes(String stream) {
    return new Batches(stream, 1, Payload.BYTES);
  }

  private double play(int inFlight) {
    start = System.nanoTime();
    CompletableFuture<?>[] chains = new CompletableFuture<?>[inFlight];
    for (int i = 0; i < inFlight; i++) {
      CompletableFuture<@Nullable Void> chain = new CompletableFuture<>();
      chains[i] = chain;
      next(chain);
    }
    try {
      CompletableFuture.allOf(chains).get(nanos + LAST_ANSWER_MAX.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new NotMeasured("a put had no answer after " + LAST_ANSWER_MAX.toSeconds() + " s", e);
    } catch (ExecutionException | InterruptedException e) {
      throw new NotMeasured("the run was cut: " + e, e);
    }
    Throwable failed = failure.get();
    if (failed != null) {
      throw new NotMeasured("a put failed: " + NotMeasured.because(failed), failed);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private void next(CompletableFuture<@Nullable Void> chain) {
    long begun = System.nanoTime();
    int number = sent.getAndIncrement();
    // The first is sent in any case, so that there is something to tell.
    if (number > 0 && (begun - start >= nanos || (long) number * Batches.RECORDS >= recordsMax)) {
      chain.complete(null);
      return;
    }
    var unused =
        client
            .sdk()
            .putRecords(batches.get(number))
            .whenComplete(
                (answer, failed) -> {
                  if (failed != null) {
                    failure.compareAndSet(null, failed);
                    chain.complete(null);
                    return;
                  }
                  millis.add((System.nanoTime() - begun) / 1e6);
                  stored.addAndGet(Batches.RECORDS - answer.failedRecordCount());
                  refused.addAndGet(answer.failedRecordCount());
                  next(chain);
                });
  }
}
