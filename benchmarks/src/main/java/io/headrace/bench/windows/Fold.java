package io.headrace.bench.windows;

import io.headrace.bench.rig.DelaySum;
import io.headrace.bench.rig.Departure;
import io.headrace.bench.rig.Departures;
import io.headrace.bench.rig.WindowResults;
import io.headrace.bench.rig.WindowSettings.By;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the job has to come to: the input folded in one loop, as lines of results. */
final class Fold {
  private Fold() {}

  /**
   * Folds.
   *
   * @param file what they are written into, in the form of the others' results
   */
  static List<String> of(Departures departures, By by, Path file) {
    Map<String, Map<Long, DelaySum>> sums = new HashMap<>();
    while (departures.hasNext()) {
      Departure departure = departures.next();
      sums.computeIfAbsent(by.keyOf(departure), key -> new HashMap<>())
          .merge(
              Departures.startOfDay(departure.millis()),
              DelaySum.NONE.plus(departure),
              (sum, first) -> sum.plus(departure));
    }
    WindowResults results = new WindowResults(0, 0, 0);
    sums.forEach((key, days) -> days.forEach((day, sum) -> results.told(key, day, sum)));
    results.write(file);
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
