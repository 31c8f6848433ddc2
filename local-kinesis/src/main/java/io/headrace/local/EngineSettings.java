package io.headrace.local;

import java.time.Duration;

/** What can be set about an {@link Engine}. */
record EngineSettings(long memoryBytesMax, int shardsMax, Duration stateChangeTakes) {
  EngineSettings {
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
