package io.headrace.harness.fleet;

import org.jspecify.annotations.Nullable;

/**
 * Where the judges of a course say what was broken. The first verdict stands; the course is stopped
 * after the task in which it was found, since a violation that is thrown inside a user's function
 * or a completed stage would be taken for a failure of theirs. On the world's loop only.
 */
final class Verdicts {
  /** What the fleet promises (docs/architecture.md, section 4), and what the simulation does. */
  enum Promise {
    NOTHING_PASSED_OVER,
    POSITION_NEVER_BACK,
    ONLY_THE_OWNER_COMMITS,
    ORDER_BY_KEY,
    NO_DELIVERY_WITHOUT_LEASE,
    ONE_OWNER_PER_EPOCH,
    CHILD_AFTER_PARENTS,
    EFFECT_BEFORE_PROGRESS,
    STATE_IS_EXACT,
    OUTPUTS_ARE_EXACT,
    OPERATORS_ARE_OBEYED,
    MEMORY_IS_BOUNDED,
    STANDBYS_ARE_WELL,
    LIVENESS,
    NO_FAULT_INSIDE,
    SAME_SEED_SAME_COURSE
  }

  /** A promise that was broken, and how. */
  record Violation(Promise promise, String what) {
    @Override
    public String toString() {
      return promise + ": " + what;
    }
  }

  /** Stops the course. */
  static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient Violation violation;

    Broken(Violation violation) {
      super(violation.toString());
      this.violation = violation;
    }

    Violation violation() {
      return violation;
    }
  }

  private final Trace trace;
  private @Nullable Violation first;

  Verdicts(Trace trace) {
    this.trace = trace;
  }

  void broken(Promise promise, String what) {
    trace.tell("judge", promise + ": " + what);
    if (first == null) {
      first = new Violation(promise, what);
    }
  }

  /** Throws when something was broken. */
  void check() {
    var violation = first;
    if (violation != null) {
      throw new Broken(violation);
    }
  }
}
