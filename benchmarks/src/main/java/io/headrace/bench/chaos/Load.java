package io.headrace.bench.chaos;

import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.Pause;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.SdkBytes;

/**
 * Puts the records of some keys, the next of a key when the one before is known to be stored: so
 * the order of a key is beyond dispute. Has a thread of its own.
 */
final class Load implements AutoCloseable {
  private static final long ANSWERS_MAX_MILLIS = 30_000;

  /** What the record of a key with a number is: the same however often it is asked. */
  interface Text {
    String of(String key, int number);
  }

  private final LoadClient client;
  private final Diary diary;
  private final Text text;
  private final int rate;
  private final List<AtomicInteger> next = new ArrayList<>();
  private final ConcurrentLinkedQueue<Integer> idle = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final Thread thread;

  Load(LoadClient client, Diary diary, int rate, SplittableRandom random, Text text) {
    this.client = client;
    this.diary = diary;
    this.rate = rate;
    this.text = text;
    List<Integer> keys = new ArrayList<>();
    for (int key = 0; key < ChaosPlan.KEYS; key++) {
      next.add(new AtomicInteger());
      keys.add(random.nextInt(keys.size() + 1), key);
    }
    idle.addAll(keys);
    thread = new Thread(this::put, "load");
  }

  void start() {
    thread.start();
  }

  private void put() {
    long interval = 1_000_000_000L / rate;
    for (long due = System.nanoTime(); !stopped.get(); due += interval) {
      Pause.until(due);
      Integer key = idle.poll();
      if (key != null) {
        put(key);
      }
    }
  }

  private void put(int key) {
    String name = "key-" + key;
    String record = text.of(name, next.get(key).get());
    diary.write("try", "record", record);
    var unused =
        client
            .sdk()
            .putRecord(
                request ->
                    request
                        .streamName(WitnessProgram.STREAM)
                        .partitionKey(name)
                        .data(SdkBytes.fromUtf8String(record)))
            .whenComplete(
                (answer, failure) -> {
                  if (failure == null) {
                    diary.write(
                        "put",
                        "record",
                        record,
                        "shard",
                        answer.shardId(),
                        "sequence",
                        answer.sequenceNumber());
                    next.get(key).incrementAndGet();
                  }
                  // A record that may be stored is put again, under the same number.
                  idle.add(key);
                });
  }

  /** Ends it when every put is answered. */
  @Override
  public void close() throws InterruptedException {
    stopped.set(true);
    thread.join();
    for (long waited = 0; idle.size() < ChaosPlan.KEYS; waited += 10) {
      if (waited > ANSWERS_MAX_MILLIS) {
        throw new IllegalStateException(
            (ChaosPlan.KEYS - idle.size()) + " puts were not answered in 30 s");
      }
      Pause.millis(10);
    }
  }
}
