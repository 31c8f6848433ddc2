package io.headrace.function;

import io.headrace.kcl.loop.Stages;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A failed attempt, classified.
 *
 * @param terminal no retry mends it
 * @param fatal the virtual machine is in doubt, or the state is unreadable: the shard is given up
 */
record Failure(Throwable cause, String code, boolean terminal, boolean fatal) {
  private static final int MESSAGE_CHARACTERS_MAX = 1_000;

  static final String EXHAUSTED = "RetryAttemptsExhausted";

  static Failure of(Throwable thrown, RetryPolicy policy) {
    var cause = Stages.causeOf(thrown);
    if (isFatal(cause)) {
      return new Failure(cause, "VirtualMachineError", false, true);
    }
    if (cause instanceof UnreadableState) {
      return new Failure(cause, "UnreadableState", false, true);
    }
    if (cause instanceof Decoder.Unreadable unreadable) {
      var down = unavailable(unreadable);
      return down != null
          ? new Failure(down, name(down), policy.isTerminal(down), false)
          : new Failure(cause, unreadable.code, true, false);
    }
    if (cause instanceof TerminalFailure terminal) {
      return new Failure(cause, terminal.code(), true, false);
    }
    if (cause instanceof TimeoutException) {
      return new Failure(cause, "TimedOut", policy.isTerminal(cause), false);
    }
    return new Failure(cause, name(cause), policy.isTerminal(cause), false);
  }

  /**
   * A stack that overflowed is unwound when it gets here, and its record would do it elsewhere
   * again: a failed record. After other errors of the virtual machine nothing in this process can
   * be relied upon.
   */
  static boolean isFatal(Throwable thrown) {
    var cause = Stages.causeOf(thrown);
    return cause instanceof VirtualMachineError && !(cause instanceof StackOverflowError);
  }

  /** Throws a fault on that gives the shard up now, and not behind a key that waits. */
  static void requireMendable(Throwable fault) {
    if (fault instanceof VirtualMachineError fatal && !(fault instanceof StackOverflowError)) {
      throw fatal;
    }
  }

  /**
   * A codec may ask others, such as a registry of schemas, for what it needs. Only what says so by
   * itself: types given to {@link RetryPolicy#unavailableOn} are often those of a payload that is
   * none, such as {@code IOException}.
   */
  static @Nullable Unavailable unavailable(Decoder.Unreadable unreadable) {
    var cause = unreadable.getCause();
    return cause != null && Stages.causeOf(cause) instanceof Unavailable down ? down : null;
  }

  /** The exception's class as letters and events name it. */
  String error() {
    var root =
        cause instanceof Decoder.Unreadable && cause.getCause() != null ? cause.getCause() : cause;
    return root.getClass().getName();
  }

  /** May quote the payload: for letters only. */
  String message() {
    String message;
    try {
      message = String.valueOf(cause.getMessage());
    } catch (RuntimeException | StackOverflowError thrown) {
      // An exception of the user's that can't even say what it is must not hold its letter up.
      message = "its getMessage threw " + thrown.getClass().getName();
    }
    return message.length() <= MESSAGE_CHARACTERS_MAX
        ? message
        : message.substring(0, MESSAGE_CHARACTERS_MAX) + "…";
  }

  private static String name(Throwable cause) {
    var simple = cause.getClass().getSimpleName();
    return simple.isEmpty() ? cause.getClass().getName() : simple;
  }
}
