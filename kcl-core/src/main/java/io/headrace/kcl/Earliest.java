package io.headrace.kcl;

import java.time.Instant;
import java.util.List;

/** The place from which several functions can be fed. Pure. */
final class Earliest {
  private Earliest() {}

  /** Of positions the lowest; of times the earliest, and the horizon if one begins there. */
  static StartingPosition of(List<StartingPosition> places) {
    Position position = null;
    Instant time = null;
    for (var place : places) {
      if (place instanceof StartingPosition.After after) {
        position =
            position == null || after.position().compareTo(position) < 0
                ? after.position()
                : position;
      } else if (place instanceof StartingPosition.AtTimestamp at) {
        time = time == null || at.time().isBefore(time) ? at.time() : time;
      } else {
        return StartingPosition.TRIM_HORIZON;
      }
    }
    if (position != null && time != null) {
      throw new IllegalArgumentException(
          "position " + position + " and time " + time + " can't be compared");
    }
    if (position != null) {
      return StartingPosition.after(position);
    }
    return time != null ? StartingPosition.at(time) : StartingPosition.TRIM_HORIZON;
  }
}
