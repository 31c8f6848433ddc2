package io.headrace.lease;

import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * How much each lease weighs, as this worker measures it: 1, 2, 4, 8 or 16 by the bytes that flow.
 * A new weight is told only when the average lies a quarter beyond the border, for a minute, so
 * that a load that wobbles about a border moves nothing. A lease that came from elsewhere keeps the
 * weight that it had there until it is measured. Lives on the coordinator's loop.
 */
final class Weights {
  /** A shard that takes all that may be put into it. */
  static final int WEIGHT_MAX = 16;

  /** From here on a shard weighs 2; from twice as much, 4. A full shard, 1 MB/s, weighs 16. */
  private static final long SECOND_WEIGHT_BYTES = 96 << 10;

  /** The part of a new measure in the average: some six measures back count. */
  private static final int AVERAGE_OVER = 4;

  private static final long HELD_FOR_NANOS = Duration.ofSeconds(60).toNanos();

  private final Map<ShardKey, Weight> weights = new HashMap<>();

  private static final class Weight {
    int told = 1;
    int measured = 1;
    long average = -1;
    long since;

    private void add(long bytesPerSecond) {
      average = average < 0 ? bytesPerSecond : average + (bytesPerSecond - average) / AVERAGE_OVER;
    }

    /** The weight that the average has clearly reached. */
    private int reached() {
      int atLeast = Weights.of(average / 5 * 4);
      int atMost = Weights.of(average / 4 * 5);
      return atLeast > told ? atLeast : Math.min(atMost, told);
    }
  }

  static int of(long bytesPerSecond) {
    int weight = 1;
    for (long bytes = bytesPerSecond; bytes >= SECOND_WEIGHT_BYTES && weight < WEIGHT_MAX; ) {
      weight *= 2;
      bytes /= 2;
    }
    return weight;
  }

  /** A lease that came with this weight. */
  void gained(ShardKey shard, int weight, long now) {
    var fresh = new Weight();
    fresh.told = weight;
    fresh.measured = weight;
    fresh.since = now;
    weights.put(shard, fresh);
  }

  void lost(ShardKey shard) {
    weights.remove(shard);
  }

  void clear() {
    weights.clear();
  }

  /** What flowed since the last call; returns whether a weight changed that others are told. */
  boolean measure(Map<ShardKey, Long> bytesPerSecond, long now) {
    boolean news = false;
    for (var entry : weights.entrySet()) {
      var weight = entry.getValue();
      weight.add(bytesPerSecond.getOrDefault(entry.getKey(), 0L));
      int measured = weight.reached();
      if (measured != weight.measured) {
        weight.measured = measured;
        weight.since = now;
      } else if (measured != weight.told && now - weight.since >= HELD_FOR_NANOS) {
        weight.told = measured;
        news = true;
      }
    }
    return news;
  }

  int of(ShardKey shard) {
    var weight = weights.get(shard);
    return weight == null ? 1 : weight.told;
  }

  /** Those that are told: all that weigh more than 1. */
  Map<ShardKey, Integer> told() {
    var told = new TreeMap<ShardKey, Integer>(ShardKeys.ORDER);
    weights.forEach(
        (shard, weight) -> {
          if (weight.told > 1) {
            told.put(shard, weight.told);
          }
        });
    return told;
  }
}
