package io.headrace.local.engine;

/** How long a stream keeps its records: what may be asked for, in the service's words. Pure. */
final class Retention {
  private static final int HOURS_MIN = 24;
  private static final int HOURS_MAX = 8760;

  private Retention() {}

  static Plan increase(StreamState state, int hours) {
    requireInRange(hours);
    int present = state.options().retentionHours();
    if (hours < present) {
      throw refused(state, hours, "shorter", present, "Decrease");
    }
    return plan(state, hours);
  }

  static Plan decrease(StreamState state, int hours) {
    requireInRange(hours);
    int present = state.options().retentionHours();
    if (hours > present) {
      throw refused(state, hours, "longer", present, "Increase");
    }
    return plan(state, hours);
  }

  private static Plan plan(StreamState state, int hours) {
    state.requireActive();
    return Plan.update(state, state.options().withRetentionHours(hours));
  }

  private static void requireInRange(int hours) {
    if (hours < HOURS_MIN) {
      throw outOfRange("Minimum", HOURS_MIN, hours, "short");
    }
    if (hours > HOURS_MAX) {
      throw outOfRange("Maximum", HOURS_MAX, hours, "long");
    }
  }

  private static KinesisError outOfRange(String which, int limit, int hours, String how) {
    return KinesisError.invalidArgument(
        ("%s allowed retention period is %d hours. "
                + "Requested retention period (%d hours) is too %s.")
            .formatted(which, limit, hours, how));
  }

  private static KinesisError refused(
      StreamState state, int hours, String how, int present, String other) {
    return KinesisError.invalidArgument(
        ("Requested retention period (%d hours) for stream %s can not be %s than existing "
                + "retention period (%d hours). Use %sRetentionPeriod API.")
            .formatted(hours, state.key().name(), how, present, other));
  }
}
