package io.headrace.samples;

/**
 * A version of a broadcast that is put while a sample is played.
 *
 * @param ahead how many entries are put before it
 */
public record Change(long ahead, Put put) {
  public Change {
    if (ahead < 0) {
      throw new IllegalArgumentException("ahead " + ahead + ": must not be negative");
    }
  }
}
