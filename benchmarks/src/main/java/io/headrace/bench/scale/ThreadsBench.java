package io.headrace.bench.scale;

import io.headrace.bench.consumer.Consumers;
import io.headrace.bench.consumer.Contestant;
import io.headrace.bench.rig.Batches;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Threads and heap of one worker in whose shards nothing happens. Runs on the main thread. */
@Command(
    name = "threads",
    mixinStandardHelpOptions = true,
    description = {
      "Counts threads, heap in use, processor time and requests of one worker with 10, 100 and"
          + " 1,000",
      "shards, each of which has had some records, while nothing comes; beside the KCL's with as",
      "many as it is fair to give it, 10 and 100."
    },
    footer = {
      "",
      "Needs Maven, which gets the KCL for benchmarks/kcl once.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
public final class ThreadsBench implements Callable<Integer> {
  /** Enough for every quiet shard to get some. */
  private static final int RECORDS_OF_A_SHARD = 20;

  /** Until the first look: nothing is being opened or claimed any more. */
  private static final int CALM_MILLIS = 15_000;

  private static final int REST_MILLIS = 20_000;

  @Option(
      names = "--consumer",
      split = ",",
      paramLabel = "CONSUMER",
      description =
          "Only these of HEADRACE_POLLING, HEADRACE_FAN_OUT, KCL_POLLING; all by default.")
  private List<Contestant> consumers = new ArrayList<>();

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() {
    Set<Contestant> those = new TreeSet<>(RunOptions.these(consumers, Contestant.class));
    those.retainAll(ThreadsPlan.ALL);
    Checkout checkout = Checkout.of(ThreadsBench.class);
    Results results = new Results();
    Map<String, Object> machine = new LinkedHashMap<>(Machine.description());
    ThreadsPlan plan = options.quick() ? ThreadsPlan.quick(those) : ThreadsPlan.full(those);
    if (plan.withKcl()) {
      try {
        options.progress().accept("builds the KCL's consumer if need be");
        machine.put("kcl", Consumers.buildKcl(checkout));
      } catch (NotMeasured e) {
        results.failed("the KCL", e);
        those.remove(Contestant.KCL_POLLING);
      }
    }
    measure(plan, checkout, results);
    return options.print(
        new Report(
            "threads",
            "of",
            machine,
            plan.rounds(),
            results,
            ThreadsTargets.ratios(plan, results),
            ThreadsTargets.of(plan, Runtime.getRuntime().availableProcessors(), results)));
  }

  private void measure(ThreadsPlan plan, Checkout checkout, Results results) {
    try (Consumers open = Consumers.open(checkout, "threads")) {
      OneWorker worker = new OneWorker(open, checkout.logs("threads"));
      for (int round = 1; round <= plan.rounds(); round++) {
        int number = round;
        for (ThreadsPlan.Case each : plan.cases()) {
          results.attempt(
              each.label() + ", quiet, round " + round,
              options.progress(),
              () -> results.add(number, each.label(), null, quiet(each, worker)));
        }
      }
    } catch (NotMeasured e) {
      results.failed("one worker", e);
    }
  }

  /** Some records of each shard are read first, so that each is known to be there. */
  private static Figures quiet(ThreadsPlan.Case each, OneWorker worker) {
    long records = Math.max(Batches.RECORDS, (long) each.shards() * RECORDS_OF_A_SHARD);
    return worker.measured(
        new OneWorker.Task(each.contestant(), each.shards(), 0, records),
        running -> {
          OneWorker.read(running);
          Pause.millis(CALM_MILLIS);
          return OneWorker.rest(running, REST_MILLIS);
        });
  }
}
