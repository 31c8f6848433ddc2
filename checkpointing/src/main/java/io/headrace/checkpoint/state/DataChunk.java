package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of a run: entries in order, found without decoding the others. Immutable. */
final class DataChunk {
  private static final int MAGIC = 0x48445244;
  private static final int FORMAT = 1;

  private final byte[] bytes;

  /** Where each entry begins. */
  private final int[] offsets;

  private DataChunk(byte[] bytes, int[] offsets) {
    this.bytes = bytes;
    this.offsets = offsets;
  }

  /**
   * @param entries in order, each key once
   */
  static byte[] write(List<RawEntry> entries) {
    var out = new ByteWriter(64 << 10);
    out.writeFixed(MAGIC);
    out.writeByte(FORMAT);
    out.writeLong(entries.size());
    entries.forEach(entry -> entry.write(out));
    return out.toCheckedBytes();
  }

  /**
   * @param what names the chunk in errors
   * @throws CheckpointException when it is none, damaged or newer
   */
  static DataChunk read(String what, byte[] bytes) {
    var in = ByteReader.ofChecked(what, bytes, MAGIC, FORMAT);
    try {
      var offsets = new int[in.readInt()];
      for (int i = 0; i < offsets.length; i++) {
        offsets[i] = in.at();
        in.skip(in.readInt());
        if (in.readInt() > 0) {
          in.skip(in.readInt());
        }
      }
      return new DataChunk(bytes, offsets);
    } catch (IllegalArgumentException | NegativeArraySizeException wrong) {
      throw new CheckpointException(what + ": can't be read", wrong);
    }
  }

  int size() {
    return offsets.length;
  }

  RawEntry entry(int index) {
    return RawEntry.read(new ByteReader(bytes, offsets[index], bytes.length));
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
    int low = 0;
    int high = offsets.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = compare(middle, key);
      if (order == 0) {
        return entry(middle);
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return null;
  }

  private int compare(int index, byte[] key) {
    var in = new ByteReader(bytes, offsets[index], bytes.length);
    int length = in.readInt();
    return Arrays.compareUnsigned(bytes, in.at(), in.at() + length, key, 0, key.length);
  }
}
