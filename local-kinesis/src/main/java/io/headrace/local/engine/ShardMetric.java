package io.headrace.local.engine;

/** A metric that a stream can be asked to keep for each shard, in the service's words. */
public enum ShardMetric {
  INCOMING_BYTES("IncomingBytes"),
  OUTGOING_RECORDS("OutgoingRecords"),
  ITERATOR_AGE_MILLISECONDS("IteratorAgeMilliseconds"),
  INCOMING_RECORDS("IncomingRecords"),
  READ_PROVISIONED_THROUGHPUT_EXCEEDED("ReadProvisionedThroughputExceeded"),
  WRITE_PROVISIONED_THROUGHPUT_EXCEEDED("WriteProvisionedThroughputExceeded"),
  OUTGOING_BYTES("OutgoingBytes");

  private final String word;

  ShardMetric(String word) {
    this.word = word;
  }

  public String word() {
    return word;
  }
}
