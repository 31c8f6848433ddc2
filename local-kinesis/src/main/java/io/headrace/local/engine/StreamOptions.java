package io.headrace.local.engine;

import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What can be set about a stream and takes time to change. Immutable.
 *
 * @param keyId the key that records are encrypted with, as the request named it; null while they
 *     are not
 * @param metrics what the stream is asked to measure for each shard
 * @param recordKibMax how large a record may be, its partition key included
 * @param warmMibps the write throughput that an on-demand stream is kept ready for; 0 when nobody
 *     asked for any
 */
public record StreamOptions(
    StreamMode mode,
    int retentionHours,
    @Nullable String keyId,
    Set<ShardMetric> metrics,
    int recordKibMax,
    int warmMibps) {
  public static final int RECORD_KIB_DEFAULT = 1024;
  public static final int RECORD_KIB_LIMIT = 10_240;
  static final int RETENTION_HOURS_DEFAULT = 24;

  public StreamOptions {
    metrics = Set.copyOf(metrics);
  }

  public static StreamOptions of(StreamMode mode) {
    return new StreamOptions(mode, RETENTION_HOURS_DEFAULT, null, Set.of(), RECORD_KIB_DEFAULT, 0);
  }

  public boolean isEncrypted() {
    return keyId != null;
  }

  /** The metrics in the order in which the service lists them. */
  public Set<ShardMetric> metricsInOrder() {
    return new TreeSet<>(metrics);
  }

  public StreamOptions withRecordKibMax(int kib) {
    return new StreamOptions(mode, retentionHours, keyId, metrics, kib, warmMibps);
  }

  public StreamOptions withWarmMibps(int mibps) {
    return new StreamOptions(mode, retentionHours, keyId, metrics, recordKibMax, mibps);
  }

  StreamOptions withMode(StreamMode other) {
    int warm = other == StreamMode.ON_DEMAND ? warmMibps : 0;
    return new StreamOptions(other, retentionHours, keyId, metrics, recordKibMax, warm);
  }

  StreamOptions withRetentionHours(int hours) {
    return new StreamOptions(mode, hours, keyId, metrics, recordKibMax, warmMibps);
  }

  StreamOptions withKeyId(@Nullable String id) {
    return new StreamOptions(mode, retentionHours, id, metrics, recordKibMax, warmMibps);
  }

  StreamOptions withMetrics(Set<ShardMetric> others) {
    return new StreamOptions(mode, retentionHours, keyId, others, recordKibMax, warmMibps);
  }

  long retentionMillis() {
    return retentionHours * 3_600_000L;
  }
}
