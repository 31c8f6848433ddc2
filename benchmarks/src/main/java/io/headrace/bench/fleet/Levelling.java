package io.headrace.bench.fleet;

import static io.headrace.bench.fleet.Starting.seconds;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Pause;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** Shards go from one living worker to another: because one joins, or because all are replaced. */
final class Levelling {
  private static final int ROLLED = 10;
  private static final Duration EXIT_MAX = Duration.ofMinutes(1);

  /** A deployment looks so long at a new worker before it goes on to the next. */
  private static final Duration STEP = Duration.ofSeconds(5);

  /** In so long nothing has moved: the fleet has settled. */
  private static final Duration SETTLED = Duration.ofSeconds(15);

  private Levelling() {}

  static Figures join(Stage stage, String label) {
    stage.fleet(2);
    FleetMember joining = stage.member();
    long tick = joining.startTick();
    stage.within(stage.side().patience(), () -> settled(stage, tick, stage.living()));
    long now = System.nanoTime();
    Course course = stage.course();
    Set<String> workers = stage.living();
    OptionalLong level = course.levelSince(workers, tick, now);
    Figures figures =
        new Figures()
            .put(label + ".level_s", seconds(level.orElse(now) - tick))
            .put(label + ".spread", course.spread(workers, now));
    moves(course, label, course.moves(tick, now), tick, now, figures);
    return figures;
  }

  static Figures roll(Stage stage, String label) {
    return roll(stage, label, false);
  }

  static Figures rollWithSurge(Stage stage, String label) {
    return roll(stage, label, true);
  }

  private static Figures roll(Stage stage, String label, boolean surge) {
    List<FleetMember> fleet = stage.fleet(ROLLED);
    stage.deploy("v2");
    long tick = System.nanoTime();
    for (FleetMember old : fleet) {
      if (surge) {
        replace(stage);
      }
      stage.stop(old);
      if (!old.ended(EXIT_MAX)) {
        stage.say(old.name() + " had to be killed: it did not leave in order");
        old.kill();
      }
      if (!surge) {
        replace(stage);
      }
    }
    double took = seconds(System.nanoTime() - tick);
    stage.within(stage.side().patience(), () -> settled(stage, tick, stage.living()));
    long now = System.nanoTime();
    Course course = stage.course();
    Figures figures =
        new Figures()
            .put(label + ".took_s", took)
            .put(label + ".spread", course.spread(stage.living(), now));
    moves(course, label, course.moves(tick, now), tick, now, figures);
    return figures;
  }

  private static void replace(Stage stage) {
    FleetMember next = stage.member();
    stage.awaitReady(next);
    Pause.millis(STEP.toMillis());
  }

  /** All is read, all are level, and nothing has moved for a while. */
  private static boolean settled(Stage stage, long from, Set<String> workers) {
    long now = System.nanoTime();
    Course course = stage.course();
    long last = course.moves(from, now).stream().mapToLong(Course.Move::tick).max().orElse(from);
    return now - last > SETTLED.toNanos() && course.spread(workers, now) <= 1 && stage.flows();
  }

  private static void moves(
      Course course, String label, List<Course.Move> moves, long from, long to, Figures figures) {
    int shards = course.shards().size();
    double most =
        course.shards().stream()
            .mapToLong(shard -> moves.stream().filter(move -> move.shard().equals(shard)).count())
            .max()
            .orElse(0);
    double silence =
        course.shards().stream()
            .mapToLong(shard -> course.longestSilence(shard, from, to))
            .max()
            .orElse(0);
    figures
        .put(label + ".moves_mean", (double) moves.size() / Math.max(1, shards))
        .put(label + ".moves_worst", most)
        .put(label + ".silence_worst_s", silence / 1e9);
    if (!moves.isEmpty()) {
      figures
          .put(
              label + ".gap_worst_s",
              seconds(moves.stream().mapToLong(Course.Move::gapNanos).max().orElseThrow()))
          .put(
              label + ".gap_mean_s",
              moves.stream().mapToLong(Course.Move::gapNanos).average().orElseThrow() / 1e9);
    }
  }
}
