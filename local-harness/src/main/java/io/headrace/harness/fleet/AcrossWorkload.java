package io.headrace.harness.fleet;

import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Functions that are keyed across shards: what has one key lies in many shards of the input, is
 * carried to one through a stream, and a plain fold of the input says what must come of it.
 */
final class AcrossWorkload implements Workload {
  /** A call may be under way when it is looked at. */
  private static final int LOOKS_MAX = 5;

  /** Progress of one stage is kept under this name. */
  static String leg(String function, StreamSource stream) {
    return function + "@" + stream.name();
  }

  @Override
  public List<StreamSource> streams(FleetPlan plan) {
    var all = new ArrayList<>(inputs(plan));
    throughs(plan).forEach(function -> all.add(AcrossFunctions.throughOf(function)));
    return all;
  }

  @Override
  public List<StreamSource> inputs(FleetPlan plan) {
    return List.of(AcrossFunctions.INPUT);
  }

  @Override
  public List<String> throughs(FleetPlan plan) {
    return AcrossFunctions.namesFor(plan);
  }

  @Override
  public String handler(String function, StreamId stream) {
    return function.indexOf('@') < 0 ? function + "@" + stream.name() : function;
  }

  @Override
  public StreamSource streamOf(String leg, FleetPlan plan) {
    return StreamSource.kinesis(leg.substring(leg.indexOf('@') + 1));
  }

  @Override
  public List<String> functions(FleetPlan plan) {
    var legs = new ArrayList<String>();
    for (var function : throughs(plan)) {
      legs.add(leg(function, AcrossFunctions.INPUT));
      legs.add(leg(function, AcrossFunctions.throughOf(function)));
    }
    return legs;
  }

  @Override
  public List<FunctionSpec<?, ?>> specs(FleetWorld world, SimulatedProcess process) {
    return new AcrossFunctions(world, process).specs();
  }

  @Override
  public void configure(FunctionRuntime runtime, FleetPlan plan, String workerId) {
    if (plan.keys() % 2 == 0 && !workerId.equals(FleetCourse.HEIR)) {
      runtime.stateMemory(TimedWorkload.SCARCE_BYTES);
    }
  }

  @Override
  public boolean renames(FleetPlan plan) {
    return AcrossFunctions.renames(plan);
  }

  @Override
  public String keyOf(Puts.Put put, FleetPlan plan) {
    return AcrossFunctions.keyOf(plan, Long.parseLong(put.position().sequence().value()));
  }

  @Override
  public Workload.Item next(FleetWorld world, Feed feed, RandomGenerator random) {
    var key = "k" + random.nextInt(world.plan().keys());
    var record = new TimedRecord(key, feed.puts().nextNumber(key), feed.puts().all().size() + 1L);
    return new Workload.Item(key, TimedWorkload.encoded(record), ProbeRecord.Fate.OWN);
  }

  @Override
  public String told(Object output) {
    return output instanceof TimedRecord record
        ? "late " + record.place()
        : TimedFunctions.withoutCall(String.valueOf(output));
  }

  @Override
  public boolean hasKnownOutputs(FleetWorld world, String function) {
    return isKnown(world, function);
  }

  /** A record that was lost may have moved the time of all keys. */
  static boolean isKnown(FleetWorld world, String function) {
    return !world.deliveries().hasGaps(leg(function, AcrossFunctions.INPUT))
        && !world.deliveries().hasGaps(leg(function, AcrossFunctions.throughOf(function)));
  }

  @Override
  public List<String> wrongState(FleetWorld world, SimulatedProcess heir) {
    var wrong = wrongNow(world, heir);
    for (int look = 1; look < LOOKS_MAX && !wrong.isEmpty(); look++) {
      world.loop().advance(Duration.ofSeconds(1));
      wrong = wrongNow(world, heir);
    }
    return wrong;
  }

  private List<String> wrongNow(FleetWorld world, SimulatedProcess heir) {
    var wrong = new ArrayList<String>();
    for (var function : throughs(world.plan())) {
      if (isKnown(world, function)) {
        var fold = new AcrossFold(world, heir, function, wrong);
        if (function.equals(AcrossFunctions.LEDGER)) {
          fold.checkLedger();
        } else {
          fold.checkSpans();
        }
      }
    }
    return wrong;
  }
}
