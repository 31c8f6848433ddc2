package io.headrace.bench.rig;

import java.nio.charset.StandardCharsets;

/**
 * A flight of the windowed job, as its record carries it: text, fields parted by spaces. Immutable.
 *
 * @param origin an airport
 * @param destination an airport
 * @param millis when it left, in milliseconds since 1970
 * @param minutes how late it left
 */
public record Departure(String origin, String destination, long millis, long minutes) {
  private static final String END = "END";

  /** Says that nothing comes behind it in its shard. */
  public static Departure end(long millis) {
    return new Departure(END, END, millis, 0);
  }

  public boolean isEnd() {
    return origin.equals(END);
  }

  public byte[] bytes() {
    return (origin + ' ' + destination + ' ' + millis + ' ' + minutes)
        .getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads what {@link #bytes} writes.
   *
   * @throws IllegalArgumentException when it is something else
   */
  public static Departure of(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.US_ASCII);
    int first = text.indexOf(' ');
    int second = text.indexOf(' ', first + 1);
    int third = text.indexOf(' ', second + 1);
    if (first < 0 || second < 0 || third < 0) {
      throw new IllegalArgumentException(
          "a departure has four fields, but a record of " + bytes.length + " bytes has fewer");
    }
    return new Departure(
        text.substring(0, first),
        text.substring(first + 1, second),
        Long.parseLong(text, second + 1, third, 10),
        Long.parseLong(text, third + 1, text.length(), 10));
  }
}
