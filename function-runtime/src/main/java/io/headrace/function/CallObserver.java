package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stands around each call of user code, to measure it or to make a span of it. Called by whichever
 * thread calls; what it throws is logged once and changes nothing.
 */
@FunctionalInterface
public interface CallObserver {
  /** Looks at nothing. */
  CallObserver NONE = call -> Observed.NOTHING;

  /** A call begins, on the thread that makes it. */
  Observed begin(FunctionCall call);

  /**
   * What is called: one record, or several, for which the first stands.
   *
   * @param position of the record; empty for a window
   * @param attempt 1 is the first
   * @param trace the record's sound trace context, as headers; empty where it has none
   */
  record FunctionCall(
      String application,
      String function,
      ShardKey shard,
      Optional<Position> position,
      int attempt,
      int records,
      Map<String, String> trace) {}

  /** A call that goes on. */
  interface Observed {
    /** Of a call that nobody looks at. */
    Observed NOTHING = new Observed() {};

    /** The call's thread has come back from user code; a stage of it may go on elsewhere. */
    default void left() {}

    /**
     * The headers by which an output tells its reader to which trace it belongs. Called within user
     * code, by whichever thread sends.
     *
     * @param to where the output goes, for people
     * @param trace those of the record that is handled
     */
    default Map<String, String> passedOn(String to, Map<String, String> trace) {
      return trace;
    }

    /** The call is over; told once. */
    default void ended(@Nullable Throwable failure) {}
  }
}
