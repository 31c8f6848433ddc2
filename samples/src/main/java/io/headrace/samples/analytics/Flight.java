package io.headrace.samples.analytics;

import java.time.Instant;

/**
 * A flight as it goes on the stream.
 *
 * @param number its place in the file, 1 upwards: tells a flight that was stored twice
 * @param departed local time at the origin, taken for UTC
 * @param origin the partition key
 * @param delayMinutes of the arrival; negative when early
 */
public record Flight(
    long number,
    Instant departed,
    String origin,
    String destination,
    int delayMinutes,
    int distanceMiles) {}
