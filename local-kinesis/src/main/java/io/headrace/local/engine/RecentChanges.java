package io.headrace.local.engine;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * When a stream was changed in the ways that the service counts over rolling 24 hours, in
 * milliseconds since 1970, oldest first. Immutable.
 */
public record RecentChanges(Map<RecentChanges.Counted, List<Long>> times) {
  public static final RecentChanges NONE = new RecentChanges(Map.of());

  private static final long DAY_MILLIS = 86_400_000;

  /** What is counted, and how often it may happen in 24 hours. */
  public enum Counted {
    MODE(2),
    SHARD_COUNT(10),
    ENCRYPTION_START(25),
    ENCRYPTION_STOP(25);

    private final int timesMax;

    Counted(int timesMax) {
      this.timesMax = timesMax;
    }
  }

  public RecentChanges {
    times = Map.copyOf(times);
  }

  /** These and one more, or the service's error when that is one too many. */
  RecentChanges with(Counted counted, String action, StreamKey key, long nowMillis) {
    List<Long> recent =
        times.getOrDefault(counted, List.of()).stream()
            .filter(at -> nowMillis - at < DAY_MILLIS)
            .toList();
    if (recent.size() >= counted.timesMax) {
      throw KinesisError.limitExceeded(
          "%s is allowed %d times in 24 hours for one stream, and was called as often for %s."
              .formatted(action, counted.timesMax, key.inSentence()));
    }
    Map<Counted, List<Long>> more = new EnumMap<>(Counted.class);
    more.putAll(times);
    more.put(counted, Stream.concat(recent.stream(), Stream.of(nowMillis)).toList());
    return new RecentChanges(more);
  }
}
