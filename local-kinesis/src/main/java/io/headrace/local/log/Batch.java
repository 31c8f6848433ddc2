package io.headrace.local.log;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Records in the form in which they go to a segment. The shard's log guards every call. */
final class Batch {
  // What one large put needed is not kept for the small ones after it.
  private static final int KEPT_BYTES_MAX = 256 << 10;

  private byte[] bytes = {};
  private int length;
  private long firstArrivalMillis;
  private long end;

  void add(StoredRecord record) {
    byte[] key = record.partitionKey().getBytes(StandardCharsets.UTF_8);
    int recordBytes = RecordFormat.bytes(key, record.data());
    if (bytes.length - length < recordBytes) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + recordBytes));
    }
    RecordFormat.write(bytes, length, record, key);
    if (length == 0) {
      firstArrivalMillis = record.arrivalMillis();
    }
    length += recordBytes;
    end = record.order() + 1;
  }

  boolean isEmpty() {
    return length == 0;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  long firstArrivalMillis() {
    return firstArrivalMillis;
  }

  long end() {
    return end;
  }

  void clear() {
    length = 0;
    if (bytes.length > KEPT_BYTES_MAX) {
      bytes = new byte[0];
    }
  }

  /** Holds nothing until the next record: a thousand shards at rest must not keep their largest. */
  void release() {
    length = 0;
    bytes = new byte[0];
  }
}
