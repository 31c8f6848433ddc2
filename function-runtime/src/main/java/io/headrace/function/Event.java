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

  /** The trace that the record belongs to; empty where it carries none in W3C's format. */
  default Optional<TraceContext> trace() {
    return TraceContext.in(headers());
  }
}
