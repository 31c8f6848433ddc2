package io.headrace.harness;

import io.headrace.function.FunctionOptions;
import io.headrace.function.FunctionSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One run of a scenario in a {@link FunctionHarness} of its own. Records arrive at the moments of
 * the scenario, however much time a disturbance took. Used once, by one thread.
 */
final class VariedRun<I, O> {
  /** Longer than it takes until everything is committed. */
  private static final Duration COMMITTING = Duration.ofSeconds(6);

  /** As everything else: records are to come again although they had outputs. */
  private static final Duration COMMITTING_OUTPUTS = Duration.ofSeconds(5);

  /** For what the scenario leaves unfinished, such as records that are retried. */
  private static final Duration AFTERWARDS = Duration.ofSeconds(30);

  /** Hands on what is there: only so does a run decide what comes together. */
  private static final FunctionOptions AT_ONCE =
      new FunctionOptions(
          Optional.empty(),
          Optional.empty(),
          new FunctionOptions.Batching(
              Optional.empty(), Optional.of(Duration.ZERO), Optional.empty(), Optional.empty()),
          FunctionOptions.Retrying.NONE,
          Optional.empty(),
          Optional.empty(),
          FunctionOptions.Threads.NONE,
          Optional.empty());

  /** What a function does beside sending: how it begins, and how it is looked at. */
  record Outside(String what, Runnable before, Supplier<?> look) {}

  /** What all runs have in common. */
  record Plan<I, O>(
      Scenario<I> scenario,
      Function<? super Clock, FunctionSpec<I, O>> specification,
      Optional<Function<? super Clock, FunctionSpec<I, O>>> next,
      List<Outside> outside) {}

  private final Plan<I, O> plan;
  private final Variation variation;
  private final CrashPoints points;
  private final RunNotes notes;
  private final FunctionHarness<I, O> harness;
  private final Instant begin;
  private final List<Scenario.Step.Put<I>> together = new ArrayList<>();
  private Duration elapsed = Duration.ZERO;
  private boolean windowed;

  VariedRun(Plan<I, O> plan, Variation variation) {
    this.plan = plan;
    this.variation = variation;
    this.points = new CrashPoints(variation.crashPoint());
    this.notes = new RunNotes(points);
    plan.outside().forEach(each -> each.before().run());
    this.harness =
        new FunctionHarness<>(
            this::specification,
            new Interposed(
                tap -> notes, points::around, points::around, notes, COMMITTING_OUTPUTS));
    this.begin = harness.now();
  }

  private FunctionSpec<I, O> specification(Clock clock) {
    var spec = plan.specification().apply(clock);
    windowed = spec.isWindowed();
    return spec.with(AT_ONCE);
  }

  /** Runs it to its end. */
  RunResult run() {
    try {
      points.countFromNow(harness::kill);
      variation.behind(0, this);
      plan.scenario().steps().forEach(this::go);
      do {
        commit();
        if (notes.unfinished().isPresent()) {
          harness.advance(AFTERWARDS);
        }
      } while (recovered());
      points.countNoMore();
      notes.keeps(harness.states());
      notes.awaits(harness.wakeUps());
    } catch (RuntimeException | Error thrown) {
      harness.abandon();
      throw thrown;
    }
    harness.close();
    plan.outside()
        .forEach(
            each ->
                notes.outside(each.what(), Objects.requireNonNull(each.look().get(), each.what())));
    return notes.result();
  }

  /** What the run passed. */
  CrashPoints points() {
    return points;
  }

  RunNotes notes() {
    return notes;
  }

  boolean isWindowed() {
    return windowed;
  }

  private void go(Scenario.Step<I> step) {
    if (step instanceof Scenario.Step.Put<I> put) {
      together.add(put);
      if (!variation.isTogether(put.number())) {
        arrive();
        variation.behind(put.number(), this);
      }
    } else if (step instanceof Scenario.Step.Pause<I> pause) {
      elapsed = elapsed.plus(pause.by());
      harness.advance(pause.by());
      recovered();
    } else if (step instanceof Scenario.Step.Change<I, ?> change) {
      change(change);
      recovered();
    } else if (step instanceof Scenario.Step.End<I> end) {
      harness.putToEachShard(end.marker());
      recovered();
    }
  }

  private <R> void change(Scenario.Step.Change<I, R> change) {
    harness.putVersion(change.broadcast(), change.value(), begin.plus(elapsed));
  }

  private void arrive() {
    var values = together.stream().map(put -> Map.entry(put.partitionKey(), put.value())).toList();
    var named = harness.store(values, begin.plus(elapsed));
    for (int i = 0; i < named.size(); i++) {
      notes.lies(together.get(i), named.get(i));
    }
    together.clear();
    harness.advance(Duration.ZERO);
    recovered();
  }

  /** Puts another worker in the place of one that ended at a crash point; whether one had. */
  private boolean recovered() {
    boolean dead = points.takeDeath();
    if (dead) {
      harness.replaceWorker();
    }
    return dead;
  }

  void commit() {
    do {
      harness.advance(COMMITTING);
    } while (recovered());
  }

  void restart() {
    harness.restart();
  }

  void crash() {
    harness.crash();
  }

  void split() {
    harness.split();
  }

  void merge() {
    harness.merge();
  }

  void roll() {
    var next = plan.next().orElseThrow(() -> new IllegalStateException("there is no next version"));
    harness.redeployWith(next.apply(harness.clock()).with(AT_ONCE));
  }
}
