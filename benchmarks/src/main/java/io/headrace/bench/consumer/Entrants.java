package io.headrace.bench.consumer;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Results;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * Those of the consumers that were asked for that can be measured: without the KCL's when it can't
 * be built. Immutable.
 *
 * @param kclVersion of the library that is run
 */
record Entrants(List<Contestant> contestants, String kclVersion) {
  static Entrants of(
      Collection<Contestant> asked, Checkout checkout, Results results, Consumer<String> progress) {
    if (asked.stream().noneMatch(Contestant::isKcl)) {
      return new Entrants(List.copyOf(asked), "not run");
    }
    try {
      progress.accept("builds the KCL's consumer if need be");
      return new Entrants(List.copyOf(asked), Consumers.buildKcl(checkout));
    } catch (NotMeasured e) {
      results.failed("the KCL", e);
      return new Entrants(
          asked.stream().filter(contestant -> !contestant.isKcl()).toList(), "not there");
    }
  }
}
