package io.headrace.bench.fleet;

import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Parcel;
import io.headrace.bench.rig.Pause;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/**
 * A steady load: at each tick of its period a record into both halves of every shard that the
 * stream began with, by hash keys that stay the same through splits and merges. So a gap is seen as
 * exactly as the period is short. It has a thread of its own until it is stopped.
 */
final class FleetLoad implements AutoCloseable {
  private static final BigInteger KEYS = BigInteger.ONE.shiftLeft(128);
  private static final int STOP_MILLIS_MAX = 5_000;

  private final LoadClient client;
  private final String stream;
  private final List<String> hashKeys;
  private final long periodNanos;
  private final Set<Long> stored = new HashSet<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Thread thread = new Thread(this::play, "load");
  private volatile boolean stopped;
  private @Nullable Parcel special;
  private long number;

  private FleetLoad(LoadClient client, String stream, int shards, Duration period) {
    this.client = client;
    this.stream = stream;
    this.hashKeys = hashKeys(shards);
    this.periodNanos = period.toNanos();
  }

  static FleetLoad start(LoadClient client, String stream, int shards, Duration period) {
    FleetLoad load = new FleetLoad(client, stream, shards, period);
    load.thread.setDaemon(true);
    load.thread.start();
    return load;
  }

  /** One in the midst of each half of each shard, in the order of shards. */
  static List<String> hashKeys(int shards) {
    List<String> keys = new ArrayList<>();
    BigInteger quarters = BigInteger.valueOf(4L * shards);
    for (int i = 0; i < 2 * shards; i++) {
      keys.add(KEYS.multiply(BigInteger.valueOf(2L * i + 1)).divide(quarters).toString());
    }
    return keys;
  }

  /**
   * Puts a record with this fate into the first shard at the next tick, in place of a plain one.
   *
   * @param worker see {@link Parcel}
   */
  synchronized void next(Parcel.Fate fate, String worker) {
    special = new Parcel(0, fate, worker);
  }

  /** The numbers of the records that the stream has confirmed to hold. */
  Set<Long> stored() {
    requirePuts();
    synchronized (stored) {
      return Set.copyOf(stored);
    }
  }

  /** Throws when a put failed: a gap in the load would look like one of the fleet. */
  void requirePuts() {
    Throwable failed = failure.get();
    if (failed != null) {
      throw new NotMeasured("a put failed: " + NotMeasured.because(failed), failed);
    }
  }

  private void play() {
    long start = System.nanoTime();
    for (long i = 1; !stopped; i++) {
      put();
      Pause.until(start + i * periodNanos);
    }
  }

  private void put() {
    List<PutRecordsRequestEntry> entries = new ArrayList<>();
    long first = number;
    for (String hashKey : hashKeys) {
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey(hashKey)
              .explicitHashKey(hashKey)
              .data(SdkBytes.fromByteArrayUnsafe(parcel().bytes()))
              .build());
    }
    var unused =
        client
            .sdk()
            .putRecords(request -> request.streamName(stream).records(entries))
            .whenComplete((answer, failed) -> keep(first, answer, failed));
  }

  private synchronized Parcel parcel() {
    Parcel wanted = special;
    special = null;
    long next = number++;
    return wanted == null ? Parcel.plain(next) : new Parcel(next, wanted.fate(), wanted.worker());
  }

  private void keep(long first, @Nullable PutRecordsResponse answer, @Nullable Throwable failed) {
    if (answer == null) {
      failure.compareAndSet(null, failed);
      return;
    }
    synchronized (stored) {
      for (int i = 0; i < answer.records().size(); i++) {
        if (answer.records().get(i).errorCode() == null) {
          stored.add(first + i);
        } else {
          failure.compareAndSet(null, new NotMeasured(answer.records().get(i).errorMessage()));
        }
      }
    }
  }

  /** Ends the load; records that are on their way still come. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join(STOP_MILLIS_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
