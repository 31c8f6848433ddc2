package io.headrace.harness.fleet;

import io.headrace.function.FunctionSpec;
import io.headrace.kcl.StreamSource;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Numbered records, and functions that know what each should find. */
final class ProbeWorkload implements Workload {
  @Override
  public List<StreamSource> streams(FleetPlan plan) {
    return ProbeFunctions.namesFor(plan).stream()
        .map(function -> streamOf(function, plan))
        .distinct()
        .toList();
  }

  @Override
  public StreamSource streamOf(String function, FleetPlan plan) {
    return ProbeFunctions.sourceOf(function, plan);
  }

  @Override
  public List<String> functions(FleetPlan plan) {
    return ProbeFunctions.namesFor(plan);
  }

  @Override
  public List<FunctionSpec<?, ?>> specs(FleetWorld world, SimulatedProcess process) {
    return List.copyOf(new ProbeFunctions(world, process).specs());
  }

  @Override
  public Workload.Item next(FleetWorld world, Feed feed, RandomGenerator random) {
    var plan = world.plan();
    var key = "k" + random.nextInt(plan.keys());
    var fate = ProbeRecord.Fate.GOOD;
    if (random.nextInt(100) < plan.poisonPercent()) {
      fate = random.nextBoolean() ? ProbeRecord.Fate.POISON : ProbeRecord.Fate.GARBAGE;
    }
    var record = new ProbeRecord(key, feed.puts().nextNumber(key), fate);
    return new Workload.Item(key, new ProbeRecord.Padded(plan.paddedTo()).encode(record), fate);
  }

  @Override
  public List<String> wrongState(FleetWorld world, SimulatedProcess heir) {
    var wrong = new ArrayList<String>();
    for (int i = 0; i < world.plan().keys(); i++) {
      var key = "k" + i;
      if (world.deliveries().hasGaps(ProbeFunctions.TOTALS, key)) {
        continue;
      }
      var expected = world.deliveries().expectedState(ProbeFunctions.TOTALS, key);
      var found = heir.running().stateOf(ProbeFunctions.TOTALS, key, key);
      if (!found.orElse(ProbeState.NONE).equals(expected)) {
        wrong.add("the committed state of " + key + " is " + found + " and should be " + expected);
      }
    }
    return wrong;
  }
}
