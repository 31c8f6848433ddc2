package io.headrace.bench.outage;

import io.headrace.bench.rig.Samples;
import java.util.ArrayList;
import java.util.List;

/**
 * A figure that is looked at again and again, and has to stay what it is. Judged over the last two
 * thirds, as a process takes its time to have all that it needs. Immutable.
 */
record Trend(List<Point> points) {
  /** Fewer say nothing of a slope. */
  private static final int POINTS_MIN = 6;

  /**
   * One look.
   *
   * @param seconds since the beginning
   */
  record Point(double seconds, double value) {}

  Trend {
    points = List.copyOf(points);
  }

  /** Whether there are enough looks in what is judged. */
  boolean canBeJudged() {
    return judged().size() >= POINTS_MIN;
  }

  /** In the middle of what is judged. */
  double median() {
    return Samples.of(judged().stream().map(Point::value).toList()).median();
  }

  /**
   * By how much it grew over what is judged: the median of the slopes between any two looks, which
   * a few looks at a bad moment do not change, times the seconds.
   */
  double growth() {
    List<Point> judged = judged();
    List<Double> slopes = new ArrayList<>();
    for (int from = 0; from < judged.size(); from++) {
      for (int to = from + 1; to < judged.size(); to++) {
        double seconds = judged.get(to).seconds() - judged.get(from).seconds();
        if (seconds > 0) {
          slopes.add((judged.get(to).value() - judged.get(from).value()) / seconds);
        }
      }
    }
    double seconds = judged.get(judged.size() - 1).seconds() - judged.get(0).seconds();
    return slopes.isEmpty() ? 0 : Samples.of(slopes).median() * seconds;
  }

  private List<Point> judged() {
    if (points.isEmpty()) {
      return points;
    }
    double first = points.get(0).seconds();
    double last = points.get(points.size() - 1).seconds();
    double from = first + (last - first) / 3;
    return points.stream().filter(point -> point.seconds() >= from).toList();
  }
}
