package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a run: entries in order, found without decoding the others. Immutable.
 *
 * <p>Keys are stored without their hash, which is that of the partition key they begin with: it is
 * half of a short key, and the one part that can't be made shorter.
 */
final class DataChunk {
  private static final int MAGIC = 0x48445244;

  /** Of entries with whole keys, one behind the other. Still read. */
  private static final int WHOLE_KEYS = 1;

  /** One entry behind the other, deflated. Still read. */
  private static final int ROWS = 2;

  private static final int FORMAT = 3;

  /** How many entries there are, and one behind the other. */
  private final byte[] bytes;

  private final int format;

  /** Where each entry begins. */
  private final int[] offsets;

  private DataChunk(byte[] bytes, int format, int[] offsets) {
    this.bytes = bytes;
    this.format = format;
    this.offsets = offsets;
  }

  /**
   * @param entries in order, each key once
   */
  static byte[] write(List<RawEntry> entries) {
    var out = new ByteWriter(32 << 10);
    out.writeFixed(MAGIC);
    out.writeByte(FORMAT);
    PackedEntries.write(out, entries);
    return out.toCheckedBytes();
  }

  /**
   * @param what names the chunk in errors
   * @throws CheckpointException when it is none, damaged or newer
   */
  static DataChunk read(String what, byte[] bytes) {
    var checked = ByteReader.ofChecked(what, bytes, MAGIC, FORMAT);
    int format = ByteReader.formatOf(bytes);
    try {
      byte[] body = body(checked, format);
      var in = new ByteReader(body, 0, body.length);
      int entries = in.readInt();
      if (entries > in.left()) {
        throw new IllegalArgumentException(entries + " entries in " + in.left() + " bytes");
      }
      var offsets = new int[entries];
      for (int i = 0; i < offsets.length; i++) {
        offsets[i] = in.at();
        in.skip(in.readInt());
        if (in.readInt() > 0) {
          in.skip(in.readInt());
        }
      }
      if (in.left() > 0) {
        throw new IllegalArgumentException("goes on behind its entries");
      }
      return new DataChunk(body, format, offsets);
    } catch (IllegalArgumentException wrong) {
      throw new CheckpointException(what + ": can't be read", wrong);
    }
  }

  private static byte[] body(ByteReader checked, int format) {
    if (format == WHOLE_KEYS) {
      return checked.read(checked.left());
    }
    if (format == ROWS) {
      return Deflated.read(checked);
    }
    byte[] rows = PackedEntries.rows(checked);
    if (checked.left() > 0) {
      throw new IllegalArgumentException("goes on behind its entries");
    }
    return rows;
  }

  int size() {
    return offsets.length;
  }

  RawEntry entry(int index) {
    var in = new ByteReader(bytes, offsets[index], bytes.length);
    return format == WHOLE_KEYS ? RawEntry.read(in) : RawEntry.readWithoutHash(in);
  }

  List<RawEntry> entries() {
    var all = new ArrayList<RawEntry>(offsets.length);
    for (int i = 0; i < offsets.length; i++) {
      all.add(entry(i));
    }
    return all;
  }

  /** The entry of a key; null when there is none here. */
  @Nullable RawEntry find(byte[] key) {
    int from = format == WHOLE_KEYS ? 0 : EntryKey.HASH_BYTES;
    // To compare in order would take the hash of each key that is met: this compares all sooner.
    for (int i = 0; i < offsets.length; i++) {
      var in = new ByteReader(bytes, offsets[i], bytes.length);
      int length = in.readInt();
      if (length == key.length - from
          && Arrays.equals(bytes, in.at(), in.at() + length, key, from, key.length)) {
        return entry(i);
      }
    }
    return null;
  }
}
