package io.headrace.bench.fleet;

import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code bench fleet} holds our fleet to, and what it sets beside the KCL's. */
final class FleetTargets {
  /** F, at our default. */
  private static final double LEASE_SECONDS = 10;

  private static final double FAILOVER_SECONDS = 1.2 * LEASE_SECONDS + 1;
  private static final double REQUESTS_A_SECOND = 0.76;
  private static final double OF_KCL = 0.05;

  /** Threads that 38 more shards may bring: none of theirs, but those that the pools had left. */
  private static final double MORE_THREADS = 4;

  /**
   * A figure of ours, and how much of it there may be.
   *
   * @param figure without the label of the scenario
   */
  private record Limit(Scenario scenario, String figure, String name, double most) {}

  private static final List<Limit> LIMITS =
      List.of(
          new Limit(
              Scenario.START_TABLE, "first_s", "start on an existing table to first record, s", 3),
          new Limit(
              Scenario.KILL, "resume_worst_s", "kill -9: its shards go on, s", FAILOVER_SECONDS),
          new Limit(
              Scenario.KILL_LEADER,
              "resume_worst_s",
              "kill -9 of the first worker (the KCL: of its leader), s",
              FAILOVER_SECONDS),
          new Limit(Scenario.STOP, "gap_worst_s", "orderly stop, longest gap of a shard, s", 1),
          new Limit(
              Scenario.STOP_FANOUT,
              "gap_worst_s",
              "orderly stop by fan-out, longest gap of a shard, s",
              1),
          new Limit(Scenario.JOIN, "gap_worst_s", "move between live workers, longest gap, s", 1),
          new Limit(Scenario.JOIN_FANOUT, "gap_worst_s", "move by fan-out, longest gap, s", 1),
          new Limit(
              Scenario.JOIN,
              "level_s",
              "a worker joins 12 shards and 2 workers, until level, s",
              2 * LEASE_SECONDS),
          new Limit(Scenario.JOIN, "spread", "shards that one worker then has more", 1),
          new Limit(Scenario.ROLL, "moves_mean", "rolling restart of 10, moves a shard, mean", 1.5),
          new Limit(Scenario.ROLL, "moves_worst", "rolling restart of 10, moves a shard, worst", 3),
          new Limit(Scenario.ROLL, "gap_worst_s", "rolling restart of 10, longest gap, s", 1),
          new Limit(
              Scenario.ROLL_SURGE,
              "moves_worst",
              "rolling restart with a surge worker, moves a shard, worst",
              1),
          new Limit(
              Scenario.ROLL_SURGE,
              "gap_worst_s",
              "rolling restart with a surge worker, longest gap, s",
              1),
          new Limit(
              Scenario.RESHARD, "split_s", "split: children after the end of the parent, s", 1),
          new Limit(
              Scenario.RESHARD,
              "merge_s",
              "merge: the child after the end of the last parent, s",
              1),
          new Limit(
              Scenario.IDLE,
              "requests_s",
              "idle at 50 shards a worker, requests to DynamoDB a second and worker",
              REQUESTS_A_SECOND),
          new Limit(
              Scenario.EXCEPTION, "skipped_records", "a function throws: records passed over", 0),
          new Limit(
              Scenario.ERROR,
              "still_shards",
              "an error is thrown: shards that stand still a minute later",
              0),
          new Limit(
              Scenario.ERROR,
              "stuck_shards",
              "an error is thrown: shards that stand still when the other worker has left",
              0),
          new Limit(
              Scenario.ERROR, "skipped_records", "an error is thrown: records passed over", 0),
          new Limit(
              Scenario.ERROR,
              "silence_worst_s",
              "an error is thrown: longest gap of a shard, s",
              FAILOVER_SECONDS));

  /** What is set beside the KCL's, as ours over theirs. */
  private static final List<String> RATIOS =
      List.of(
          "start.first_s",
          "start_table.first_s",
          "kill.resume_worst_s",
          "kill_leader.resume_worst_s",
          "stop.gap_worst_s",
          "stop_fanout.gap_worst_s",
          "join.level_s",
          "join.gap_worst_s",
          "join_fanout.level_s",
          "join_fanout.gap_worst_s",
          "roll.moves_mean",
          "roll.gap_worst_s",
          "roll_surge.moves_mean",
          "roll_surge.gap_worst_s",
          "reshard.split_s",
          "reshard.merge_s",
          "idle.requests_s",
          "idle.writes_s",
          "threads.count",
          "exception.skipped_records",
          "error.silence_worst_s");

  private FleetTargets() {}

  static List<Target> of(FleetPlan plan, Results results) {
    List<Target> targets = new ArrayList<>();
    for (Limit limit : LIMITS) {
      if (plan.has(limit.scenario())) {
        targets.add(
            Target.atMost(
                limit.name(),
                limit.most(),
                results.of(ours(limit.scenario().label() + "." + limit.figure()))));
      }
    }
    if (plan.has(Scenario.ERROR)) {
      targets.add(
          Target.atLeast(
              "an error is thrown: the worker leaves", 1, results.of(ours("error.left"))));
    }
    if (plan.has(Scenario.START)) {
      targets.add(
          Target.atMost(
              "start of a new application to first record, over the KCL at its defaults",
              OF_KCL,
              ofKcl(results, "start.first_s")));
    }
    if (plan.has(Scenario.IDLE)) {
      targets.add(
          Target.atMost(
              "idle requests at 50 shards a worker, over the KCL at its defaults",
              OF_KCL,
              ofKcl(results, "idle.requests_s")));
    }
    if (plan.has(Scenario.THREADS) && plan.has(Scenario.IDLE)) {
      targets.add(
          Target.atMost(
              "threads that 50 shards take more than 12",
              MORE_THREADS,
              results.difference(ours("idle.threads"), ours("threads.count"))));
    }
    return targets;
  }

  static Report.Ratios ratios(Results results) {
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (String figure : RATIOS) {
      put(ratios, results, figure, Side.HEADRACE, Side.KCL);
      put(ratios, results, figure, Side.HEADRACE, Side.KCL_TUNED);
      put(ratios, results, figure, Side.HEADRACE_TUNED, Side.KCL_TUNED);
    }
    return new Report.Ratios("ratios", "ours over the KCL's, within a round:", ratios);
  }

  private static void put(
      Map<String, Samples> ratios, Results results, String figure, Side over, Side under) {
    Samples ratio = results.ratio(key(over, figure), key(under, figure));
    if (ratio != null) {
      ratios.put(figure + ", " + over.label() + " over " + under.label(), ratio);
    }
  }

  private static @Nullable Samples ofKcl(Results results, String figure) {
    return results.ratio(key(Side.HEADRACE, figure), key(Side.KCL, figure));
  }

  private static Results.Key ours(String figure) {
    return key(Side.HEADRACE, figure);
  }

  private static Results.Key key(Side side, String figure) {
    return new Results.Key(side.label(), null, figure);
  }
}
