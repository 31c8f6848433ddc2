package io.headrace.kcl.kinesis;

import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import java.time.Duration;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** What a sink says when a record can't be stored. */
record SinkSentences(Place place) {
  /** Per record, Kinesis answers only what may pass: too fast, or an error of its own. */
  StreamException refusedEntry(PutRecordsResultEntry result) {
    return new StreamException(
        Kind.RETRYABLE,
        "PutRecords on "
            + place
            + " did not store a record ("
            + result.errorCode()
            + ": "
            + result.errorMessage()
            + "); if this lasts, add shards");
  }

  StreamException wrongCount(int asked, int answered) {
    return new StreamException(
        Kind.RETRYABLE,
        "PutRecords on "
            + place
            + " answered "
            + answered
            + " of "
            + asked
            + " records; is the endpoint a Kinesis server?");
  }

  StreamException brokenEntry(PutRecordsResultEntry result, RuntimeException broken) {
    return new StreamException(
        Kind.INVALID,
        "PutRecords on "
            + place
            + " was answered with ShardId \""
            + result.shardId()
            + "\" and SequenceNumber \""
            + result.sequenceNumber()
            + "\"; is the endpoint a Kinesis server?",
        broken);
  }

  StreamException tooLarge(int bytes) {
    return new StreamException(
        Kind.INVALID,
        "PutRecords on "
            + place
            + " can't take a record of "
            + bytes
            + " bytes with its key: no stream takes more than "
            + ProducerMachine.RECORD_BYTES_MAX
            + "; store the payload elsewhere and send its address");
  }

  StreamException expired(Duration timeToLive) {
    return new StreamException(
        Kind.RETRYABLE,
        "PutRecords on "
            + place
            + " did not come to a record within its "
            + timeToLive.toMillis()
            + " ms to live; if this lasts, add shards, raise shardShare or put less");
  }

  /** Of an earlier record that is wrong nothing follows for this one: it may be put again. */
  StreamException behind(StreamException failed) {
    return new StreamException(
        failed.kind() == Kind.INVALID ? Kind.RETRYABLE : failed.kind(),
        "an earlier record of the key was not stored, so this one was not sent: "
            + failed.getMessage(),
        failed);
  }

  StreamException unknownShard(ShardId shard) {
    return new StreamException(
        Kind.RETRYABLE,
        "PutRecords on "
            + place
            + " stored an aggregate in "
            + shard
            + ", which ListShards did not name in time; check the right to kinesis:ListShards");
  }

  StreamException full(long outstandingBytesMax) {
    return new StreamException(
        Kind.RETRYABLE,
        "the producer of "
            + place
            + " holds "
            + outstandingBytesMax
            + " bytes, which is its bound; put the record again when room() completes");
  }

  StreamException closed() {
    return new StreamException(
        Kind.RETRYABLE, "the producer of " + place + " was closed before this was stored");
  }
}
