package io.headrace.local.engine;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How often the actions that manage streams may be called in a second, by account and region and
 * for some by stream, as the service documents it. Any thread; the order of calls decides.
 */
final class CallLimits {
  // A bucket that was not asked for long is full, which is what a new one is.
  private static final int BUCKETS_MAX = 10_000;

  private record Limit(double perSecond, boolean perStream) {}

  private record Key(String action, String account, String region, @Nullable String stream) {}

  private static final Map<String, Limit> LIMITS = limits();

  private final LimitScale scale;
  private final Map<Key, RateLimit> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, RateLimit> eldest) {
          return size() > BUCKETS_MAX;
        }
      };

  CallLimits(LimitScale scale) {
    this.scale = scale;
  }

  /** Counts a call, or refuses it as the service does. */
  void require(String action, Caller caller, @Nullable String stream, long nowMillis) {
    Limit limit = LIMITS.get(action);
    if (limit == null) {
      return;
    }
    Key key = new Key(action, caller.account(), caller.region(), limit.perStream() ? stream : null);
    boolean taken;
    synchronized (buckets) {
      RateLimit bucket = buckets.computeIfAbsent(key, absent -> scale.perSecond(limit.perSecond()));
      taken = bucket.take(1, nowMillis);
    }
    if (!taken) {
      throw KinesisError.of(
          "LimitExceededException",
          stream == null
              ? "Rate exceeded for account " + caller.account() + "."
              : "Rate exceeded for stream " + stream + " under account " + caller.account() + ".");
    }
  }

  private static Map<String, Limit> limits() {
    Map<String, Limit> limits = new HashMap<>();
    perAccount(
        limits,
        5,
        "AddTagsToStream",
        "CreateStream",
        "DeleteResourcePolicy",
        "DeleteStream",
        "DescribeAccountSettings",
        "GetResourcePolicy",
        "ListStreams",
        "PutResourcePolicy",
        "UpdateAccountSettings",
        "UpdateStreamWarmThroughput");
    perAccount(limits, 1, "DescribeLimits");
    perAccount(limits, 10, "DescribeStream");
    perAccount(limits, 20, "DescribeStreamSummary");
    perStream(
        limits,
        5,
        "DecreaseStreamRetentionPeriod",
        "DeregisterStreamConsumer",
        "DisableEnhancedMonitoring",
        "EnableEnhancedMonitoring",
        "IncreaseStreamRetentionPeriod",
        "ListStreamConsumers",
        "ListTagsForStream",
        "MergeShards",
        "RegisterStreamConsumer",
        "RemoveTagsFromStream",
        "SplitShard");
    perStream(limits, 10, "UpdateShardCount");
    perStream(limits, 20, "DescribeStreamConsumer");
    perStream(limits, 1000, "ListShards");
    return Map.copyOf(limits);
  }

  private static void perAccount(Map<String, Limit> limits, double rate, String... actions) {
    List.of(actions).forEach(action -> limits.put(action, new Limit(rate, false)));
  }

  private static void perStream(Map<String, Limit> limits, double rate, String... actions) {
    List.of(actions).forEach(action -> limits.put(action, new Limit(rate, true)));
  }
}
