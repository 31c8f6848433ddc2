package io.headrace.harness;

import io.headrace.harness.Exploration.Option;
import io.headrace.harness.SimulationReport.Failure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Goes through all runs of a {@link Protocol} within two bounds: how many choices are made, and how
 * many of them may be unusual. Depth first, each run from the beginning; a state that was met with
 * at least as much left of both bounds is not followed again. On the caller's thread.
 */
final class Explorer {
  private final Protocol protocol;
  private final Plant plant;
  private final int depthMax;
  private final int unusualMax;
  private final Map<Long, Left> met = new HashMap<>();
  private final List<Step> steps = new ArrayList<>();
  private int at;
  private int unusual;
  private int deepest;
  private long executions;
  private boolean boundReached;
  private @Nullable Exploration current;

  /** What is left of the bounds. */
  private record Left(int depth, int unusual) {
    boolean covers(Left other) {
      return depth >= other.depth && unusual >= other.unusual;
    }
  }

  /** A choice of the present script, and which were possible. */
  private static final class Step {
    final List<Boolean> unusual;
    int chosen;

    Step(List<Option> options) {
      unusual = options.stream().map(Option::unusual).toList();
    }

    boolean isUnusual() {
      return unusual.get(chosen);
    }
  }

  Explorer(Protocol protocol, Plant plant, int depthMax, int unusualMax) {
    this.protocol = protocol;
    this.plant = plant;
    this.depthMax = depthMax;
    this.unusualMax = unusualMax;
  }

  /**
   * Runs until all was seen, a promise is broken, or {@code enough}.
   *
   * @param enough asked between runs
   */
  ExplorationReport run(BooleanSupplier enough) {
    boolean complete = true;
    do {
      if (enough.getAsBoolean()) {
        complete = false;
        break;
      }
      at = 0;
      unusual = 0;
      var exploration = new Exploration(protocol, plant, this::choose);
      current = exploration;
      executions++;
      var violation = exploration.run();
      if (violation != null) {
        return report(
            false,
            new Failure(
                executions,
                violation.promise().name(),
                violation.what(),
                exploration.lastEvents()));
      }
    } while (next());
    return report(complete, null);
  }

  private int choose(List<Option> options) {
    if (at == depthMax) {
      boundReached = true;
      return Exploration.NO_MORE;
    }
    if (at == steps.size()) {
      var left = new Left(depthMax - at, unusualMax - unusual);
      long state = current == null ? 0 : current.state();
      var before = met.get(state);
      if (before != null && before.covers(left)) {
        throw new Exploration.Known();
      }
      if (before == null || left.covers(before)) {
        met.put(state, left);
      }
      steps.add(new Step(options));
    }
    var step = steps.get(at++);
    unusual += step.isUnusual() ? 1 : 0;
    deepest = Math.max(deepest, at);
    return step.chosen;
  }

  /** The next script, or false when there is none. */
  private boolean next() {
    while (!steps.isEmpty()) {
      var last = steps.get(steps.size() - 1);
      long before = steps.stream().filter(Step::isUnusual).count() - (last.isUnusual() ? 1 : 0);
      while (++last.chosen < last.unusual.size()) {
        if (!last.isUnusual() || before < unusualMax) {
          return true;
        }
        boundReached = true;
      }
      steps.remove(steps.size() - 1);
    }
    return false;
  }

  private ExplorationReport report(boolean complete, @Nullable Failure failure) {
    return new ExplorationReport(
        protocol.id(),
        executions,
        met.size(),
        deepest,
        depthMax,
        unusualMax,
        boundReached,
        complete,
        failure);
  }
}
