package io.headrace.samples.fraud;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How long after the first payment of an incident its first right alarm was given, in event time.
 *
 * @param delays of the incidents that were found, the shortest first
 */
record Detection(List<Duration> delays) {
  static final Detection NONE = new Detection(List.of());

  Detection {
    delays = delays.stream().sorted().toList();
  }

  Detection plus(Detection other) {
    var both = new ArrayList<>(delays);
    both.addAll(other.delays);
    return new Detection(both);
  }

  /** As figures, in seconds; left out when nothing was found. */
  Map<String, Object> figures() {
    var figures = new LinkedHashMap<String, Object>();
    if (!delays.isEmpty()) {
      figures.put("medianSeconds", share(0.5).toSeconds());
      figures.put("ninetiethSeconds", share(0.9).toSeconds());
      figures.put("longestSeconds", share(1).toSeconds());
    }
    return figures;
  }

  /** For a person. */
  @Override
  public String toString() {
    return delays.isEmpty()
        ? "-"
        : "after "
            + share(0.5).toSeconds()
            + " s in the median, "
            + share(0.9).toSeconds()
            + " s for 9 in 10, "
            + share(1).toSeconds()
            + " s at most";
  }

  /** The shortest time within which such a share was found (nearest rank). */
  private Duration share(double part) {
    int rank = (int) Math.ceil(part * delays.size());
    return delays.get(Math.max(1, rank) - 1);
  }
}
