package io.headrace.bench.outage;

import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.ServerProcess;
import io.headrace.bench.rig.ThrottlingProxy;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Puts twice of what a fleet can handle, then nothing, and then half of it while table and stream
 * refuse most requests. On the main thread.
 */
final class OverloadRun {
  static final String NO_READS =
      """
      [{"action": "GetRecords", "probability": %s,
        "error": {"code": "ProvisionedThroughputExceededException"}}]\
      """
          .formatted(OverloadPlan.REFUSED);

  private static final int KINESIS_HEAP_MEBIBYTES = 3_072;
  private static final Duration MARGIN = Duration.ofMinutes(2);
  private static final long LOOK_NANOS = 1_000_000_000;

  /** Collecting garbage stops a worker: not at each look. */
  private static final int LOOKS_A_CENSUS = 5;

  private final OverloadPlan plan;
  private final Path folder;
  private final Path logs;
  private final Consumer<String> progress;
  private final Watch watch = new Watch();
  private final long begun = System.nanoTime();

  /**
   * What came of it.
   *
   * @param full the second half of full load
   * @param before what the first worker has of the machine then
   * @param overload in which twice as much was put
   * @param most the most of everything that the first worker had meanwhile and until all was done
   * @param drained until the lag was gone
   * @param calm in which half as much as is sustainable was put
   * @param table in which the table refused writes
   * @param writesRefused by it
   * @param tableDrained until the lag was gone after that
   * @param stream in which the stream refused reads
   * @param streamDrained until the lag was gone after that
   */
  record Outcome(
      LoadedWorkers.Half full,
      Figures before,
      Spell overload,
      Figures most,
      Spell drained,
      Spell calm,
      Spell table,
      long writesRefused,
      Spell tableDrained,
      Spell stream,
      Spell streamDrained,
      boolean stoppedInOrder,
      Watch watch,
      OutageJudge.Verdict verdict) {}

  OverloadRun(OverloadPlan plan, Checkout checkout, Path folder, Consumer<String> progress) {
    this.plan = plan;
    this.folder = folder;
    this.logs = checkout.logs("overload");
    this.progress = progress;
  }

  Outcome run() throws IOException {
    int port = ServerProcess.freePort();
    try (ServerProcess kinesis =
            OwnServer.start("off", KINESIS_HEAP_MEBIBYTES, logs.resolve("kinesis.log"));
        ServerProcess tables =
            ServerProcess.start(DynamoDbServer.launch(port), port, logs.resolve("dynamodb.log"));
        LoadClient client = LoadClient.http1(kinesis.endpoint());
        ThrottlingProxy proxy = ThrottlingProxy.before(tables.endpoint());
        LoadedWorkers fleet =
            new LoadedWorkers(paced(kinesis.endpoint(), proxy.endpoint(), false), folder, logs)) {
      client.create(OutagePlan.STREAM);
      fleet.start(plan.workers());
      return measured(client, kinesis.endpoint(), proxy, fleet);
    }
  }

  /** Workers that handle so many a second and no more. */
  static LoadedWorkers.Program paced(URI kinesis, URI table, boolean counting) {
    return new LoadedWorkers.Program(
        PacedWorker.class,
        OverloadPlan.WORKER_HEAP_MEBIBYTES,
        List.of("kinesis=" + kinesis, "dynamodb=" + table, "counting=" + counting));
  }

  private Outcome measured(
      LoadClient client, URI stream, ThrottlingProxy proxy, LoadedWorkers fleet)
      throws IOException {
    OutageLoad load = new OutageLoad(client);
    try (load) {
      load.start();
      LoadedWorkers.Half full = fleet.fullLoad(load, plan.before());
      double sustainable = full.handledPerSecond();
      Most most = new Most();
      Figures before = fleet.census(0);
      progress.accept(
          "sustainable: %.0f records/s; twice as much for %d s"
              .formatted(sustainable, plan.over().toSeconds()));
      load.rate(OverloadPlan.TIMES * sustainable);
      Spell overload = spell(fleet, load, most, plan.over(), () -> false);
      progress.accept("nothing is put; %,d records are behind".formatted(overload.lagAtLast()));
      load.pause();
      Spell drained = drained(fleet, load, most, overload);

      load.rate(OverloadPlan.WHILE_THROTTLED * sustainable);
      Spell calm = spell(fleet, load, most, plan.before().dividedBy(2), () -> false);
      progress.accept("the table refuses 90 % of the writes");
      long refusedBefore = proxy.refused();
      proxy.refuse(OverloadPlan.REFUSED);
      Spell table = spell(fleet, load, most, plan.throttled(), () -> false);
      proxy.refuse(0);
      long refused = proxy.refused() - refusedBefore;
      load.pause();
      Spell tableDrained = drained(fleet, load, most, table);

      load.rate(OverloadPlan.WHILE_THROTTLED * sustainable);
      spell(fleet, load, most, plan.before().dividedBy(2), () -> false);
      progress.accept("the stream refuses 90 % of the reads");
      OwnServer.faults(stream, NO_READS);
      Spell throttled = spell(fleet, load, most, plan.throttled(), () -> false);
      OwnServer.faults(stream, "[]");
      load.pause();
      Spell streamDrained = drained(fleet, load, most, throttled);
      load.close();
      fleet.awaitAll(load, MARGIN);
      return new Outcome(
          full,
          before,
          overload,
          most.figures(),
          drained,
          calm,
          table,
          refused,
          tableDrained,
          throttled,
          streamDrained,
          fleet.stop(),
          watch,
          fleet.judge(load.numbers()));
    }
  }

  /** As long as what is behind may take at the rate of before, and some more. */
  private Spell drained(LoadedWorkers fleet, OutageLoad load, Most most, Spell before) {
    Duration max = Duration.ofSeconds((long) (2 * before.seconds())).plus(MARGIN);
    return spell(fleet, load, most, max, () -> fleet.look(load.stored()).lag() <= 0);
  }

  private Spell spell(
      LoadedWorkers fleet, OutageLoad load, Most most, Duration time, BooleanSupplier over) {
    List<Spell.Moment> looks = new ArrayList<>();
    long from = System.nanoTime();
    long next = from;
    do {
      Watch.Look look = fleet.look(load.stored());
      watch.see(look);
      looks.add(new Spell.Moment((System.nanoTime() - begun) / 1e9, look));
      if (looks.size() % LOOKS_A_CENSUS == 0) {
        most.see(fleet.census(0));
      }
      next += LOOK_NANOS;
      Pause.until(next);
    } while (System.nanoTime() - from < time.toNanos() && !over.getAsBoolean());
    looks.add(new Spell.Moment((System.nanoTime() - begun) / 1e9, fleet.look(load.stored())));
    return new Spell(looks);
  }

  /** The most of each figure. */
  private static final class Most {
    private final Figures most = new Figures();

    void see(Figures figures) {
      figures
          .byName()
          .forEach(
              (name, value) ->
                  most.put(name, Math.max(value, most.byName().getOrDefault(name, value))));
    }

    Figures figures() {
      return most;
    }
  }
}
