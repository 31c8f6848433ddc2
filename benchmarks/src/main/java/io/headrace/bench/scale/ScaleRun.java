package io.headrace.bench.scale;

import io.headrace.bench.consumer.Consumers;
import io.headrace.bench.consumer.Contestant;
import io.headrace.bench.rig.Batches;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.ConsumerSettings.Measuring;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.Payload;
import io.headrace.bench.rig.PutLoad;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.ServerProcess;
import java.time.Duration;
import java.util.function.Consumer;

/** Measures what more shards and more workers cost. Confined to the thread of the benchmark. */
final class ScaleRun {
  private static final int SERVER_HEAP_MEBIBYTES = 2048;
  private static final long SEED = 7;

  /** The same fleet again and again, until its code is compiled. */
  private static final int WARM_UPS = 5;

  /** Enough for every quiet shard to get some. */
  private static final int RECORDS_OF_A_QUIET_SHARD = 20;

  private static final Duration FILL_MAX = Duration.ofMinutes(2);
  private static final Duration READ_MAX = Duration.ofMinutes(4);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(90);

  /** Until the first look at rest: nothing is being opened or claimed any more. */
  private static final int CALM_MILLIS = 15_000;

  private static final int REST_MILLIS = 20_000;

  private final ScalePlan plan;
  private final Checkout checkout;
  private final Consumer<String> progress;
  private final Results results = new Results();

  ScaleRun(ScalePlan plan, Checkout checkout, Consumer<String> progress) {
    this.plan = plan;
    this.checkout = checkout;
    this.progress = progress;
  }

  Results run() {
    if (plan.has(Part.FLEET)) {
      fleets();
    }
    if (plan.has(Part.QUIET) || plan.has(Part.BUSY)) {
      try (Consumers consumers = Consumers.open(checkout, "scale")) {
        workers(consumers);
      } catch (NotMeasured e) {
        results.failed("one worker", e);
      }
    }
    return results;
  }

  private void fleets() {
    progress.accept("warms up");
    for (int i = 0; i < WARM_UPS; i++) {
      new SimulatedFleet(SEED, ScalePlan.SMALL.workers(), ScalePlan.SMALL.shards()).run();
    }
    for (int round = 1; round <= plan.rounds(); round++) {
      for (ScalePlan.Fleet fleet : plan.fleets()) {
        int number = round;
        results.attempt(
            fleet.label() + ", round " + round,
            progress,
            () ->
                results.add(
                    number,
                    fleet.label(),
                    null,
                    new SimulatedFleet(SEED + number, fleet.workers(), fleet.shards()).run()));
      }
    }
  }

  private void workers(Consumers consumers) {
    if (plan.has(Part.QUIET)) {
      for (Contestant contestant : plan.quiet()) {
        for (int shards : ScalePlan.QUIET_SHARDS) {
          String label = ScalePlan.label(contestant, shards);
          results.attempt(
              label + ", quiet",
              progress,
              () -> results.add(1, label, null, quiet(contestant, shards, consumers)));
        }
      }
    }
    if (plan.has(Part.BUSY)) {
      for (int round = 1; round <= plan.rounds(); round++) {
        for (int shards : ScalePlan.BUSY_SHARDS) {
          int number = round;
          String label = ScalePlan.label(Contestant.HEADRACE_POLLING, shards);
          results.attempt(
              label + ", busy, round " + round,
              progress,
              () -> results.add(number, label, null, busy(shards, consumers)));
        }
      }
    }
  }

  /** Some records of each shard are read first, so that each is known to be there. */
  private Figures quiet(Contestant contestant, int shards, Consumers consumers) {
    long records = Math.max(Batches.RECORDS, (long) shards * RECORDS_OF_A_QUIET_SHARD);
    return measured(
        contestant,
        shards,
        0,
        records,
        consumers,
        consumer -> {
          read(consumer);
          Pause.millis(CALM_MILLIS);
          return Figures.parse(consumer.ask("rest " + REST_MILLIS, ANSWER_MAX));
        });
  }

  private Figures busy(int shards, Consumers consumers) {
    return measured(
        Contestant.HEADRACE_POLLING,
        shards,
        plan.warmRecords(),
        plan.records(),
        consumers,
        ScaleRun::read);
  }

  private static Figures read(Dialogue consumer) {
    return Figures.parse(consumer.ask("backlog " + READ_MAX.toMillis(), READ_MAX.plus(ANSWER_MAX)));
  }

  private interface Look {
    Figures at(Dialogue consumer);
  }

  private Figures measured(
      Contestant contestant,
      int shards,
      long warmRecords,
      long records,
      Consumers consumers,
      Look look) {
    try (ServerProcess kinesis =
            OwnServer.start(
                "off", SERVER_HEAP_MEBIBYTES, checkout.logs("scale").resolve("kinesis.log"));
        LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.create(Consumers.STREAM, shards);
      long check =
          PutLoad.backlog(client, Consumers.STREAM, Payload.BYTES, warmRecords + records, FILL_MAX);
      try (Dialogue consumer =
          consumers.start(
              contestant,
              kinesis.endpoint(),
              new Consumers.Task(
                  Consumers.STREAM, Measuring.BACKLOG, warmRecords, records, check))) {
        return look.at(consumer);
      }
    }
  }
}
