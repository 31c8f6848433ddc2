package io.headrace.harness;

import io.headrace.function.Broadcast;
import java.time.Duration;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/** What a {@link FunctionVerifier} has a function go through, again and again. Immutable. */
record Scenario<I>(List<Step<I>> steps) {
  /** One after the other. */
  sealed interface Step<I> {
    /**
     * A record arrives.
     *
     * @param number 1 for the first
     */
    record Put<I>(int number, String partitionKey, I value) implements Step<I> {}

    /** Time passes. */
    record Pause<I>(Duration by) implements Step<I> {}

    /** A broadcast changes. */
    record Change<I, R>(Broadcast<R> broadcast, R value) implements Step<I> {}

    /** The input ends. */
    record End<I>(I marker) implements Step<I> {}
  }

  Scenario {
    steps = List.copyOf(steps);
  }

  List<Step.Put<I>> puts() {
    return steps.stream()
        .filter(step -> step instanceof Step.Put<I>)
        .map(step -> (Step.Put<I>) step)
        .toList();
  }

  int records() {
    return puts().size();
  }

  boolean hasOneKey() {
    return puts().stream().map(Step.Put::partitionKey).distinct().count() == 1;
  }

  boolean ends() {
    return steps.stream().anyMatch(step -> step instanceof Step.End<I>);
  }

  /** Behind which records, the last one left out, time stands still: they may come together. */
  NavigableSet<Integer> gaps() {
    var gaps = new TreeSet<Integer>();
    for (int i = 0; i + 1 < steps.size(); i++) {
      if (steps.get(i) instanceof Step.Put<I> put && steps.get(i + 1) instanceof Step.Put<I>) {
        gaps.add(put.number());
      }
    }
    return gaps;
  }
}
