package io.headrace.samples;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds partition keys that reach given shards: a record that is meant for a shard and not for a
 * key, such as the end of the input, has to be put under some key whose hash lies in the shard.
 */
public final class ShardEnds {
  /** A shard of one 50,000th of all keys is still found, but for one chance in 485 million. */
  static final int TRIES_MAX = 1_000_000;

  private ShardEnds() {}

  /**
   * One key for each shard: {@code end-0}, {@code end-1} and so on, the first that hits it.
   *
   * @param shards the open ones, as they are now
   * @throws IllegalArgumentException when a shard is so narrow that no key was found
   */
  public static Map<ShardId, String> keys(Collection<Shard> shards) {
    var keys = new TreeMap<ShardId, String>();
    for (var shard : shards) {
      keys.put(shard.id(), key(shard));
    }
    return keys;
  }

  private static String key(Shard shard) {
    for (int i = 0; i < TRIES_MAX; i++) {
      var key = "end-" + i;
      if (shard.range().holds(key)) {
        return key;
      }
    }
    throw new IllegalArgumentException(
        "shard "
            + shard.id()
            + " takes the hash keys "
            + shard.range().first()
            + " to "
            + shard.range().last()
            + ": none of "
            + TRIES_MAX
            + " partition keys lies there; merge it with its neighbour");
  }
}
