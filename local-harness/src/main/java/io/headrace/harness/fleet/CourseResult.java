package io.headrace.harness.fleet;

import io.headrace.kcl.StableCopy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the course of one seed went.
 *
 * @param hash the same for the same seed
 * @param lastEvents of a course that broke a promise; else empty
 */
record CourseResult(
    long seed,
    long hash,
    long events,
    Duration virtualTime,
    long requests,
    long puts,
    long deliveries,
    long repeats,
    long parked,
    long commits,
    long changesOfOwner,
    Map<Disturbance, Long> disturbances,
    Map<Weather.Mishap, Long> mishaps,
    Verdicts.@Nullable Violation violation,
    List<String> lastEvents) {
  CourseResult {
    disturbances = StableCopy.of(disturbances);
    mishaps = StableCopy.of(mishaps);
    lastEvents = List.copyOf(lastEvents);
  }
}
