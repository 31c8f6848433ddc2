package io.headrace.harness;

import io.headrace.function.Broadcast;
import io.headrace.function.FunctionSpec;
import io.headrace.harness.Scenario.Step;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds what breaks in a function when its worker does not run as smoothly as in a test. It runs
 * one scenario plainly, record by record, and then again under every {@link Kind} of disturbance;
 * each run has to come to the same outputs, dead letters, outcomes of records and states. Outputs
 * that are repeated count once, and have to be equal each time.
 *
 * <pre>{@code
 * FunctionVerifier.of(HotHostAlarm.spec())
 *     .put("web-1", new HostMetric("web-1", 95), new HostMetric("web-1", 97))
 *     .advance(Duration.ofMinutes(1))
 *     .put("web-2", new HostMetric("web-2", 99))
 *     .verify();
 * }</pre>
 *
 * <p>All runs are made in {@link FunctionHarness}es of their own, on one thread under virtual time.
 * A scenario of 8 records takes some 200 runs, a second or two. The specification is used in all of
 * them, so it must give each worker an instance of its own ({@code MyFunction::new}, not {@code ()
 * -> function}). Records are handed on at once, whatever {@link FunctionSpec.Options#batching} says
 * of waiting. Records arrive at the scenario's times in every run; only the clock goes on while a
 * worker is replaced.
 *
 * <p>What can't be seen: a function that reads the wall clock and rounds it, as all runs happen
 * within a second; and what it does outside, unless {@link #comparing} shows it.
 *
 * <p>For one thread; used once.
 */
public final class FunctionVerifier<I, O> {
  /** What a scenario is run under, in the order in which it is tried. */
  public enum Kind {
    /** Nothing is different. */
    AGAIN("it draws random numbers, reads a clock, or keeps something that outlives the worker"),
    /** The worker stops in order behind a record, so that state is written and read back. */
    RESTART(
        "it keeps something in a field instead of its state, or the codec of its state leaves"
            + " something out"),
    /**
     * Records come together: in all possible batches up to 8 records; beyond, so that any two gaps
     * between records are cut in all four ways. Keys of one batch go on side by side.
     */
    BATCHES(
        "what it puts out for a record depends on the others of its batch, or on what records of"
            + " other keys left in a field"),
    /** The worker crashes behind a record; all records come again, or the last one. */
    REDELIVERY(
        "it does something at once, before the commit, that is not the same when done twice; or it"
            + " keeps something in a field or reads a clock"),
    /** There is a commit behind each record, and the worker crashes before, within or behind it. */
    CRASH(
        "it does something at once, before the commit, that is not the same when done twice; or it"
            + " keeps something in a field or reads a clock"),
    /** Each shard becomes two behind a record. */
    SPLIT("it keeps something of several keys together, or in a field"),
    /** Two shards become one behind a record. */
    MERGE("it keeps something of several keys together, or in a field"),
    /** {@link #rollingTo}: the next version takes over behind a record. */
    ROLL("the next version reads the state of the former one otherwise than that meant it");

    private final String usualCause;

    Kind(String usualCause) {
      this.usualCause = usualCause;
    }
  }

  /**
   * What was done, for a function that passed.
   *
   * @param runs of the scenario, the plain ones included
   * @param leftOut sentences: what was not tried, and why
   */
  public record Verdict(int runs, List<String> leftOut) {
    public Verdict {
      leftOut = List.copyOf(leftOut);
    }
  }

  private final Function<? super Clock, FunctionSpec<I, O>> specification;
  private final List<Step<I>> steps = new ArrayList<>();
  private final List<VariedRun.Outside> outside = new ArrayList<>();
  private final List<String> leftOut = new ArrayList<>();
  private Set<Kind> kinds = EnumSet.allOf(Kind.class);
  private @Nullable Function<? super Clock, FunctionSpec<I, O>> next;
  private @Nullable String only;
  private String function = "";
  private boolean replayed;
  private int records;
  private int runs;

  private FunctionVerifier(Function<? super Clock, FunctionSpec<I, O>> specification) {
    this.specification = specification;
  }

  /** Verifies a function. */
  public static <I, O> FunctionVerifier<I, O> of(FunctionSpec<I, O> spec) {
    Objects.requireNonNull(spec, "spec");
    return new FunctionVerifier<>(clock -> spec);
  }

  /**
   * Verifies a function that takes a clock, which is given virtual time. What it does by that time
   * must not show: a record that comes again comes later.
   *
   * @param specification called once for each run
   */
  public static <I, O> FunctionVerifier<I, O> of(
      Function<? super Clock, FunctionSpec<I, O>> specification) {
    return new FunctionVerifier<>(Objects.requireNonNull(specification, "specification"));
  }

  /** Records that arrive now, one behind the other. */
  @SafeVarargs
  public final FunctionVerifier<I, O> put(String partitionKey, I... values) {
    requireOpen();
    for (var value : values) {
      steps.add(new Step.Put<>(++records, partitionKey, Objects.requireNonNull(value, "value")));
    }
    return this;
  }

  /**
   * A version of a broadcast, that arrives now; to be in force it needs an {@link #advance} by
   * {@link Broadcast#settlingFor} behind it.
   */
  public <R> FunctionVerifier<I, O> putVersion(Broadcast<R> broadcast, R value) {
    requireOpen();
    steps.add(
        new Step.Change<>(
            Objects.requireNonNull(broadcast, "broadcast"),
            Objects.requireNonNull(value, "value")));
    return this;
  }

  /** Lets time pass, in which batches end, retries happen and progress is committed. */
  public FunctionVerifier<I, O> advance(Duration by) {
    requireOpen();
    if (by.isNegative() || by.isZero()) {
      throw new IllegalArgumentException("by " + by + ": must be above 0");
    }
    steps.add(new Step.Pause<>(by));
    return this;
  }

  /**
   * Ends the input, which is {@link io.headrace.function.Input#endedBy ended by} this value, so
   * that all windows close. Nothing can follow.
   */
  public FunctionVerifier<I, O> end(I marker) {
    requireOpen();
    steps.add(new Step.End<>(Objects.requireNonNull(marker, "marker")));
    return this;
  }

  /**
   * Looks at what the function does beside sending, such as calls of a service.
   *
   * @param what a noun clause for a failure, such as "the ledger"
   * @param before empties it; called before each run
   * @param look called behind each run; the values have to be equal. Collections are copied;
   *     anything else that changes has to be one
   */
  public FunctionVerifier<I, O> comparing(String what, Runnable before, Supplier<?> look) {
    outside.add(
        new VariedRun.Outside(
            Objects.requireNonNull(what, "what"),
            Objects.requireNonNull(before, "before"),
            Objects.requireNonNull(look, "look")));
    return this;
  }

  /**
   * The version that is deployed next, under the same name. Wherever it takes over, the states at
   * the end have to be those of a run of the next version alone; each output has to be that of
   * either version.
   */
  public FunctionVerifier<I, O> rollingTo(FunctionSpec<I, O> nextVersion) {
    Objects.requireNonNull(nextVersion, "nextVersion");
    next = clock -> nextVersion;
    return this;
  }

  /** Only these kinds of disturbance, for a function that is not meant for all of them. */
  public FunctionVerifier<I, O> under(Kind first, Kind... others) {
    kinds = EnumSet.of(first, others);
    return this;
  }

  /**
   * Only the variation of this name, which a failure tells: to look at it with a debugger.
   *
   * @throws IllegalArgumentException when there is no such kind
   */
  public FunctionVerifier<I, O> replaying(String variation) {
    var name = variation.replaceFirst(":.*", "").toUpperCase(Locale.ROOT);
    try {
      kinds = EnumSet.of(Kind.valueOf(name));
    } catch (IllegalArgumentException unknown) {
      throw new IllegalArgumentException(
          "variation \"" + variation + "\": give one that a failure tells, such as restart:3",
          unknown);
    }
    only = variation;
    return this;
  }

  /**
   * Makes all runs.
   *
   * @throws AssertionError for the first run that comes to something else: it says under which
   *     variation, how that is replayed, and what differs first
   * @throws IllegalStateException when the plain run already fails, does not finish its records, or
   *     leaves nothing that could be compared
   */
  public Verdict verify() {
    if (records == 0) {
      throw new IllegalStateException("the scenario has no records: put some");
    }
    var scenario = new Scenario<>(steps);
    var plan = new VariedRun.Plan<I, O>(scenario, this::named, Optional.ofNullable(next), outside);
    var plainRun = new VariedRun<>(plan, new Variation.Plain());
    var plain = plainRun.run();
    runs++;
    plain.requireComparable(function);
    requireFinished(plainRun.notes());
    var resharding = whyNotResharded(scenario, plainRun);
    for (var kind : kinds) {
      boolean reshards = kind == Kind.SPLIT || kind == Kind.MERGE;
      if (reshards && resharding.isPresent()) {
        leftOut.add(kind + ": " + resharding.get());
      } else if (kind == Kind.ROLL) {
        verifyRoll(plan, plain);
      } else if (kind == Kind.CRASH) {
        verifyCrashes(plan, plain);
      } else {
        verifyKind(kind, plan, plain, null);
      }
    }
    if (only != null && !replayed) {
      throw new IllegalStateException(
          "function " + function + ": this scenario has no variation " + only);
    }
    return new Verdict(runs, leftOut);
  }

  private FunctionSpec<I, O> named(Clock clock) {
    var spec = specification.apply(clock);
    function = spec.name();
    return spec;
  }

  private void verifyCrashes(VariedRun.Plan<I, O> plan, RunResult plain) {
    var calm = Variations.of(Kind.CRASH, plan.scenario()).get(0);
    var counted = attempt(plan, calm, plain, null);
    var passed = counted.points().passed();
    var crashes = Variations.crashes(passed);
    if (crashes.size() < passed.size()) {
      leftOut.add(
          Kind.CRASH + ": of " + passed.size() + " points " + crashes.size() + " are tried");
    }
    verifyAll(plan, crashes, plain, null);
  }

  private void verifyRoll(VariedRun.Plan<I, O> plan, RunResult former) {
    var nextVersion = next;
    if (nextVersion == null) {
      leftOut.add(Kind.ROLL + ": there is no next version; give one by rollingTo(...)");
      return;
    }
    var nextPlan =
        new VariedRun.Plan<I, O>(plan.scenario(), nextVersion, Optional.empty(), plan.outside());
    var alone = new VariedRun<>(nextPlan, new Variation.Plain()).run();
    verifyKind(Kind.ROLL, plan, alone, former);
  }

  private void verifyKind(
      Kind kind, VariedRun.Plan<I, O> plan, RunResult plain, @Nullable RunResult other) {
    Variations.leftOut(kind, plan.scenario()).ifPresent(leftOut::add);
    verifyAll(plan, Variations.of(kind, plan.scenario()), plain, other);
  }

  private void verifyAll(
      VariedRun.Plan<I, O> plan,
      List<Variation> variations,
      RunResult plain,
      @Nullable RunResult other) {
    for (var variation : variations) {
      if (only == null || only.equals(variation.id())) {
        attempt(plan, variation, plain, other);
      }
    }
  }

  private VariedRun<I, O> attempt(
      VariedRun.Plan<I, O> plan, Variation variation, RunResult plain, @Nullable RunResult other) {
    replayed |= variation.id().equals(only);
    var run = new VariedRun<>(plan, variation);
    RunResult result;
    try {
      result = run.run();
    } catch (RuntimeException failed) {
      throw new AssertionError(
          "function "
              + function
              + " does not get through "
              + variation.when()
              + ": "
              + failed.getMessage()
              + causeOf(failed)
              + told(variation),
          failed);
    }
    runs++;
    result
        .from(plain, other)
        .ifPresent(
            difference -> {
              throw new AssertionError(
                  "function "
                      + function
                      + " comes to something else "
                      + variation.when()
                      + ": "
                      + difference.clause()
                      + run.notes()
                          .trouble()
                          .map(cause -> ", as the worker is held up by " + cause)
                          .orElse("")
                      + "."
                      + told(variation));
            });
    return run;
  }

  private static String causeOf(Throwable thrown) {
    var cause = thrown.getCause();
    return cause == null ? "." : ", because of " + cause + ".";
  }

  private static String told(Variation variation) {
    return " A usual cause: "
        + variation.kind().usualCause
        + ". To run this variation alone: replaying(\""
        + variation.id()
        + "\").";
  }

  private void requireFinished(RunNotes notes) {
    notes
        .unfinished()
        .ifPresent(
            record -> {
              throw new IllegalStateException(
                  "function "
                      + function
                      + ": "
                      + record
                      + " is not finished when the scenario ends; let it advance, or give the"
                      + " function fewer retries");
            });
  }

  /** A shard's time is that of its records, so a window may be closed elsewhere by others. */
  private static Optional<String> whyNotResharded(Scenario<?> scenario, VariedRun<?, ?> plain) {
    if (!plain.isWindowed()) {
      return Optional.empty();
    }
    if (!plain.notes().hasWindows()) {
      return Optional.of("windows of a Lambda handler are those of a shard");
    }
    if (scenario.hasOneKey() || (scenario.ends() && !plain.notes().isLate())) {
      return Optional.empty();
    }
    return Optional.of(
        "a shard's time is that of its records, so windows of several keys close otherwise in"
            + " several shards; end the input by end(marker), and have no record late");
  }

  private void requireOpen() {
    if (!steps.isEmpty() && steps.get(steps.size() - 1) instanceof Step.End<I>) {
      throw new IllegalStateException("the input has ended: nothing can follow end(...)");
    }
  }
}
