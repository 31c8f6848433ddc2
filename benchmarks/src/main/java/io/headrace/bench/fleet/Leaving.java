package io.headrace.bench.fleet;

import static io.headrace.bench.fleet.Starting.seconds;

import io.headrace.bench.rig.Figures;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** One of three workers leaves, in order or not: what happens to its shards, and to the others. */
final class Leaving {
  private static final int WORKERS = 3;
  private static final Duration MAX = Duration.ofSeconds(260);
  private static final Duration EXIT_MAX = Duration.ofMinutes(1);

  private Leaving() {}

  static Figures kill(Stage stage, String label) {
    List<FleetMember> fleet = stage.fleet(WORKERS);
    FleetMember leader = stage.leader();
    return kill(
        stage, label, fleet.stream().filter(member -> member != leader).findFirst().orElseThrow());
  }

  static Figures killLeader(Stage stage, String label) {
    stage.fleet(WORKERS);
    return kill(stage, label, stage.leader());
  }

  private static Figures kill(Stage stage, String label, FleetMember victim) {
    List<String> shards = held(stage, victim);
    long tick = System.nanoTime();
    victim.kill();
    victim.ended(EXIT_MAX);
    aftermath(stage, victim, shards, tick);
    Figures figures = new Figures();
    resumed(stage, label, victim, shards, tick, figures);
    return figures;
  }

  static Figures stop(Stage stage, String label) {
    List<FleetMember> fleet = stage.fleet(WORKERS);
    FleetMember victim = fleet.get(1);
    List<String> shards = held(stage, victim);
    long tick = stage.stop(victim);
    Figures figures = new Figures();
    if (victim.ended(EXIT_MAX)) {
      figures.put(label + ".exit_s", seconds(System.nanoTime() - tick));
    }
    aftermath(stage, victim, shards, tick);
    resumed(stage, label, victim, shards, tick, figures);
    return figures;
  }

  /** What a worker has, by the last records. */
  static List<String> held(Stage stage, FleetMember member) {
    return stage.course().owners(System.nanoTime()).entrySet().stream()
        .filter(entry -> entry.getValue().equals(member.name()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Waits until all goes on elsewhere, and for what may follow. */
  private static void aftermath(Stage stage, FleetMember victim, List<String> shards, long tick) {
    stage.within(
        MAX,
        () ->
            System.nanoTime() - tick > stage.side().aftermath().toNanos()
                && shards.stream()
                    .allMatch(
                        shard -> stage.course().resumed(shard, victim.name(), tick).isPresent())
                && stage.flows());
  }

  /** A shard that was not resumed counts as if it were now, and is told by itself. */
  private static void resumed(
      Stage stage,
      String label,
      FleetMember victim,
      List<String> shards,
      long tick,
      Figures figures) {
    long now = System.nanoTime();
    Course course = stage.course();
    double worst = 0;
    double worstGap = 0;
    double gaps = 0;
    int missing = 0;
    for (String shard : shards) {
      OptionalLong resumed = course.resumed(shard, victim.name(), tick);
      missing += resumed.isPresent() ? 0 : 1;
      long at = resumed.orElse(now);
      double gap = seconds(Math.max(0, at - course.last(shard, victim.name()).orElse(tick)));
      worst = Math.max(worst, seconds(at - tick));
      worstGap = Math.max(worstGap, gap);
      gaps += gap;
    }
    double silence =
        course.shards().stream()
            .mapToLong(shard -> course.longestSilence(shard, tick, now))
            .max()
            .orElse(0);
    figures
        .put(label + ".resume_worst_s", worst)
        .put(label + ".gap_worst_s", worstGap)
        .put(label + ".gap_mean_s", gaps / Math.max(1, shards.size()))
        .put(label + ".silence_worst_s", silence / 1e9)
        .put(label + ".shards", shards.size())
        .put(label + ".not_resumed", missing);
  }
}
