package io.headrace.checkpoint.state;

import java.util.List;

/**
 * Entries as they are stored: all of a kind side by side, which deflates better than one entry
 * behind the other, and keys without their hash, which is that of the partition key. Stateless, any
 * thread.
 *
 * <p>First how many there are; then, deflated, the lengths of all partition keys, all of these,
 * what follows each in its key with the length of that, the versions of all values, none for a
 * tombstone, and the lengths of all values; then, deflated by themselves since they are of another
 * kind, the values.
 */
final class PackedEntries {
  private PackedEntries() {}

  /**
   * Writes some entries; they are read in the same order.
   *
   * @param entries may be none
   */
  static void write(ByteWriter out, List<RawEntry> entries) {
    var columns = new ByteWriter(32 * entries.size());
    var keys = new ByteWriter(32 * entries.size());
    var rests = new ByteWriter(8 * entries.size());
    for (var entry : entries) {
      byte[] key = entry.key();
      var in = new ByteReader(key, EntryKey.HASH_BYTES, key.length);
      int length = in.readInt();
      columns.writeLong(length);
      keys.write(key, in.at(), length);
      in.skip(length);
      rests.writeLong(in.left());
      rests.write(key, in.at(), in.left());
    }
    columns.write(keys);
    columns.write(rests);
    entries.forEach(entry -> entry.writeVersion(columns));
    var values = new ByteWriter(64 * entries.size());
    for (var entry : entries) {
      var value = entry.value();
      if (value != null) {
        columns.writeLong(value.bytes().length);
        values.write(value.bytes(), 0, value.bytes().length);
      }
    }
    out.writeLong(entries.size());
    Deflated.writeWithLength(out, columns.toBytes());
    Deflated.writeWithLength(out, values.toBytes());
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static List<RawEntry> read(ByteReader in) {
    byte[] rows = rows(in);
    return RawEntry.readRows(new ByteReader(rows, 0, rows.length));
  }

  /**
   * How many there are, and one behind the other as {@link RawEntry#writeWithoutHash} has them: no
   * hash is taken of what nobody asks for.
   *
   * @throws IllegalArgumentException when something else was written
   */
  static byte[] rows(ByteReader in) {
    int size = in.readInt();
    byte[] columns = Deflated.readWithLength(in);
    byte[] values = Deflated.readWithLength(in);
    if (size > columns.length) {
      throw new IllegalArgumentException(size + " entries in " + columns.length + " bytes");
    }
    var lengths = new ByteReader(columns, 0, columns.length);
    var keys = new ByteReader(columns, 0, columns.length);
    for (int i = 0; i < size; i++) {
      keys.readInt();
    }
    var rests = new ByteReader(columns, keys.at(), columns.length);
    for (int i = 0; i < size; i++) {
      rests.skip(lengths.readInt());
    }
    var versions = new ByteReader(columns, rests.at(), columns.length);
    for (int i = 0; i < size; i++) {
      versions.skip(versions.readInt());
    }
    var valueLengths = new ByteReader(columns, versions.at(), columns.length);
    for (int i = 0; i < size; i++) {
      valueLengths.readInt();
    }
    var rows = new ByteWriter(columns.length + values.length + 4 * size);
    rows.writeLong(size);
    int value = 0;
    lengths = new ByteReader(columns, 0, columns.length);
    for (int i = 0; i < size; i++) {
      int length = lengths.readInt();
      int rest = rests.readInt();
      rows.writeLong(ByteWriter.lengthOf(length) + (long) length + rest);
      rows.writeLong(length);
      rows.write(columns, keys.at(), length);
      keys.skip(length);
      rows.write(columns, rests.at(), rest);
      rests.skip(rest);
      int version = versions.readInt();
      rows.writeLong(version);
      if (version > 0) {
        int bytes = valueLengths.readInt();
        if (bytes > values.length - value) {
          throw new IllegalArgumentException("a value goes on behind the end");
        }
        rows.writeLong(bytes);
        rows.write(values, value, bytes);
        value += bytes;
      }
    }
    if (valueLengths.left() > 0 || value < values.length) {
      throw new IllegalArgumentException("goes on behind its entries");
    }
    return rows.toBytes();
  }
}
