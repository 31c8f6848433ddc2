package io.headrace.kcl;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;

/**
 * One user record of a shard, immutable.
 *
 * @param arrivedAt when the stream took it
 * @param headers what the envelope carries besides key and payload; empty on plain Kinesis
 * @param misrouted its producer packed it into an aggregate that went to a shard outside whose
 *     range its hash key lies; never true of a record that came by itself, whose shard the stream
 *     chose
 */
public record StreamRecord(
    Position position,
    PartitionKey key,
    Instant arrivedAt,
    Payload payload,
    Map<String, String> headers,
    boolean misrouted) {

  /** What a record takes beside key and payload: objects, position, bookkeeping. An estimate. */
  private static final int OVERHEAD_BYTES = 200;

  public StreamRecord {
    Objects.requireNonNull(position, "position");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(arrivedAt, "arrivedAt");
    Objects.requireNonNull(payload, "payload");
    headers = StableCopy.of(headers);
  }

  /** A record in the shard where it belongs. */
  public StreamRecord(
      Position position,
      PartitionKey key,
      Instant arrivedAt,
      Payload payload,
      Map<String, String> headers) {
    this(position, key, arrivedAt, payload, headers, false);
  }

  /** A plain record whose payload is here. */
  public StreamRecord(Position position, String key, Instant arrivedAt, byte[] payload) {
    this(position, PartitionKey.of(key), arrivedAt, Payload.of(payload), Map.of());
  }

  /** What the record takes of the worker's byte budget. */
  public int budgetBytes() {
    return payload.size() + key.size() + OVERHEAD_BYTES;
  }

  /** Without the payload, which never reaches a log. */
  @Override
  public String toString() {
    return "record " + position + " of " + payload.size() + " bytes";
  }
}
