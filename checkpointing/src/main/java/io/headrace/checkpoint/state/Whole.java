package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import java.util.LinkedHashMap;
import java.util.Map;

/** All state of one shard as one chunk. */
record Whole(HashRange range, Map<EntryKey, StateValue> entries, Map<String, byte[]> notes) {
  private static final int MAGIC = 0x48445357;
  private static final int FORMAT = 1;

  byte[] write() {
    var out = new ByteWriter(1 << 10);
    out.writeFixed(MAGIC);
    out.writeByte(FORMAT);
    out.writeRange(range);
    out.writeLong(notes.size());
    notes.forEach(
        (name, bytes) -> {
          out.writeText(name);
          out.writeBytes(bytes);
        });
    out.writeLong(entries.size());
    entries.forEach(
        (key, value) -> {
          out.writeBytes(key.encoded());
          out.writeLong(value.codecVersion());
          out.writeBytes(value.bytes());
        });
    return out.toCheckedBytes();
  }

  static Whole read(String what, byte[] bytes) {
    var in = ByteReader.ofChecked(what, bytes, MAGIC, FORMAT);
    try {
      var range = in.readRange();
      var notes = new LinkedHashMap<String, byte[]>();
      for (long left = in.readLong(); left > 0; left--) {
        notes.put(in.readText(), in.readBytes());
      }
      var entries = new LinkedHashMap<EntryKey, StateValue>();
      for (long left = in.readLong(); left > 0; left--) {
        var key = EntryKey.read(in.readBytes());
        int version = in.readInt();
        entries.put(key, StateValue.of(in.readBytes(), version));
      }
      return new Whole(range, entries, notes);
    } catch (IllegalArgumentException wrong) {
      throw new CheckpointException(what + ": can't be read", wrong);
    }
  }
}
