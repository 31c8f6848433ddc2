package io.headrace.bench.rig;

import java.nio.ByteBuffer;

/**
 * What the windowed job keeps for a window. Whole numbers: their sum is the same in whatever order
 * they come, so that programs can be compared to the last bit. Immutable.
 *
 * @param flights how many
 * @param minutes of delay, of all together
 * @param late how many of them were more than a quarter of an hour late
 * @param most the largest delay, in minutes
 */
public record DelaySum(long flights, long minutes, long late, long most) {
  public static final DelaySum NONE = new DelaySum(0, 0, 0, Long.MIN_VALUE);

  /** Of {@link #bytes}. */
  public static final int BYTES = 4 * Long.BYTES;

  private static final int LATE_MINUTES = 15;

  public DelaySum plus(Departure departure) {
    return new DelaySum(
        flights + 1,
        minutes + departure.minutes(),
        departure.minutes() > LATE_MINUTES ? late + 1 : late,
        Math.max(most, departure.minutes()));
  }

  public DelaySum plus(DelaySum other) {
    return new DelaySum(
        flights + other.flights,
        minutes + other.minutes,
        late + other.late,
        Math.max(most, other.most));
  }

  public byte[] bytes() {
    return ByteBuffer.allocate(BYTES)
        .putLong(flights)
        .putLong(minutes)
        .putLong(late)
        .putLong(most)
        .array();
  }

  /**
   * Reads what {@link #bytes} writes.
   *
   * @throws IllegalArgumentException when it is something else
   */
  public static DelaySum of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "a sum of delays has " + BYTES + " bytes but there are " + bytes.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new DelaySum(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
  }
}
