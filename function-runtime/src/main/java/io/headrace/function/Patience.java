package io.headrace.function;

import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link RetryPolicy} says of more than one record's attempts. Immutable.
 *
 * @param recordAge how old a record may get; null for as old as it likes
 * @param outages exceptions that mean that a dependency is down
 * @param failuresMax more failing ones among the last {@code ofLast} records pause the function
 * @param ofLast 0 when failing records never pause it
 * @param parking null when no key is parked
 */
record Patience(
    @Nullable Duration recordAge,
    List<Class<? extends Throwable>> outages,
    int failuresMax,
    int ofLast,
    @Nullable KeyParking parking) {
  static final Patience ENDLESS = new Patience(null, List.of(), 0, 0, KeyParking.DEFAULT);

  private static final Duration AGE_MIN = Duration.ofMillis(1);
  private static final Duration AGE_MAX = Duration.ofDays(365);
  private static final Duration RETRY_AFTER_MAX = Duration.ofHours(1);
  private static final int OF_LAST_MAX = 100_000;

  /** A dependency that is down, and when it wants to be asked again. */
  record Outage(String dependency, Duration retryAfter) {}

  Patience {
    outages = List.copyOf(outages);
  }

  Patience within(@Nullable Duration age) {
    if (age != null && (age.compareTo(AGE_MIN) < 0 || age.compareTo(AGE_MAX) > 0)) {
      throw new IllegalArgumentException(
          "within " + age + ": the age of a record must be between 1 ms and 365 days");
    }
    return new Patience(age, outages, failuresMax, ofLast, parking);
  }

  Patience unavailableOn(Class<? extends Throwable> type) {
    RetryPolicy.refuseFatal("unavailableOn", type);
    var more = new ArrayList<>(outages);
    more.add(type);
    return new Patience(recordAge, more, failuresMax, ofLast, parking);
  }

  Patience pausingAbove(double share, int ofLast) {
    if (!(share >= 0 && share < 1) || ofLast < 1 || ofLast > OF_LAST_MAX) {
      throw new IllegalArgumentException(
          "pausingAbove "
              + share
              + " of the last "
              + ofLast
              + ": the share must be at least 0 and below 1, the number between 1 and "
              + OF_LAST_MAX);
    }
    // 29 of 100, which 0.29 * 100 is not quite.
    int failuresMax = Math.min(ofLast - 1, (int) Math.floor(share * ofLast + 1e-9));
    return new Patience(recordAge, outages, failuresMax, ofLast, parking);
  }

  Patience parkingKeys(@Nullable KeyParking choice) {
    return new Patience(recordAge, outages, failuresMax, ofLast, choice);
  }

  boolean isTooOld(@Nullable Instant arrivedAt, Instant now) {
    return recordAge != null && arrivedAt != null && !arrivedAt.plus(recordAge).isAfter(now);
  }

  /** Null when the failure is the record's own. */
  @Nullable Outage outage(Throwable failure) {
    var cause = Stages.causeOf(failure);
    if (cause instanceof Unavailable unavailable) {
      var wanted = unavailable.retryAfter();
      return new Outage(
          unavailable.dependency(),
          wanted.isNegative()
              ? Duration.ZERO
              : wanted.compareTo(RETRY_AFTER_MAX) > 0 ? RETRY_AFTER_MAX : wanted);
    }
    for (var type : outages) {
      if (type.isInstance(cause)) {
        var name = cause.getClass().getSimpleName();
        return new Outage(name.isEmpty() ? type.getSimpleName() : name, Duration.ZERO);
      }
    }
    return null;
  }
}
