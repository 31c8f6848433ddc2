package io.headrace.kcl;

import java.time.Duration;
import java.util.Objects;

/**
 * The bounds of a worker.
 *
 * @param bytesInFlightMax what all shards together hold between fetch and settlement
 * @param bytesPerShardMin what each shard's reader may hold whatever the others do; less when so
 *     many shards do not fit. At least the largest record, or that record goes over the bound
 * @param bytesPerFetchMax the most that one fetch is granted
 * @param drainMax how long a shard that goes to another worker may finish what runs
 * @param watch what becomes of a shard without progress
 */
public record WorkerSettings(
    long bytesInFlightMax,
    long bytesPerShardMin,
    long bytesPerFetchMax,
    Duration drainMax,
    Watch watch) {
  /**
   * What becomes of a shard in which a function has records and settles none.
   *
   * @param patience after so long it is restarted; 1 s to 24 h. A call without a time-out of its
   *     own may take as long
   * @param restartsMax after so many restarts without progress it is given up to another worker; 0
   *     to 100
   */
  public record Watch(Duration patience, int restartsMax) {
    private static final Duration PATIENCE_MIN = Duration.ofSeconds(1);
    private static final Duration PATIENCE_MAX = Duration.ofHours(24);
    private static final int RESTARTS_MAX = 100;
    private static final int LOOKS = 8;

    /** 5 minutes, and 2 restarts. */
    public static final Watch DEFAULT = new Watch(Duration.ofMinutes(5), 2);

    public Watch {
      if (patience.compareTo(PATIENCE_MIN) < 0 || patience.compareTo(PATIENCE_MAX) > 0) {
        throw new IllegalArgumentException(
            "patience " + patience + ": must be between 1 s and 24 h");
      }
      if (restartsMax < 0 || restartsMax > RESTARTS_MAX) {
        throw new IllegalArgumentException(
            "restartsMax " + restartsMax + ": must be between 0 and " + RESTARTS_MAX);
      }
    }

    /** How often shards are looked at. */
    Duration look() {
      return patience.dividedBy(LOOKS);
    }
  }

  /** 256 MiB in all, 256 KiB a shard at least, 4 MiB a fetch at most, 20 s to drain. */
  public static final WorkerSettings DEFAULT =
      new WorkerSettings(256L << 20, 256L << 10, 4L << 20, Duration.ofSeconds(20), Watch.DEFAULT);

  public WorkerSettings {
    Objects.requireNonNull(watch, "watch");
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

  /** With {@link Watch#DEFAULT}. */
  public WorkerSettings(
      long bytesInFlightMax, long bytesPerShardMin, long bytesPerFetchMax, Duration drainMax) {
    this(bytesInFlightMax, bytesPerShardMin, bytesPerFetchMax, drainMax, Watch.DEFAULT);
  }

  public WorkerSettings withWatch(Watch watch) {
    return new WorkerSettings(
        bytesInFlightMax, bytesPerShardMin, bytesPerFetchMax, drainMax, watch);
  }
}
