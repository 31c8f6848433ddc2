package io.headrace.local.engine;

import java.time.Duration;

/** What can be set about an {@link Engine}. */
public record EngineSettings(
    long memoryBytesMax, int shardsMax, Duration stateChangeTakes, LimitScale limits) {
  /** Without limits on rates. */
  public EngineSettings(long memoryBytesMax, int shardsMax, Duration stateChangeTakes) {
    this(memoryBytesMax, shardsMax, stateChangeTakes, LimitScale.OFF);
  }

  public EngineSettings {
    if (memoryBytesMax <= 0) {
      throw new IllegalArgumentException("memoryBytesMax must be positive: " + memoryBytesMax);
    }
    if (shardsMax <= 0) {
      throw new IllegalArgumentException("shardsMax must be positive: " + shardsMax);
    }
    if (stateChangeTakes.isNegative()) {
      throw new IllegalArgumentException(
          "stateChangeTakes must not be negative: " + stateChangeTakes);
    }
  }
}
