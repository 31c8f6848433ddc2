package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Exploration.Option;
import io.headrace.harness.fleet.SimulationReport.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Goes through all runs of a {@link Protocol} within two bounds: how many choices are made, and how
 * many of them may be unusual. Each run is from the beginning, and what differs least from a good
 * day comes first; a state that was met with at least as much left of both bounds is not followed
 * again. On the caller's thread.
 */
final class Explorer {
  private final Protocol protocol;
  private final Plant plant;
  private final int depthMax;
  private final int unusualMax;
  private final Map<Long, Left> met = new HashMap<>();

  /** Runs that are still to be made: which options are chosen first; after them, a good day. */
  private final Deque<int[]> scripts = new ArrayDeque<>(List.of(new int[0]));

  private final List<Step> steps = new ArrayList<>();
  private int[] script = new int[0];
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

  /**
   * A choice of the present run.
   *
   * @param unusual which options count as such
   * @param before how many unusual choices were made before this one
   */
  private record Step(List<Boolean> unusual, int chosen, int before) {}

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
    for (var next = scripts.poll(); next != null; next = scripts.poll()) {
      if (enough.getAsBoolean()) {
        return report(false, null);
      }
      script = next;
      steps.clear();
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
      branch();
    }
    return report(true, null);
  }

  private int choose(List<Option> options) {
    int at = steps.size();
    if (at == depthMax) {
      boundReached = true;
      return Exploration.NO_MORE;
    }
    boolean scripted = at < script.length;
    if (!scripted && isKnown(new Left(depthMax - at, unusualMax - unusual))) {
      throw new Exploration.Known();
    }
    int chosen = scripted ? script[at] : 0;
    steps.add(new Step(options.stream().map(Option::unusual).toList(), chosen, unusual));
    unusual += options.get(chosen).unusual() ? 1 : 0;
    deepest = Math.max(deepest, at + 1);
    return chosen;
  }

  private boolean isKnown(Left left) {
    long state = current == null ? 0 : current.state();
    var before = met.get(state);
    if (before != null && before.covers(left)) {
      return true;
    }
    if (before == null || left.covers(before)) {
      met.put(state, left);
    }
    return false;
  }

  /** The other choices at each state that the run was the first to meet. */
  private void branch() {
    for (int at = script.length; at < steps.size(); at++) {
      var step = steps.get(at);
      for (int other = 1; other < step.unusual().size(); other++) {
        if (step.unusual().get(other) && step.before() == unusualMax) {
          boundReached = true;
        } else {
          var next = new int[at + 1];
          for (int i = 0; i < at; i++) {
            next[i] = steps.get(i).chosen();
          }
          next[at] = other;
          scripts.add(next);
        }
      }
    }
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
