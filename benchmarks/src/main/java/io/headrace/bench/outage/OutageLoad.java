package io.headrace.bench.outage;

import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/**
 * Puts records of many keys, each key's numbered from 0 and one request after the other, so that
 * the order of a key is beyond dispute. As fast as the workers handle them, or at a rate. Has
 * threads of its own.
 */
final class OutageLoad implements AutoCloseable {
  private static final int LANES = 4;
  private static final int BATCH = 100;

  /** At full load it stays so many records ahead, so that the workers always have enough to do. */
  static final long AHEAD_MAX = 20_000;

  private static final double NONE = -1;

  private static final int KEYS_OF_A_LANE = OutagePlan.KEYS / LANES;

  private final LoadClient client;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
  private final LongAdder stored = new LongAdder();
  private final List<Thread> lanes = new ArrayList<>();
  private final int[] next = new int[OutagePlan.KEYS];
  private volatile long handled;

  /** 0 is as fast as the workers handle them, less is none. */
  private volatile double perSecond;

  OutageLoad(LoadClient client) {
    this.client = client;
    for (int lane = 0; lane < LANES; lane++) {
      int number = lane;
      lanes.add(new Thread(() -> put(number), "load-" + lane));
    }
  }

  void start() {
    lanes.forEach(Thread::start);
  }

  /** Records that are stored for certain. */
  long stored() {
    return stored.sum();
  }

  /** Told now and then how many are handled, by which it keeps ahead. */
  void handled(long records) {
    handled = records;
  }

  /** From now on none, until a rate is told. */
  void pause() {
    perSecond = NONE;
  }

  /** From now on so many a second, whatever is handled. */
  void rate(double recordsPerSecond) {
    perSecond = recordsPerSecond;
  }

  /** How many there are of each key; only when it is closed. */
  int[] numbers() {
    return next.clone();
  }

  private void put(int lane) {
    int turn = 0;
    long due = System.nanoTime();
    double rate = perSecond;
    while (!stopped.get() && failed.get() == null) {
      if (rate != perSecond) {
        rate = perSecond;
        due = System.nanoTime();
      }
      if (rate == NONE) {
        Pause.millis(1);
        due = System.nanoTime();
        continue;
      }
      if (rate == 0) {
        if (stored.sum() - handled > AHEAD_MAX) {
          Pause.millis(1);
          continue;
        }
      } else {
        due += (long) (1e9 * BATCH * LANES / rate);
        Pause.until(due);
      }
      send(lane, turn);
      turn = (turn + BATCH) % KEYS_OF_A_LANE;
    }
  }

  /** The order within a request is that of its records in each shard. */
  private void send(int lane, int turn) {
    List<PutRecordsRequestEntry> entries = new ArrayList<>(BATCH);
    for (int i = 0; i < BATCH; i++) {
      int key = lane + LANES * ((turn + i) % KEYS_OF_A_LANE);
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("k" + key)
              .data(
                  SdkBytes.fromByteArray(
                      ByteBuffer.allocate(8).putInt(key).putInt(next[key]++).array()))
              .build());
    }
    try {
      PutRecordsResponse answer =
          client.sdk().putRecords(r -> r.streamName(OutagePlan.STREAM).records(entries)).join();
      if (answer.failedRecordCount() > 0) {
        throw new IllegalStateException(answer.failedRecordCount() + " records were refused");
      }
      stored.add(BATCH);
    } catch (RuntimeException e) {
      failed.compareAndSet(null, e);
    }
  }

  /** Ends the load, and fails when a put did: then what is stored is not known. */
  @Override
  public void close() {
    stopped.set(true);
    for (Thread lane : lanes) {
      try {
        lane.join();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    Throwable failure = failed.get();
    if (failure != null) {
      throw new NotMeasured("a put failed: " + NotMeasured.because(failure), failure);
    }
  }
}
