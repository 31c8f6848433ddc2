package io.headrace.checkpoint.state;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
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

  /** So many reads are one for what keeps the cache in its bound: to note each costs as much. */
  private static final int READS_A_NOTE = 4;

  /** Not a record, whose equals is slower and is asked with each look-up. */
  private static final class OfSpace {
    private final long space;
    private final EntryKey key;

    OfSpace(long space, EntryKey key) {
      this.space = space;
      this.key = key;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof OfSpace that && space == that.space && key.equals(that.key);
    }

    @Override
    public int hashCode() {
      return 31 * Long.hashCode(space) + key.hashCode();
    }
  }

  private final Cache<Object, Object> cache;
  private final Policy<Object, Object> policy;

  /** Counted by any thread, and not exactly. */
  private int reads;

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
            .evictionListener((key, value, cause) -> letGo(value))
            // Upkeep is done by whoever writes: it is short, and no thread is needed for it.
            .executor(Runnable::run)
            .build();
    policy = cache.policy();
  }

  private static int weightOf(@Nullable Object value) {
    if (value instanceof CachedEntry entry) {
      return weightOf(entry.slot());
    }
    return value instanceof Node node ? node.weight() : 64;
  }

  /** In steps, so that an entry that grew by a digit stays where it is in the cache. */
  static int weightOf(Slot slot) {
    int weight = slot.weight();
    return weight + (WEIGHT_STEP - weight % WEIGHT_STEP) % WEIGHT_STEP;
  }

  private static boolean letGo(@Nullable Object value) {
    if (value instanceof CachedEntry entry) {
      entry.letGo();
    }
    return true;
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
    var sought = new OfSpace(space, key);
    boolean isNoted = ++reads % READS_A_NOTE == 0;
    var found = isNoted ? cache.getIfPresent(sought) : policy.getIfPresentQuietly(sought);
    return found instanceof CachedEntry entry ? entry.slot() : null;
  }

  /** One thread at a time for a space; the others may read, and {@link #putIfAbsent}. */
  void put(long space, Slot slot) {
    var known = slot.key().cached();
    if (known != null && known.isOf(this, space) && known.replace(slot)) {
      return;
    }
    var entry = new CachedEntry(this, space, slot);
    letGo(cache.asMap().put(new OfSpace(space, slot.key()), entry));
    slot.key().cachedAs(entry);
  }

  /** What was read must not displace what was written meanwhile. */
  void putIfAbsent(long space, Slot slot) {
    var entry = new CachedEntry(this, space, slot);
    if (cache.asMap().putIfAbsent(new OfSpace(space, slot.key()), entry) == null) {
      slot.key().cachedAs(entry);
    }
  }

  /** A space is used no more; goes through all that is in memory. */
  void forget(long space) {
    cache
        .asMap()
        .entrySet()
        .removeIf(
            each ->
                each.getKey() instanceof OfSpace of && of.space == space && letGo(each.getValue()));
  }

  @Nullable Node node(String chunk) {
    return cache.getIfPresent(chunk) instanceof Node node ? node : null;
  }

  void put(String chunk, Node node) {
    cache.put(chunk, node);
  }
}
