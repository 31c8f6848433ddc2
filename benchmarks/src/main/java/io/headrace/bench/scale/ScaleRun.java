package io.headrace.bench.scale;

import io.headrace.bench.consumer.Consumers;
import io.headrace.bench.consumer.Contestant;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Results;
import java.util.function.Consumer;

/** Measures what more shards and more workers cost. Confined to the thread of the benchmark. */
final class ScaleRun {
  private static final long SEED = 7;

  /** The same fleet again and again, until its code is compiled. */
  private static final int WARM_UPS = 5;

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
    if (plan.has(Part.BUSY)) {
      try (Consumers consumers = Consumers.open(checkout, "scale")) {
        busy(new OneWorker(consumers, checkout.logs("scale")));
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

  private void busy(OneWorker worker) {
    for (int round = 1; round <= plan.rounds(); round++) {
      for (int shards : ScalePlan.BUSY_SHARDS) {
        int number = round;
        String label = ScalePlan.label(Contestant.HEADRACE_POLLING, shards);
        results.attempt(
            label + ", busy, round " + round,
            progress,
            () -> results.add(number, label, null, busy(shards, worker)));
      }
    }
  }

  private Figures busy(int shards, OneWorker worker) {
    return worker.measured(
        new OneWorker.Task(Contestant.HEADRACE_POLLING, shards, plan.warmRecords(), plan.records()),
        OneWorker::read);
  }
}
