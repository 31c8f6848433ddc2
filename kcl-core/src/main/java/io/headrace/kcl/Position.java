package io.headrace.kcl;

import java.util.Objects;

/**
 * The place of one user record in its shard: a sequence number, and its index within the record of
 * that number where a producer packed several into one (0 otherwise).
 */
public record Position(SequenceNumber sequence, long subSequence) implements Comparable<Position> {
  public Position {
    Objects.requireNonNull(sequence, "sequence");
    if (subSequence < 0) {
      throw new IllegalArgumentException("subSequence " + subSequence + " is negative");
    }
  }

  public static Position of(String sequence) {
    return new Position(new SequenceNumber(sequence), 0);
  }

  public static Position of(long sequence) {
    return new Position(SequenceNumber.of(sequence), 0);
  }

  /** Reads what {@link #toString} wrote. */
  public static Position parse(String text) {
    int colon = text.indexOf(':');
    try {
      return colon < 0
          ? of(text)
          : new Position(
              new SequenceNumber(text.substring(0, colon)),
              Long.parseLong(text.substring(colon + 1)));
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          "position \"" + text + "\": must be sequence:sub, both decimal", notANumber);
    }
  }

  @Override
  public int compareTo(Position other) {
    int bySequence = sequence.compareTo(other.sequence);
    return bySequence != 0 ? bySequence : Long.compare(subSequence, other.subSequence);
  }

  /** {@code sequence:sub}. */
  @Override
  public String toString() {
    return sequence.value() + ":" + subSequence;
  }
}
