package io.headrace.local.log;

import java.util.ArrayList;
import java.util.List;

/** What one read has gathered, and whether it wants more. One thread. */
final class Reading {
  private final int recordsMax;
  private final long bytesMax;
  private final List<StoredRecord> records = new ArrayList<>();
  private long bytes;

  Reading(int recordsMax, long bytesMax) {
    this.recordsMax = recordsMax;
    this.bytesMax = bytesMax;
  }

  /** Takes the record when it fits; false when this read is full. */
  boolean offer(StoredRecord record) {
    bytes += record.payloadBytes();
    if (bytes > bytesMax && !records.isEmpty()) {
      return false;
    }
    records.add(record);
    return records.size() < recordsMax;
  }

  List<StoredRecord> records() {
    return records;
  }
}
