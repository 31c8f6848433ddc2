package io.headrace.function;

import io.headrace.checkpoint.EffectStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;

/**
 * An outside effect whose recorded result is returned to every later delivery of the record. A
 * crash between the effect and its record runs it again: pass {@code event.id()} to the service as
 * its idempotency key as well. Made once for a function in a process: it also knows which effects
 * are under way. Thread-safe.
 *
 * <pre>{@code
 * var receipt = once.perform(event, "charge", Json.of(Receipt.class), () ->
 *     bank.charge(event.value(), event.id().toString()));
 * }</pre>
 */
public interface Once {
  /**
   * Performs an effect, or answers what it answered before. Blocks; called by a function, on the
   * thread on which that was called.
   *
   * @param effect which of the record's effects: a short constant
   * @param result how the answer is kept; it may be null
   * @throws UnderWayException when an earlier attempt, which ran out of time, is at it still: the
   *     attempt fails, and the next one is answered what that one recorded
   * @throws SupersededException when a newer owner of the record's key has begun the effect: the
   *     attempt fails, and nobody will hear of it
   * @throws Exception what the call throws: nothing is recorded then; or {@link
   *     io.headrace.kcl.CheckpointException} when it can't be recorded now
   */
  <T> T perform(Event<?> event, String effect, Codec<T> result, Callable<T> call) throws Exception;

  /**
   * Effects of one function.
   *
   * @param function its name: those of two functions are two effects
   * @param clock the time of day; in a harness its own
   * @param keptFor how long results are kept, at least: longer than a record may come again, so
   *     longer than the stream's retention, and than letters lie until they are played again
   */
  static Once in(EffectStore store, String function, InstantSource clock, Duration keptFor) {
    return new RecordedOnce(store, function, clock, keptFor);
  }

  /** An earlier attempt of the same owner has not ended yet. */
  final class UnderWayException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnderWayException(String message) {
      super(message);
    }
  }

  /** A newer owner has the effect. */
  final class SupersededException extends RuntimeException {
    private static final long serialVersionUID = 1;

    SupersededException(String message) {
      super(message);
    }
  }
}
