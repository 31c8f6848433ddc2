package io.headrace.function;

import io.headrace.kcl.StreamRecord;
import java.nio.charset.StandardCharsets;

/**
 * What one call may be given at most.
 *
 * @param bytesMax {@link Long#MAX_VALUE} for no limit
 * @param asEvent counts what the record takes in the JSON of a Lambda event instead of its payload
 */
record PayloadLimit(long bytesMax, boolean asEvent) {
  static final PayloadLimit NONE = new PayloadLimit(Long.MAX_VALUE, false);

  /** The most that Lambda takes in a synchronous call: 6 MB. */
  static final long LAMBDA_BYTES_MAX = 6L << 20;

  /**
   * What surrounds the data of a record in an event: its field names, the event's id, the ARNs of
   * stream and role. How Lambda counts is not documented; a recorded event has 450 to 550.
   */
  static final int ENVELOPE_BYTES = 550;

  boolean isSet() {
    return bytesMax != Long.MAX_VALUE;
  }

  /** What a record takes of the limit. */
  long bytesOf(StreamRecord record) {
    long payload = record.payload().size();
    return asEvent ? (payload + 2) / 3 * 4 + keyBytes(record) + ENVELOPE_BYTES : payload;
  }

  boolean isTooLarge(StreamRecord record) {
    return isSet() && bytesOf(record) > bytesMax;
  }

  private static int keyBytes(StreamRecord record) {
    return record.key().text().getBytes(StandardCharsets.UTF_8).length;
  }
}
