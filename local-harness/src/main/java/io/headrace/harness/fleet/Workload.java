package io.headrace.harness.fleet;

import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** What a simulated fleet does: what is put, and which functions handle it. */
interface Workload {
  /** What is put next. */
  record Item(String key, byte[] bytes, ProbeRecord.Fate fate) {}

  /** The streams that the functions read, all of one service. */
  List<StreamSource> streams(FleetPlan plan);

  /** Of these, the one that the function reads. */
  StreamSource streamOf(String function, FleetPlan plan);

  /** Of these, those into which the producer puts. */
  default List<StreamSource> inputs(FleetPlan plan) {
    return streams(plan);
  }

  /** The functions' names; of one that is keyed across shards those of its two stages. */
  List<String> functions(FleetPlan plan);

  /** The functions that are keyed across shards. */
  default List<String> throughs(FleetPlan plan) {
    return List.of();
  }

  /** The name under which progress of the function's stage is kept that reads the stream. */
  default String handler(String function, StreamId stream) {
    return function;
  }

  /** What a function that is keyed across shards has for a key of the record. */
  default String keyOf(Puts.Put put, FleetPlan plan) {
    return put.key();
  }

  /** The functions of one process. */
  List<FunctionSpec<?, ?>> specs(FleetWorld world, SimulatedProcess process);

  /** What is set up otherwise than usual in the worker of this id. */
  default void configure(FunctionRuntime runtime, FleetPlan plan, String workerId) {}

  /** An output as it is compared with what else was sent under its id, and in the end. */
  default String told(Object output) {
    return "";
  }

  /** Whether the input says, as things went, what the function's outputs must be. */
  default boolean hasKnownOutputs(FleetWorld world, String function) {
    return true;
  }

  /** How long a shard must be silent for the function's event time to go on; empty for ever. */
  default Optional<Duration> silence(String function, FleetPlan plan) {
    return Optional.empty();
  }

  /** Whether later deployments have other names for the functions. */
  default boolean renames(FleetPlan plan) {
    return false;
  }

  /** The next record of the stream's producer. */
  Item next(FleetWorld world, Feed feed, RandomGenerator random);

  /**
   * When all is handled, committed, and held by one process: what is wrong with its state, if
   * anything.
   */
  List<String> wrongState(FleetWorld world, SimulatedProcess heir);
}
