package io.headrace.samples.analytics;

import java.time.Instant;

/**
 * What the flights to an airport were like on a day. Of each destination and day exactly one.
 *
 * @param day of the departure: its first instant, UTC
 * @param delayMinutes the sum of all delays
 * @param lateFlights how many were more than 15 minutes behind
 */
public record DayOfDestination(
    String destination,
    Instant day,
    long flights,
    long delayMinutes,
    long lateFlights,
    double meanDelay,
    double shareLate)
    implements DelayFigures {}
