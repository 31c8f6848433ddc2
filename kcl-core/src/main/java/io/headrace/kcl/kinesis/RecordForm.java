package io.headrace.kcl.kinesis;

import java.nio.charset.StandardCharsets;

/**
 * What the forms have in common in which Kinesis writes records: {@link RecordsBody} reads answers
 * of GetRecords, {@link EventBody} events of SubscribeToShard.
 */
final class RecordForm {
  /** How deep what is passed over may be nested. */
  static final int DEPTH_MAX = 16;

  static final byte[] RECORDS = name("Records");
  static final byte[] SEQUENCE_NUMBER = name("SequenceNumber");
  static final byte[] PARTITION_KEY = name("PartitionKey");
  static final byte[] DATA = name("Data");
  static final byte[] ARRIVAL = name("ApproximateArrivalTimestamp");

  private RecordForm() {}

  /** A name or another word as it is written. */
  static byte[] name(String field) {
    return field.getBytes(StandardCharsets.US_ASCII);
  }

  /** Another form than is known, or bytes that end too early. */
  static final class Unknown extends Exception {
    private static final long serialVersionUID = 1;

    private final int at;

    Unknown(int at) {
      super("at byte " + at, null, false, false);
      this.at = at;
    }

    int at() {
      return at;
    }
  }
}
