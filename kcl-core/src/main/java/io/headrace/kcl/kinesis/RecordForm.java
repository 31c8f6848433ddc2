package io.headrace.kcl.kinesis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

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

  /** What these bytes say in UTF-8. Where they are none, no two readers read the same. */
  static String utf8(byte[] bytes, int begin, int end) throws Unknown {
    var text = new String(bytes, begin, end - begin, StandardCharsets.UTF_8);
    boolean mayBeReplaced = text.indexOf('\uFFFD') >= 0;
    if (mayBeReplaced
        && !Arrays.equals(
            text.getBytes(StandardCharsets.UTF_8), Arrays.copyOfRange(bytes, begin, end))) {
      throw new Unknown(begin);
    }
    return text;
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
