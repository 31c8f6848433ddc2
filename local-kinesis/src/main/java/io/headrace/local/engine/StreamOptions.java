package io.headrace.local.engine;

/** What can be set about a stream and holds at once. Immutable. */
public record StreamOptions(StreamMode mode, int retentionHours) {
  static final int RETENTION_HOURS_DEFAULT = 24;

  static StreamOptions of(StreamMode mode) {
    return new StreamOptions(mode, RETENTION_HOURS_DEFAULT);
  }

  long retentionMillis() {
    return retentionHours * 3_600_000L;
  }
}
