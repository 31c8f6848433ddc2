package io.headrace.bench.rig;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a record of a fleet's load carries: its number, and what is to become of it.
 *
 * @param worker in which worker an {@link Fate#ERROR} strikes; empty for the other fates
 */
public record Parcel(long number, Fate fate, String worker) {
  /** What the function does with a record. */
  public enum Fate {
    /** Handles it. */
    PLAIN,
    /** Throws an exception the first times that it sees it, then handles it. */
    EXCEPTION,
    /** Throws an error of the virtual machine in one worker, and handles it in any other. */
    ERROR
  }

  public static Parcel plain(long number) {
    return new Parcel(number, Fate.PLAIN, "");
  }

  public byte[] bytes() {
    return (number + " " + fate + " " + worker).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads what {@link #bytes} writes.
   *
   * @throws IllegalArgumentException when it is something else
   */
  public static Parcel of(ByteBuffer data) {
    String text = StandardCharsets.UTF_8.decode(data.duplicate()).toString();
    String[] parts = text.split(" ", 3);
    if (parts.length != 3) {
      throw new IllegalArgumentException(
          "a record must carry number, fate and worker but has " + parts.length + " parts");
    }
    return new Parcel(Long.parseLong(parts[0]), Fate.valueOf(parts[1]), parts[2]);
  }
}
