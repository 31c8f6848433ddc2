package io.headrace.bench.consumer;

import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.ServerProcess;
import io.headrace.bench.rig.Timetable;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * The producer of the latency runs, a process of its own: warms everything up at the highest rate,
 * plays all rates from there, and prints which windows it played.
 */
final class TimetableProgram {
  /** The consumer's queue empties between the records of a window and those of the next. */
  private static final int PAUSE_MILLIS = 500;

  /** At least so many a second come before a rate is measured, so that nothing has gone cold. */
  private static final int RATE_BEFORE = 100;

  private TimetableProgram() {}

  static List<String> command(ServerProcess kinesis, LatencyPlan plan) {
    return List.of(
        "endpoint=" + kinesis.endpoint(),
        "windowMillis=" + plan.window().toMillis(),
        "measuredMillis=" + plan.measured().toMillis());
  }

  /** The name under which it tells the window of a rate. */
  static String windowOf(int rate) {
    return "window." + rate;
  }

  /** The name under which it tells how many records that window has. */
  static String countOf(int rate) {
    return "count." + rate;
  }

  /** The name under which it tells how late it was itself. */
  static String lateOf(int rate) {
    return "latency." + rate + ".producer_late_p99_ms";
  }

  /** Takes what {@link #command} writes. */
  public static void main(String[] args) {
    Arguments given = Arguments.parse(Arrays.asList(args));
    Figures figures = new Figures();
    int exitCode = 0;
    try (LoadClient client = LoadClient.http1(given.uri("endpoint"))) {
      Timetable timetable = new Timetable(client, Consumers.STREAM);
      Duration window = given.millis("windowMillis");
      timetable.play(LatencyPlan.RATES.get(0), window.multipliedBy(LatencyPlan.WARM_UPS));
      play(timetable, window, given.millis("measuredMillis"), figures);
    } catch (RuntimeException e) {
      System.err.println(NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    System.out.println(figures.line());
    System.exit(exitCode);
  }

  private static void play(
      Timetable timetable, Duration window, Duration measured, Figures figures) {
    for (int rate : LatencyPlan.RATES) {
      timetable.play(Math.max(rate, RATE_BEFORE), window);
      Pause.millis(PAUSE_MILLIS);
      Timetable.Window played = timetable.play(rate, measured.multipliedBy(rate == 1 ? 2 : 1));
      figures
          .put(windowOf(rate), played.number())
          .put(countOf(rate), (double) played.count())
          .put(lateOf(rate), played.lateMillis().percentile(99));
      Pause.millis(PAUSE_MILLIS);
      timetable.requireAnswers();
    }
  }
}
