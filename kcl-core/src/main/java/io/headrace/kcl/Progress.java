package io.headrace.kcl;

import java.util.List;
import java.util.Optional;

/**
 * Which records of a shard are finished: all up to {@code through}, and the ranges above it.
 *
 * @param through empty before the first record is finished
 * @param ranges ascending, disjoint, above {@code through}
 */
public record Progress(Optional<Position> through, List<Range> ranges) {
  public static final Progress NONE = new Progress(Optional.empty(), List.of());

  public Progress {
    ranges = List.copyOf(ranges);
  }

  /** Records that were finished out of turn, both ends included. */
  public record Range(Position first, Position last) {
    public Range {
      if (first.compareTo(last) > 0) {
        throw new IllegalArgumentException("range from " + first + " to " + last + " is empty");
      }
    }
  }
}
