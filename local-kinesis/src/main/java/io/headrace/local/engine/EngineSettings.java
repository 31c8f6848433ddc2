package io.headrace.local.engine;

import java.time.Duration;

/**
 * What can be set about an {@link Engine}.
 *
 * @param shardsMax how many open shards an account may have in a region
 * @param onDemandStreamsMax how many streams in ON_DEMAND mode an account may have in a region
 */
public record EngineSettings(
    long memoryBytesMax,
    int shardsMax,
    int onDemandStreamsMax,
    StateTimes stateTimes,
    LimitScale limits) {
  /** What the service allows an account that asked for nothing else. */
  public static final int ON_DEMAND_STREAMS_DEFAULT = 50;

  /** Without limits on rates. */
  public EngineSettings(long memoryBytesMax, int shardsMax, Duration stateChangeTakes) {
    this(memoryBytesMax, shardsMax, stateChangeTakes, LimitScale.OFF);
  }

  public EngineSettings(
      long memoryBytesMax, int shardsMax, Duration stateChangeTakes, LimitScale limits) {
    this(
        memoryBytesMax,
        shardsMax,
        ON_DEMAND_STREAMS_DEFAULT,
        StateTimes.all(stateChangeTakes),
        limits);
  }

  public EngineSettings {
    if (memoryBytesMax <= 0) {
      throw new IllegalArgumentException("memoryBytesMax must be positive: " + memoryBytesMax);
    }
    if (shardsMax <= 0) {
      throw new IllegalArgumentException("shardsMax must be positive: " + shardsMax);
    }
    if (onDemandStreamsMax < 0) {
      throw new IllegalArgumentException(
          "onDemandStreamsMax must not be negative: " + onDemandStreamsMax);
    }
  }
}
