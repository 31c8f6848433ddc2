package io.headrace.kcl;

import java.time.Duration;

/**
 * The bounds of a worker.
 *
 * @param bytesInFlightMax what all shards together hold between fetch and settlement
 * @param bytesPerShardMin what each shard's reader may hold whatever the others do; less when so
 *     many shards do not fit. At least the largest record, or that record goes over the bound
 * @param bytesPerFetchMax the most that one fetch is granted
 * @param drainMax how long a shard that goes to another worker may finish what runs
 */
public record WorkerSettings(
    long bytesInFlightMax, long bytesPerShardMin, long bytesPerFetchMax, Duration drainMax) {
  /** 256 MiB in all, 256 KiB a shard at least, 4 MiB a fetch at most, 20 s to drain. */
  public static final WorkerSettings DEFAULT =
      new WorkerSettings(256L << 20, 256L << 10, 4L << 20, Duration.ofSeconds(20));

  public WorkerSettings {
    if (bytesPerShardMin < 1 || bytesPerShardMin > bytesInFlightMax) {
      throw new IllegalArgumentException(
          "bytesPerShardMin "
              + bytesPerShardMin
              + ": must be between 1 and bytesInFlightMax "
              + bytesInFlightMax);
    }
    if (bytesPerFetchMax < bytesPerShardMin) {
      throw new IllegalArgumentException(
          "bytesPerFetchMax "
              + bytesPerFetchMax
              + ": must be at least bytesPerShardMin "
              + bytesPerShardMin);
    }
    if (drainMax.isNegative()) {
      throw new IllegalArgumentException("drainMax " + drainMax + ": must not be negative");
    }
  }
}
