package io.headrace.local.engine;

import io.headrace.local.log.SequenceNumber;

/** What became of one record of a put. */
public sealed interface PutOutcome {
  /** The record is in the shard. */
  record Stored(String shardId, SequenceNumber number, boolean isEncrypted) implements PutOutcome {}

  /** The record is not in the stream, and why. */
  record Refused(String code, String message) implements PutOutcome {}
}
