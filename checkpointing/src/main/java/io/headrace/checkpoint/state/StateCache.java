package io.headrace.checkpoint.state;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the state of all functions and shards of one worker takes of memory beyond what is not
 * stored yet, which has a bound of the same size for itself, and what is {@linkplain
 * EntryKind#isResident resident}: entries that were used, and the inner chunks that say where
 * others lie. Any thread.
 */
public final class StateCache {
  /** Unless told otherwise. */
  public static final long BYTES_MAX_DEFAULT = 64L << 20;

  /**
   * A value of the weight of the one before is put in its place as cheaply as one is read; any
   * other goes through what keeps the cache in its bound.
   */
  private static final int WEIGHT_STEP = 64;

  private record OfSpace(long space, EntryKey key) {}

  private final Cache<Object, Object> cache;
  private final Unstored unstored;
  private final AtomicLong spaces = new AtomicLong();

  /**
   * A cache with a bound.
   *
   * @param bytesMax about what it may take, at least 0
   */
  public StateCache(long bytesMax) {
    if (bytesMax < 0) {
      throw new IllegalArgumentException("bytesMax " + bytesMax + ": must not be negative");
    }
    unstored = new Unstored(bytesMax);
    cache =
        Caffeine.newBuilder()
            .maximumWeight(bytesMax)
            .weigher((key, value) -> weightOf(value))
            // Upkeep is done by whoever writes: it is short, and no thread is needed for it.
            .executor(Runnable::run)
            .build();
  }

  /** Of entries in steps, so that one that grew by a digit stays where it is in the cache. */
  private static int weightOf(Object value) {
    if (value instanceof Slot slot) {
      int weight = slot.weight();
      return weight + (WEIGHT_STEP - weight % WEIGHT_STEP) % WEIGHT_STEP;
    }
    return value instanceof Node node ? node.weight() : 64;
  }

  /** What a space holds that is not stored yet is bounded beside what is in here. */
  Unstored.Share share() {
    return unstored.share();
  }

  /**
   * What entries of one more space are kept under. A number, since what is let go depends on
   * hashes, and a course under virtual time is to be the same each time.
   */
  long newSpace() {
    return spaces.incrementAndGet();
  }

  /** What was known of an entry; null when nothing is. */
  @Nullable Slot get(long space, EntryKey key) {
    return cache.getIfPresent(new OfSpace(space, key)) instanceof Slot slot ? slot : null;
  }

  void put(long space, Slot slot) {
    cache.put(new OfSpace(space, slot.key()), slot);
  }

  /** What was read must not displace what was written meanwhile. */
  void putIfAbsent(long space, Slot slot) {
    var unused = cache.asMap().putIfAbsent(new OfSpace(space, slot.key()), slot);
  }

  /** A space is used no more; goes through all that is in memory. */
  void forget(long space) {
    cache.asMap().keySet().removeIf(key -> key instanceof OfSpace of && of.space() == space);
  }

  @Nullable Node node(String chunk) {
    return cache.getIfPresent(chunk) instanceof Node node ? node : null;
  }

  void put(String chunk, Node node) {
    cache.put(chunk, node);
  }
}
