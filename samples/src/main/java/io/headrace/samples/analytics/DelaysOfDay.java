package io.headrace.samples.analytics;

import java.time.Instant;

/**
 * What the flights of a day were like, from an airport or to one. Of each function, airport and day
 * exactly one.
 *
 * @param day of the departure: its first instant, UTC
 * @param delayMinutes the sum of all delays
 * @param lateFlights how many were more than 15 minutes behind
 */
public record DelaysOfDay(
    String airport,
    Instant day,
    long flights,
    long delayMinutes,
    long lateFlights,
    double meanDelay,
    double shareLate) {}
