package io.headrace.checkpoint.state;

import io.headrace.kcl.HashRange;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Bytes of a chunk as they are written; one thread. Numbers are variable-length, never negative.
 */
final class ByteWriter {
  private byte[] bytes;
  private int size;

  ByteWriter(int capacity) {
    bytes = new byte[Math.max(16, capacity)];
  }

  int size() {
    return size;
  }

  void writeByte(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  /** Four bytes, the highest first. */
  void writeFixed(int value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      writeByte(value >>> shift);
    }
  }

  /** Seven bits a byte, the lowest first. */
  void writeLong(long value) {
    if (value < 0) {
      throw new IllegalArgumentException("number " + value + ": must not be negative");
    }
    long left = value;
    while (left > 0x7f) {
      writeByte((int) (left & 0x7f) | 0x80);
      left >>>= 7;
    }
    writeByte((int) left);
  }

  /** How many bytes {@link #writeLong} takes for a number. */
  static int lengthOf(long value) {
    int length = 1;
    for (long left = value >>> 7; left > 0; left >>>= 7) {
      length++;
    }
    return length;
  }

  void write(byte[] some, int from, int length) {
    reserve(length);
    System.arraycopy(some, from, bytes, size, length);
    size += length;
  }

  /** All that another one has by now. */
  void write(ByteWriter other) {
    write(other.bytes, 0, other.size);
  }

  /** With their length in front. */
  void writeBytes(byte[] some) {
    writeLong(some.length);
    write(some, 0, some.length);
  }

  void writeText(String text) {
    writeBytes(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  void writeRange(HashRange range) {
    writeBytes(range.first().toByteArray());
    writeBytes(range.last().toByteArray());
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  /** All of it, and the CRC32C of that. */
  byte[] toCheckedBytes() {
    writeFixed(checksum(bytes, size));
    return toBytes();
  }

  static int checksum(byte[] bytes, int length) {
    var crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private void reserve(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
    }
  }
}
