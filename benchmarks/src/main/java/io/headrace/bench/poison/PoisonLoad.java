package io.headrace.bench.poison;

import static io.headrace.bench.poison.PoisonPlan.KEYS;
import static io.headrace.bench.poison.PoisonPlan.POISON;
import static io.headrace.bench.poison.PoisonPlan.POISON_ONE_OF;
import static io.headrace.bench.poison.PoisonPlan.STREAM;

import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * Puts as fast as the function handles: it stays so many records ahead, so that the function always
 * has enough to do and the server's memory holds what it must. Has a thread of its own.
 */
final class PoisonLoad implements AutoCloseable {
  private static final int BATCH = 500;
  private static final int REQUESTS_MAX = 8;
  private static final long AHEAD_MAX = 60_000;

  private final LoadClient client;
  private final Watched watched;
  private final Semaphore requests = new Semaphore(REQUESTS_MAX);
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
  private final LongAdder others = new LongAdder();
  private final LongAdder poison = new LongAdder();
  private final Thread thread = new Thread(this::put, "load");
  private final SdkBytes data = SdkBytes.fromByteArray(new byte[16]);
  private long number;
  private long ordinary;

  PoisonLoad(LoadClient client, Watched watched) {
    this.client = client;
    this.watched = watched;
  }

  void start() {
    thread.start();
  }

  /** Records that are stored for certain, but those of the key that fails. */
  long others() {
    return others.sum();
  }

  /** Records of the key that fails that are stored for certain. */
  long poison() {
    return poison.sum();
  }

  private void put() {
    while (!stopped.get() && failed.get() == null) {
      if (others.sum() - watched.others.sum() > AHEAD_MAX || !requests.tryAcquire()) {
        Pause.millis(1);
        continue;
      }
      send(entries());
    }
  }

  private List<PutRecordsRequestEntry> entries() {
    List<PutRecordsRequestEntry> entries = new ArrayList<>(BATCH);
    for (int i = 0; i < BATCH; i++) {
      number++;
      String key = number % POISON_ONE_OF == 0 ? POISON : other();
      entries.add(PutRecordsRequestEntry.builder().partitionKey(key).data(data).build());
    }
    return entries;
  }

  /** The step and the number of keys have no divisor in common: all keys come equally often. */
  private String other() {
    ordinary++;
    return "k" + ordinary * 7_919 % (KEYS - 1);
  }

  private void send(List<PutRecordsRequestEntry> entries) {
    var unused =
        client
            .sdk()
            .putRecords(request -> request.streamName(STREAM).records(entries))
            .whenComplete(
                (answer, failure) -> {
                  requests.release();
                  if (failure != null) {
                    failed.compareAndSet(null, failure);
                  } else {
                    count(entries, answer);
                  }
                });
  }

  /** What a closing shard refused is not put again: the order of a key stays beyond dispute. */
  private void count(List<PutRecordsRequestEntry> entries, PutRecordsResponse answer) {
    List<PutRecordsResultEntry> results = answer.records();
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i).errorCode() == null) {
        (entries.get(i).partitionKey().equals(POISON) ? poison : others).increment();
      }
    }
  }

  /** Ends the load, and fails when a put did: then what is stored is not known. */
  @Override
  public void close() {
    stopped.set(true);
    try {
      thread.join();
      requests.acquire(REQUESTS_MAX);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    Throwable failure = failed.get();
    if (failure != null) {
      throw new NotMeasured("a put failed: " + failure, failure);
    }
  }
}
