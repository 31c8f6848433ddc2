package io.headrace.bench.fleet;

import io.headrace.bench.rig.Figures;
import java.time.Duration;

/** From the start of a process to what its function handles first. */
final class Starting {
  private static final Duration MAX = Duration.ofMinutes(3);

  private Starting() {}

  static Figures first(Stage stage, String label) {
    stage.warmServers();
    return start(stage, label);
  }

  static Figures onTable(Stage stage, String label) {
    stage.warmServers();
    stage.makeTable();
    return start(stage, label);
  }

  private static Figures start(Stage stage, String label) {
    stage.load();
    FleetMember member = stage.member();
    int shards = stage.openShards().size();
    Figures figures = new Figures();
    boolean any = stage.within(MAX, () -> !member.deliveries().isEmpty());
    boolean all = stage.within(MAX, () -> stage.course().shards().size() == shards);
    if (any) {
      double cpuMillis =
          member.await("ready", member.startTick(), MAX).line().path("cpuMillis").asDouble();
      figures.put(label + ".ready_cpu_s", cpuMillis / 1e3);
      figures.put(label + ".first_s", seconds(first(stage) - member.startTick()));
    }
    if (all) {
      figures.put(label + ".all_s", seconds(lastFirst(stage) - member.startTick()));
    }
    return figures.put(label + ".unread_shards", (double) shards - stage.course().shards().size());
  }

  private static long first(Stage stage) {
    Course course = stage.course();
    return course.shards().stream()
        .mapToLong(shard -> course.first(shard).orElseThrow())
        .min()
        .orElseThrow();
  }

  private static long lastFirst(Stage stage) {
    Course course = stage.course();
    return course.shards().stream()
        .mapToLong(shard -> course.first(shard).orElseThrow())
        .max()
        .orElseThrow();
  }

  static double seconds(long nanos) {
    return nanos / 1e9;
  }
}
