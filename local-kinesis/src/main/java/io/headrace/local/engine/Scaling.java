package io.headrace.local.engine;

import io.headrace.local.engine.RecentChanges.Counted;
import org.jspecify.annotations.Nullable;

/**
 * How many shards a stream has and who decides that, and how large its records may be: what may be
 * asked for. Pure.
 */
public final class Scaling {
  /** The shards that a new on-demand stream has, and that none goes below. */
  public static final int ON_DEMAND_SHARDS_MIN = 4;

  static final int STREAM_SHARDS_MAX = 10_000;
  // What one stream can be warmed to by default: ten gibibytes a second.
  static final int WARM_MIBPS_MAX = 10_240;

  private Scaling() {}

  static Plan shardCount(StreamState state, int target, long nowMillis) {
    state.requireProvisioned();
    state.requireActive();
    int open = state.openShards();
    if (target > STREAM_SHARDS_MAX) {
      throw refused(
          "Target shard count or number of open shards cannot be greater than "
              + STREAM_SHARDS_MAX
              + ".",
          open,
          target);
    }
    if (target > 2L * open) {
      throw refused(
          "UpdateShardCount cannot scale up over double your current open shard count.",
          open,
          target);
    }
    if (2L * target < open) {
      throw refused(
          "UpdateShardCount cannot scale down below half your current open shard count.",
          open,
          target);
    }
    RecentChanges recent =
        state.recent().with(Counted.SHARD_COUNT, "UpdateShardCount", state.key(), nowMillis);
    return Plan.update(state, state.options(), target, recent);
  }

  static Plan mode(
      StreamState state, StreamMode mode, @Nullable Integer warmMibps, long nowMillis) {
    state.requireActive();
    if (warmMibps != null && mode != StreamMode.ON_DEMAND) {
      throw KinesisError.invalidArgument(
          "WarmThroughputMiBps can be given only with the mode ON_DEMAND.");
    }
    if (mode == state.options().mode()) {
      return Plan.update(state, state.options());
    }
    RecentChanges recent =
        state.recent().with(Counted.MODE, "UpdateStreamMode", state.key(), nowMillis);
    StreamOptions options = state.options().withMode(mode);
    return warmMibps == null
        ? Plan.update(state, options, recent)
        : Plan.update(state, options.withWarmMibps(warmMibps), shardsFor(warmMibps), recent);
  }

  static Plan warm(StreamState state, int warmMibps) {
    if (state.options().mode() != StreamMode.ON_DEMAND) {
      throw KinesisError.validation(
          "Request is invalid. Stream %s under account %s is in Provisioned mode."
              .formatted(state.key().name(), state.key().account()));
    }
    state.requireActive();
    StreamOptions options = state.options().withWarmMibps(warmMibps);
    return Plan.update(state, options, shardsFor(warmMibps), state.recent());
  }

  static Plan recordSize(StreamState state, int kib) {
    state.requireActive();
    return Plan.update(state, state.options().withRecordKibMax(kib));
  }

  /** The shards that take this much: one for each mebibyte a second, but never fewer than four. */
  public static int shardsFor(int warmMibps) {
    return Math.max(ON_DEMAND_SHARDS_MIN, warmMibps);
  }

  static void requireWarmable(int warmMibps, boolean committed) {
    if (!committed) {
      throw KinesisError.validation(
          "WarmThroughputMiBps needs an account with MinimumThroughputBillingCommitment enabled;"
              + " UpdateAccountSettings enables it.");
    }
    if (warmMibps > WARM_MIBPS_MAX) {
      throw KinesisError.limitExceeded(
          "WarmThroughputMiBps %d is above %d, the most for one stream."
              .formatted(warmMibps, WARM_MIBPS_MAX));
    }
  }

  private static KinesisError refused(String why, int open, int target) {
    return KinesisError.limitExceeded(
        "%s Current open shard count: %d Target shard count: %d".formatted(why, open, target));
  }
}
