package io.headrace.bench.fleet;

import static io.headrace.bench.fleet.Starting.seconds;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Parcel.Fate;
import io.headrace.bench.rig.Pause;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/** A function throws: what becomes of its record, of its shard, and of its worker. */
final class Failing {
  private static final Duration THROW_MAX = Duration.ofSeconds(20);

  /** In so long a record is tried again, if ever. */
  private static final Duration RETRIED = Duration.ofSeconds(15);

  /** What is put last has arrived after this. */
  private static final Duration ARRIVED_MAX = Duration.ofSeconds(20);

  /** In so long a worker that can't go on has left, if ever. */
  private static final Duration LEFT_MAX = Duration.ofMinutes(1);

  private Failing() {}

  static Figures exception(Stage stage, String label) {
    stage.fleet(2);
    FleetMember owner = stage.ownerOfFirst();
    long tick = System.nanoTime();
    stage.load().next(Fate.EXCEPTION, "");
    owner.await("threw", tick, THROW_MAX);
    Pause.millis(RETRIED.toMillis());
    Figures figures = new Figures();
    skipped(stage, label, figures);
    return figures;
  }

  static Figures error(Stage stage, String label) {
    stage.fleet(2);
    FleetMember victim = stage.ownerOfFirst();
    long from = System.nanoTime();
    stage.load().next(Fate.ERROR, victim.name());
    long tick = victim.await("threw", from, THROW_MAX).tick();
    boolean left = victim.ended(LEFT_MAX);
    double exit = seconds(System.nanoTime() - tick);
    stage.within(LEFT_MAX, stage::flows);
    long now = System.nanoTime();
    Course course = stage.course();
    Figures figures =
        new Figures()
            .put(label + ".left", left ? 1 : 0)
            .put(label + ".still_shards", stage.stuck())
            .put(
                label + ".silence_worst_s",
                seconds(
                    course.shards().stream()
                        .mapToLong(one -> course.longestSilence(one, tick, now))
                        .max()
                        .orElse(0)));
    if (left) {
      figures.put(label + ".exit_s", exit);
    }
    replaced(stage, label, victim, figures);
    skipped(stage, label, figures);
    return figures;
  }

  /**
   * What a deployment does next: whatever has ended is started anew, and then the other worker is
   * replaced. One that only looks alive is left in charge of everything for a while.
   */
  private static void replaced(Stage stage, String label, FleetMember victim, Figures figures) {
    FleetMember other =
        stage.living().stream()
            .map(stage::member)
            .filter(member -> member != victim)
            .findFirst()
            .orElseThrow();
    if (!victim.isAlive()) {
      stage.awaitReady(stage.member());
      stage.calm();
    }
    long tick = stage.stop(other);
    other.ended(LEFT_MAX);
    stage.within(
        stage.side().patience(),
        () -> System.nanoTime() - tick > stage.side().aftermath().toNanos() && stage.flows());
    figures.put(label + ".stuck_shards", stage.stuck());
  }

  /** Ends the load, waits for what has not arrived, and counts what never does. */
  private static void skipped(Stage stage, String label, Figures figures) {
    stage.load().close();
    Set<Long> stored = stage.load().stored();
    stage.within(ARRIVED_MAX, () -> stage.course().numbers().containsAll(stored));
    Set<Long> missing = new HashSet<>(stage.load().stored());
    missing.removeAll(stage.course().numbers());
    figures.put(label + ".skipped_records", missing.size());
  }
}
