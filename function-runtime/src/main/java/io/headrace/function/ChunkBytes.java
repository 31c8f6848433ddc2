package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.zip.CRC32C;

/**
 * What the chunks of the runtime are made of: they begin with a magic number and a format, and what
 * has no fixed length has it in front. A chunk that nothing else vouches for ends with the CRC32C
 * of all before.
 */
final class ChunkBytes {
  private static final int TRAILER_BYTES = Long.BYTES;

  private ChunkBytes() {}

  static void begin(DataOutputStream out, int magic, int format) throws IOException {
    out.writeInt(magic);
    out.writeInt(format);
  }

  /**
   * @param chunk how errors name it
   * @param other the error for what does not begin with the magic number
   * @throws CheckpointException when it is another chunk, or one of a newer format
   */
  static void expect(DataInputStream in, int magic, int format, String chunk, String other)
      throws IOException {
    if (in.readInt() != magic) {
      throw new CheckpointException(other);
    }
    int found = in.readInt();
    if (found > format) {
      throw new CheckpointException(
          chunk
              + ": has format "
              + found
              + ", this version reads up to "
              + format
              + "; run the newer version");
    }
  }

  /** Whether the checksum at the end is that of all before; of at least its own bytes. */
  static boolean isSound(byte[] bytes) throws IOException {
    int body = bytes.length - TRAILER_BYTES;
    var trailer = new ByteArrayInputStream(bytes, body, TRAILER_BYTES);
    return checksum(bytes, body) == new DataInputStream(trailer).readLong();
  }

  static long checksum(byte[] bytes) {
    return checksum(bytes, bytes.length);
  }

  static void write(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static byte[] readBytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new IOException("ends within a field");
    }
    return bytes;
  }

  static void write(DataOutputStream out, String text) throws IOException {
    write(out, text.getBytes(UTF_8));
  }

  static String readText(DataInputStream in) throws IOException {
    return new String(readBytes(in), UTF_8);
  }

  static void write(DataOutputStream out, HashRange range) throws IOException {
    write(out, range.first().toString());
    write(out, range.last().toString());
  }

  static HashRange readRange(DataInputStream in) throws IOException {
    return new HashRange(new BigInteger(readText(in)), new BigInteger(readText(in)));
  }

  static void write(DataOutputStream out, Instant time) throws IOException {
    out.writeLong(time.getEpochSecond());
    out.writeInt(time.getNano());
  }

  static Instant readInstant(DataInputStream in) throws IOException {
    return Instant.ofEpochSecond(in.readLong(), in.readInt());
  }

  private static long checksum(byte[] bytes, int length) {
    var crc = new CRC32C();
    crc.update(bytes, 0, length);
    return crc.getValue();
  }
}
