package io.headrace.samples.monitoring;

import io.headrace.samples.monitoring.MoteState.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Tells abnormal readings of a mote from the past of that mote alone.
 *
 * <p>A reading is held against the mote's own level: the median of its last few normal readings, so
 * that the weather and the hour move the level along and one bad reading moves it hardly. It is an
 * anomaly when humidity or temperature is further away than a normal mote gets in so few readings.
 * From then on the level stands still, so that an anomaly can't become its own standard, and each
 * reading is one until both values are back. Should the mote have settled somewhere else for good,
 * as after it was moved, the readings are still: enough still ones in a row are the new level.
 *
 * <p>Pure and stateless, so any thread may call it. It sees nothing that lies ahead, and no label.
 */
final class MonitoringRule {
  /**
   * @param normal how many readings make the level: the fewest whose median two bad ones can't move
   *     far
   * @param humidity in %: the sensor's own accuracy, ±3.0 % by the data sheet of the SHT11 that
   *     TelosB motes carry; below it a deviation need not be one
   * @param temperature in °C: above the largest step between normal readings of motes 1 and 2, 1.1
   * @param settled how many still readings make a new level
   * @param stillHumidity how far apart these may lie, in %
   * @param stillTemperature likewise in °C
   */
  record Limits(
      int normal,
      double humidity,
      double temperature,
      int settled,
      double stillHumidity,
      double stillTemperature) {
    static final Limits CHOSEN = new Limits(5, 3.0, 1.5, 30, 1.0, 0.5);

    Limits {
      if (normal < 1 || normal > 1000 || settled < normal || settled > 1000) {
        throw new IllegalArgumentException(
            "normal "
                + normal
                + ", settled "
                + settled
                + ": must be 1 <= normal <= settled <= 1000");
      }
      if (!(humidity > 0 && temperature > 0 && stillHumidity > 0 && stillTemperature > 0)) {
        throw new IllegalArgumentException("humidity, temperature and still limits: must be > 0");
      }
    }
  }

  /** What is remembered from now on, and the anomaly if the reading is one. */
  record Verdict(MoteState state, Optional<Anomaly> anomaly) {}

  private final Limits limits;

  MonitoringRule(Limits limits) {
    this.limits = limits;
  }

  /** Judges the next reading. One that was seen before changes nothing. */
  Verdict judge(MoteState state, Reading reading) {
    if (reading.number() <= state.last()) {
      return new Verdict(state, Optional.empty());
    }
    var level = new Level(reading.humidity(), reading.temperature());
    if (state.normal().isEmpty()) {
      return normal(state, reading, level);
    }
    double humidity = median(state.normal(), Level::humidity);
    double temperature = median(state.normal(), Level::temperature);
    if (Math.abs(reading.humidity() - humidity) < limits.humidity()
        && Math.abs(reading.temperature() - temperature) < limits.temperature()) {
      return normal(state, reading, level);
    }
    var suspect = latest(state.suspect(), level, limits.settled());
    if (still(suspect)) {
      var settled = suspect.subList(suspect.size() - limits.normal(), suspect.size());
      return new Verdict(new MoteState(reading.number(), settled, List.of()), Optional.empty());
    }
    return new Verdict(
        new MoteState(reading.number(), state.normal(), suspect),
        Optional.of(
            new Anomaly(
                reading.mote(),
                reading.number(),
                reading.humidity(),
                humidity,
                reading.temperature(),
                temperature)));
  }

  private Verdict normal(MoteState state, Reading reading, Level level) {
    var normal = latest(state.normal(), level, limits.normal());
    return new Verdict(new MoteState(reading.number(), normal, List.of()), Optional.empty());
  }

  private boolean still(List<Level> suspect) {
    return suspect.size() == limits.settled()
        && spread(suspect, Level::humidity) <= limits.stillHumidity()
        && spread(suspect, Level::temperature) <= limits.stillTemperature();
  }

  private static List<Level> latest(List<Level> before, Level level, int most) {
    var levels = new ArrayList<>(before);
    levels.add(level);
    return levels.subList(Math.max(0, levels.size() - most), levels.size());
  }

  private static double spread(List<Level> levels, ToDoubleFunction<Level> value) {
    var values = levels.stream().mapToDouble(value).summaryStatistics();
    return values.getMax() - values.getMin();
  }

  private static double median(List<Level> levels, ToDoubleFunction<Level> value) {
    var sorted = levels.stream().mapToDouble(value).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
