package io.headrace.samples.analytics;

import java.time.Instant;

/**
 * A flight as it goes on the stream, or the end of all flights.
 *
 * @param number its place in the file, 1 upwards: tells a flight that was stored twice. 0 says that
 *     the input has ended
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
    int distanceMiles) {
  /** Goes into each shard, behind the last flight. */
  static final Flight END = new Flight(0, Instant.EPOCH, "", "", 0, 0);

  boolean endsInput() {
    return number == END.number;
  }
}
