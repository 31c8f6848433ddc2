package io.headrace.local.log;

import java.io.IOException;
import java.util.Arrays;

/** Goes through the records of a segment, and holds a part of the file at a time. One thread. */
final class RecordScanner {
  private static final int PART_BYTES_MIN = 64 << 10;
  private static final int PART_BYTES_MAX = 1 << 20;

  private final DiskFile file;
  private final long limit;
  private byte[] part = new byte[0];
  private int partBytes = PART_BYTES_MIN;
  private long partOffset;
  private int partLength;
  private long offset;
  private int recordBytes;

  RecordScanner(DiskFile file, long from, long limit) {
    this.file = file;
    this.limit = limit;
    this.offset = from;
    this.partOffset = from;
  }

  /**
   * Goes on to the next record; false when the limit is reached, or when what follows is not a
   * whole and sound record: {@link #isAtLimit} tells them apart.
   */
  boolean next() throws IOException {
    offset += recordBytes;
    recordBytes = 0;
    if (offset >= limit || !hold(RecordFormat.OVERHEAD_BYTES)) {
      return false;
    }
    int bytes = RecordFormat.bytesAt(part, at());
    if (bytes < 0 || !hold(bytes) || !RecordFormat.isSound(part, at())) {
      return false;
    }
    recordBytes = bytes;
    return true;
  }

  boolean isAtLimit() {
    return offset >= limit;
  }

  /** The current record's place in the file. */
  long offset() {
    return offset;
  }

  int recordBytes() {
    return recordBytes;
  }

  /** What holds the current record, from {@link #at} on, until the next call of {@link #next}. */
  byte[] bytes() {
    return part;
  }

  int at() {
    return (int) (offset - partOffset);
  }

  private boolean hold(int wanted) throws IOException {
    if (limit - offset < wanted) {
      return false;
    }
    int held = (int) (partOffset + partLength - offset);
    if (held >= wanted) {
      return true;
    }
    int length = (int) Math.min(limit - offset, Math.max(partBytes, wanted));
    partBytes = Math.min(partBytes * 4, PART_BYTES_MAX);
    byte[] next = part.length >= length ? part : new byte[length];
    System.arraycopy(part, at(), next, 0, held);
    held += file.read(offset + held, next, held, length - held);
    part = next;
    partOffset = offset;
    partLength = held;
    return held >= wanted;
  }

  /**
   * Whether a sound record with an order above the given one begins anywhere in these bytes: then
   * what lies before it was damaged, and did not just stay unwritten.
   */
  static boolean holdsRecordAbove(byte[] bytes, int length, long order) {
    byte[] all = bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
    for (int at = 0; at + RecordFormat.OVERHEAD_BYTES <= length; at++) {
      int recordBytes = RecordFormat.bytesAt(all, at);
      if (recordBytes > 0
          && recordBytes <= length - at
          && RecordFormat.order(all, at) > order
          && RecordFormat.order(all, at) - order < 1L << 48
          && RecordFormat.isSound(all, at)) {
        return true;
      }
    }
    return false;
  }
}
