package io.headrace.samples.analytics;

import java.time.Instant;

/**
 * What a day at an airport was like. Of each origin and day exactly one.
 *
 * @param day its first instant, UTC
 * @param delayMinutes the sum of all delays
 * @param lateFlights how many were more than 15 minutes behind
 */
public record DayOfOrigin(
    String origin,
    Instant day,
    long flights,
    long delayMinutes,
    long lateFlights,
    double meanDelay,
    double shareLate)
    implements DelayFigures {}
