package io.headrace.function;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What came in: one record, decoded. Immutable; a function may keep it as long as it likes.
 *
 * @param <I> the input's type
 */
public interface Event<I> {
  I value();

  String partitionKey();

  /** Names the record for ever: use it as the idempotency key of an outside effect. */
  EventId id();

  /** When the stream took the record. */
  Instant arrivedAt();

  /** Event time where the input declares it ({@link Input#timedBy}), else {@link #arrivedAt()}. */
  Instant time();

  Attempt attempt();

  /** Trace context and the like, as they came; empty where the envelope carries none. */
  Map<String, String> headers();

  /**
   * The version of a broadcast that this record is to be handled by: the same whenever and wherever
   * the record is delivered. Costs next to nothing; ask in the call itself, and keep what a later
   * timer needs of it in the state.
   *
   * @param broadcast one that the specification names ({@link FunctionSpec.Options#withBroadcast})
   * @return empty where none was in force yet
   * @throws Unavailable while the worker has not read all that may be in force: to be let through,
   *     so that the function waits
   */
  default <R> Optional<Version<R>> inForce(Broadcast<R> broadcast) {
    throw new UnsupportedOperationException(
        broadcast + ": this event is of the caller's making, and knows of no broadcast");
  }

  /** The trace that the record belongs to; empty where it carries none in W3C's format. */
  default Optional<TraceContext> trace() {
    return TraceContext.in(headers());
  }
}
