package io.headrace.harness.fleet;

import io.headrace.function.Codec;
import io.headrace.function.FunctionSpec;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.LoopClock;
import java.time.Clock;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** A user's own function on values of the user's own. */
final class OwnWorkload<I> implements Workload {
  private final Function<? super Clock, ? extends FunctionSpec<I, ?>> specification;
  private final Function<? super RandomGenerator, ? extends I> values;
  private final FunctionSpec<I, ?> first;

  OwnWorkload(
      Function<? super Clock, ? extends FunctionSpec<I, ?>> specification,
      Function<? super RandomGenerator, ? extends I> values) {
    this.specification = specification;
    this.values = values;
    first = specification.apply(Clock.fixed(FleetWorld.BEGIN, java.time.ZoneOffset.UTC));
    int streams = first.inputs().size() + (first.throughStream().isPresent() ? 1 : 0);
    if (streams != 1) {
      throw new IllegalArgumentException(
          "function "
              + first.name()
              + " reads "
              + streams
              + " streams: a simulated fleet reads one");
    }
  }

  @Override
  public List<StreamSource> streams(FleetPlan plan) {
    return List.of(first.inputs().get(0).source());
  }

  @Override
  public StreamSource streamOf(String function, FleetPlan plan) {
    return first.inputs().get(0).source();
  }

  @Override
  public List<String> functions(FleetPlan plan) {
    return List.of(first.name());
  }

  @Override
  public List<FunctionSpec<?, ?>> specs(FleetWorld world, SimulatedProcess process) {
    return List.of(specification.apply(new LoopClock(process.pool())));
  }

  @Override
  public Workload.Item next(FleetWorld world, Feed feed, RandomGenerator random) {
    var key = "k" + random.nextInt(world.plan().keys());
    var value = values.apply(random);
    try {
      return new Workload.Item(key, encode(value), ProbeRecord.Fate.OWN);
    } catch (Exception refused) {
      throw new IllegalArgumentException(
          "a value of "
              + value.getClass().getName()
              + " can't be put: the codec of function "
              + first.name()
              + " says "
              + refused.getMessage(),
          refused);
    }
  }

  /** A wrong type comes out as the codec's exception. */
  @SuppressWarnings("unchecked")
  private byte[] encode(I value) throws Exception {
    return ((Codec<I>) first.inputs().get(0).codec()).encode(value);
  }

  @Override
  public List<String> wrongState(FleetWorld world, SimulatedProcess heir) {
    return List.of(); // What it should be is known to the user only.
  }
}
