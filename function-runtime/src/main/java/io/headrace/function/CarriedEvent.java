package io.headrace.function;

import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Partial;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** A record that was carried on, as if it had been read where it lies. */
record CarriedEvent<I>(Carried carried, I value, Attempt attempt, Broadcasts broadcasts)
    implements Event<I> {
  /** Names the record where it lies. */
  static EventId idOf(Carried carried) {
    return Decoder.id(carried.source().shard(), carried.source().position());
  }

  /** Names a partial sum by the first of its records. */
  static EventId idOf(Partial partial) {
    return Decoder.id(partial.from(), partial.places().get(0));
  }

  @Override
  public String partitionKey() {
    return carried.partitionKey();
  }

  @Override
  public EventId id() {
    return idOf(carried);
  }

  @Override
  public Instant arrivedAt() {
    return carried.arrivedAt();
  }

  @Override
  public Instant time() {
    return carried.time();
  }

  @Override
  public Map<String, String> headers() {
    return carried.headers();
  }

  @Override
  public <R> Optional<Version<R>> inForce(Broadcast<R> broadcast) {
    return broadcasts.inForce(broadcast, time(), arrivedAt());
  }

  /** Without the value, which never reaches a log. */
  @Override
  public String toString() {
    return "event " + id();
  }
}
