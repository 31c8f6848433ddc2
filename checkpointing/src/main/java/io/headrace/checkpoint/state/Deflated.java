package io.headrace.checkpoint.state;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Bytes that are written shorter where that helps. Stateless, any thread. */
final class Deflated {
  /**
   * The quickest: what it saves of write units it must not take of the processor. A higher level
   * makes entries a few percent smaller and takes several times as long.
   */
  private static final int LEVEL = Deflater.BEST_SPEED;

  /** Less does not come out shorter. */
  private static final int BYTES_MIN = 32;

  /** The format makes nothing shorter than that; what says so is no reason to take the memory. */
  private static final long FACTOR_MAX = 1_032;

  private Deflated() {}

  /** How many bytes there are, and the bytes, shorter if they can be; to the end of the chunk. */
  static void write(ByteWriter out, byte[] raw) {
    byte[] packed = raw.length < BYTES_MIN ? raw : deflate(raw);
    out.writeLong(raw.length);
    out.write(packed, 0, packed.length);
  }

  /** As {@link #write}, with the length of that in front, so that more can follow. */
  static void writeWithLength(ByteWriter out, byte[] raw) {
    var packed = new ByteWriter(raw.length + 8);
    write(packed, raw);
    out.writeLong(packed.size());
    out.write(packed);
  }

  /** Those that do not come out shorter are answered as they are. */
  private static byte[] deflate(byte[] raw) {
    var deflater = new Deflater(LEVEL, true);
    try {
      deflater.setInput(raw);
      deflater.finish();
      byte[] packed = new byte[raw.length - 1];
      int length = deflater.deflate(packed);
      return deflater.finished() ? Arrays.copyOf(packed, length) : raw;
    } finally {
      deflater.end();
    }
  }

  /** Reads what {@link #writeWithLength} wrote, as {@link #read} does. */
  static byte[] readWithLength(ByteReader in) {
    byte[] packed = in.readBytes();
    return read(new ByteReader(packed, 0, packed.length));
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static byte[] read(ByteReader in) {
    int length = in.readInt();
    byte[] packed = in.read(in.left());
    if (packed.length == length) {
      return packed;
    }
    if (packed.length > length || length > FACTOR_MAX * packed.length) {
      throw new IllegalArgumentException(
          packed.length + " bytes can't have been " + length + " before");
    }
    var inflater = new Inflater(true);
    try {
      inflater.setInput(packed);
      byte[] raw = new byte[length];
      int read = 0;
      while (read < length && !inflater.finished()) {
        int more = inflater.inflate(raw, read, length - read);
        if (more == 0) {
          break; // It wants more than there is.
        }
        read += more;
      }
      if (read != length) {
        throw new IllegalArgumentException("ends before it should");
      }
      if (inflater.inflate(new byte[1]) > 0
          || !inflater.finished()
          || inflater.getRemaining() > 0) {
        throw new IllegalArgumentException("goes on behind its end");
      }
      return raw;
    } catch (DataFormatException wrong) {
      throw new IllegalArgumentException("can't be inflated", wrong);
    } finally {
      inflater.end();
    }
  }
}
