package io.headrace.checkpoint.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An entry as it is stored.
 *
 * @param key as {@link EntryKey#encoded} has it
 * @param value null where the entry was removed, and older runs may still hold it
 */
record RawEntry(byte[] key, @Nullable StateValue value) implements Comparable<RawEntry> {
  void write(ByteWriter out) {
    out.writeBytes(key);
    writeValue(out);
  }

  /** None for a tombstone. */
  void writeVersion(ByteWriter out) {
    out.writeLong(value == null ? 0 : value.codecVersion() + 1L);
  }

  private void writeValue(ByteWriter out) {
    writeVersion(out);
    if (value != null) {
      out.writeBytes(value.bytes());
    }
  }

  static RawEntry read(ByteReader in) {
    return new RawEntry(in.readBytes(), readValue(in));
  }

  private static @Nullable StateValue readValue(ByteReader in) {
    int version = in.readInt();
    return version == 0 ? null : StateValue.of(in.readBytes(), version - 1);
  }

  /** As {@link #write}, when the hash can be had from the rest of the key. */
  void writeWithoutHash(ByteWriter out) {
    int rest = key.length - EntryKey.HASH_BYTES;
    out.writeLong(rest);
    out.write(key, EntryKey.HASH_BYTES, rest);
    writeValue(out);
  }

  /** How many there are, and each as {@link #writeWithoutHash} has it. */
  static List<RawEntry> readRows(ByteReader in) {
    var entries = new ArrayList<RawEntry>();
    for (int left = in.readInt(); left > 0; left--) {
      entries.add(readWithoutHash(in));
    }
    return entries;
  }

  static RawEntry readWithoutHash(ByteReader in) {
    return new RawEntry(EntryKey.withHash(in.readBytes()), readValue(in));
  }

  /** About what it takes in a chunk. */
  int bytes() {
    return key.length + (value == null ? 0 : value.bytes().length) + 8;
  }

  @Override
  public int compareTo(RawEntry other) {
    return Arrays.compareUnsigned(key, other.key);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawEntry that
        && Arrays.equals(key, that.key)
        && Objects.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(key);
  }

  @Override
  public String toString() {
    return "entry of " + bytes() + " bytes";
  }
}
