package io.headrace.checkpoint.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import java.math.BigInteger;
import java.util.Arrays;

/**
 * Reads what {@link ByteWriter} wrote; one thread. What does not fit its lengths is an {@link
 * IllegalArgumentException}, never half a value.
 */
final class ByteReader {
  private static final int TRAILER_BYTES = 4;

  private final byte[] bytes;
  private final int end;
  private int at;

  ByteReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /**
   * Opens what was written with a checksum at its end.
   *
   * @param what names it in errors
   * @throws CheckpointException when it is something else, of a newer format, or damaged
   */
  static ByteReader ofChecked(String what, byte[] bytes, int magic, int format) {
    if (bytes.length < 5 + TRAILER_BYTES || fixed(bytes, 0) != magic) {
      throw new CheckpointException(what + ": is something else, or cut short");
    }
    int end = bytes.length - TRAILER_BYTES;
    if (ByteWriter.checksum(bytes, end) != fixed(bytes, end)) {
      throw new CheckpointException(what + ": is damaged, its checksum differs");
    }
    int found = formatOf(bytes);
    if (found == 0 || found > format) {
      throw new CheckpointException(
          what
              + ": has format "
              + found
              + ", this version reads up to "
              + format
              + "; run the newer version");
    }
    return new ByteReader(bytes, 5, end);
  }

  /** The format of what was {@linkplain #ofChecked checked}. */
  static int formatOf(byte[] bytes) {
    return bytes[4] & 0xff;
  }

  private static int fixed(byte[] bytes, int at) {
    return new ByteReader(bytes, at, bytes.length).readFixed();
  }

  int at() {
    return at;
  }

  void skip(int length) {
    require(length);
    at += length;
  }

  int left() {
    return end - at;
  }

  int readByte() {
    require(1);
    return bytes[at++] & 0xff;
  }

  int readFixed() {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      value = (value << 8) | readByte();
    }
    return value;
  }

  long readLong() {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int next = readByte();
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number does not end");
  }

  int readInt() {
    long value = readLong();
    if (value > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("number " + value + " is too large");
    }
    return (int) value;
  }

  byte[] read(int length) {
    require(length);
    at += length;
    return Arrays.copyOfRange(bytes, at - length, at);
  }

  byte[] readBytes() {
    return read(readInt());
  }

  String readText() {
    return new String(readBytes(), UTF_8);
  }

  HashRange readRange() {
    return new HashRange(new BigInteger(readBytes()), new BigInteger(readBytes()));
  }

  private void require(int length) {
    if (length > end - at || length < 0) {
      throw new IllegalArgumentException("ends within a field");
    }
  }
}
