package io.headrace.kcl.kinesis;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * A record as the stream gave it, before anything was asked of it: what the stream left out is
 * null. The bytes are nobody else's.
 */
record StoredRecord(
    @Nullable String sequence, @Nullable String key, byte @Nullable [] data, @Nullable Instant at) {
  /** The same records, as the SDK has read them. */
  static List<StoredRecord> of(List<Record> records) {
    return records.stream().map(StoredRecord::of).toList();
  }

  static StoredRecord of(Record record) {
    return new StoredRecord(
        record.sequenceNumber(),
        record.partitionKey(),
        record.data() == null ? null : record.data().asByteArrayUnsafe(),
        record.approximateArrivalTimestamp());
  }

  /** Without the payload, which never reaches a log. */
  @Override
  public String toString() {
    return "stored record " + sequence;
  }
}
