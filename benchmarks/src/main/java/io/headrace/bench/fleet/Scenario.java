package io.headrace.bench.fleet;

import io.headrace.bench.rig.Figures;
import java.time.Duration;
import java.util.Locale;

/** What happens to a fleet. Each can be asked for with {@code --only}. */
enum Scenario {
  /** A fresh application without a table, 50 shards, one worker. */
  START(50, false, Pace.SLOW),
  /** A fresh application whose table is there. */
  START_TABLE(50, false, Pace.SLOW),
  /** Three workers, 12 shards: kill -9 of one, which does not lead. */
  KILL(12, false, Pace.STEADY),
  /** The same, of the one that leads. */
  KILL_LEADER(12, false, Pace.STEADY),
  /** The same, told to stop in order. */
  STOP(12, false, Pace.STEADY),
  /** A third worker joins two that have 12 shards. */
  JOIN(12, false, Pace.STEADY),
  /** The same by enhanced fan-out. */
  JOIN_FANOUT(12, true, Pace.STEADY),
  /** An orderly stop by enhanced fan-out. */
  STOP_FANOUT(12, true, Pace.STEADY),
  /** Ten workers, 20 shards: one after the other is stopped and replaced. */
  ROLL(20, false, Pace.STEADY),
  /** The same, but each is replaced before it is stopped. */
  ROLL_SURGE(20, false, Pace.STEADY),
  /** Two workers, 4 shards: one is split, then two are merged. */
  RESHARD(4, false, Pace.STEADY),
  /** Two workers with 50 shards each, into which nothing is put. */
  IDLE(100, false, Pace.SLOW),
  /** One worker with 12 shards. */
  THREADS(12, false, Pace.STEADY),
  /** Two workers, 4 shards: a function throws an exception at a record, three times. */
  EXCEPTION(4, false, Pace.STEADY),
  /** Two workers, 12 shards: an error of the virtual machine in one; then the other leaves. */
  ERROR(12, false, Pace.STEADY);

  private enum Pace {
    STEADY(Duration.ofMillis(50)),
    SLOW(Duration.ofSeconds(1));

    private final Duration period;

    Pace(Duration period) {
      this.period = period;
    }
  }

  private final int shards;
  private final boolean fanOut;
  private final Pace pace;

  Scenario(int shards, boolean fanOut, Pace pace) {
    this.shards = shards;
    this.fanOut = fanOut;
    this.pace = pace;
  }

  int shards() {
    return shards;
  }

  boolean fanOut() {
    return fanOut;
  }

  Duration loadPeriod() {
    return pace.period;
  }

  boolean reshards() {
    return this == RESHARD;
  }

  /** Raised by hand when something else is measured: results from before are void then. */
  private int method() {
    return switch (this) {
      case START, START_TABLE, ERROR -> 2;
      default -> 1;
    };
  }

  /** Plays it on a stage, and answers what was measured; figures begin with its label. */
  Figures play(Stage stage) {
    return switch (this) {
      case START -> Starting.first(stage, label());
      case START_TABLE -> Starting.onTable(stage, label());
      case KILL -> Leaving.kill(stage, label());
      case KILL_LEADER -> Leaving.killLeader(stage, label());
      case STOP, STOP_FANOUT -> Leaving.stop(stage, label());
      case JOIN, JOIN_FANOUT -> Levelling.join(stage, label());
      case ROLL -> Levelling.roll(stage, label());
      case ROLL_SURGE -> Levelling.rollWithSurge(stage, label());
      case RESHARD -> Resharding.splitAndMerge(stage, label());
      case IDLE -> Costs.idle(stage, label());
      case THREADS -> Costs.threads(stage, label());
      case EXCEPTION -> Failing.exception(stage, label());
      case ERROR -> Failing.error(stage, label());
    };
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** With what it is played: results of other settings say nothing about these. */
  String settings() {
    return "%s method=%d shards=%d fanOut=%s load=%s limits=%s options=%s"
        .formatted(label(), method(), shards, fanOut, loadPeriod(), Stage.LIMITS, Stage.OPTIONS);
  }
}
