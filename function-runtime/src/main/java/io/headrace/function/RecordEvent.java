package io.headrace.function;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** A decoded record of one attempt. */
record RecordEvent<I>(
    StreamRecord record,
    ShardKey shard,
    I value,
    Instant time,
    Attempt attempt,
    Broadcasts broadcasts)
    implements Event<I> {
  @Override
  public EventId id() {
    return Decoder.id(shard, record.position());
  }

  @Override
  public String partitionKey() {
    return record.key().text();
  }

  @Override
  public Instant arrivedAt() {
    return record.arrivedAt();
  }

  @Override
  public Map<String, String> headers() {
    return record.headers();
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
