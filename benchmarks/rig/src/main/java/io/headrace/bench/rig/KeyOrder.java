package io.headrace.bench.rig;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Judges whether records came, and in the order of their keys: each carries its key's number and
 * its own number within the key, from 0. A record that comes again is counted and not judged. Any
 * thread may call.
 */
public final class KeyOrder implements Consumer<ByteBuffer> {
  private static final Duration SILENCE_MAX = Duration.ofSeconds(15);

  private static final class OfKey {
    private final BitSet seen = new BitSet();
    private int highest = -1;
  }

  private final Map<Integer, OfKey> byKey = new HashMap<>();
  private long found;
  private long repeated;
  private long reordered;

  /**
   * Writes what {@link #accept} reads.
   *
   * @param number of the record within its key
   */
  public static byte[] record(int key, int number, int bytes) {
    return ByteBuffer.allocate(bytes).putInt(key).putInt(number).array();
  }

  @Override
  public synchronized void accept(ByteBuffer data) {
    OfKey key = byKey.computeIfAbsent(data.getInt(data.position()), absent -> new OfKey());
    int number = data.getInt(data.position() + Integer.BYTES);
    if (key.seen.get(number)) {
      repeated++;
      return;
    }
    key.seen.set(number);
    found++;
    if (number < key.highest) {
      reordered++;
    }
    key.highest = Math.max(key.highest, number);
  }

  /** Waits until so many different records came, or none for a while. */
  public Figures await(long expected) {
    long seen = -1;
    long last = System.nanoTime();
    while (found() < expected && System.nanoTime() - last < SILENCE_MAX.toNanos()) {
      if (found() != seen) {
        seen = found();
        last = System.nanoTime();
      }
      Pause.millis(20);
    }
    return figures(expected);
  }

  private synchronized long found() {
    return found;
  }

  private synchronized Figures figures(long expected) {
    return new Figures()
        .put("order.lost", (double) expected - found)
        .put("order.reorderedPerKey", (double) reordered)
        .put("order.repeated", (double) repeated);
  }
}
