package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
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
            + KinesisSink.RECORD_BYTES_MAX
            + "; store the payload elsewhere and send its address");
  }

  StreamException closed() {
    return new StreamException(
        Kind.RETRYABLE, "the sink of " + place + " was closed before all was stored");
  }
}
