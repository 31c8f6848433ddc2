package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.StableCopy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All state of a shard as of one commit. A small one rides in the commit itself.
 *
 * @param shard the checksum of the beginning of its chunks' names, by which a shard knows its own
 * @param range the keys of the shard that made the commit
 * @param inline the entries that lie in no run yet, newer than all runs, in order
 * @param runs the newest first
 */
record Root(
    int shard, HashRange range, Map<String, byte[]> notes, List<RawEntry> inline, List<Run> runs) {
  private static final int MAGIC = 0x48445254;

  /** With whole keys in entries and runs. Still read. */
  private static final int WHOLE_KEYS = 1;

  private static final int FORMAT = 2;

  Root {
    notes = StableCopy.of(notes);
    inline = List.copyOf(inline);
    runs = List.copyOf(runs);
  }

  byte[] write() {
    var out = new ByteWriter(1 << 10);
    out.writeFixed(MAGIC);
    out.writeByte(FORMAT);
    out.writeFixed(shard);
    out.writeRange(range);
    writeNotes(out, notes);
    PackedEntries.write(out, inline);
    var prefixes = Prefixes.of(runs.stream().map(Run::top).toList());
    prefixes.write(out);
    out.writeLong(runs.size());
    runs.forEach(run -> run.write(out, prefixes, range));
    return out.toCheckedBytes();
  }

  static void writeNotes(ByteWriter out, Map<String, byte[]> notes) {
    out.writeLong(notes.size());
    notes.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            note -> {
              out.writeText(note.getKey());
              out.writeBytes(note.getValue());
            });
  }

  static Map<String, byte[]> readNotes(ByteReader in) {
    var notes = new LinkedHashMap<String, byte[]>();
    for (int left = in.readInt(); left > 0; left--) {
      notes.put(in.readText(), in.readBytes());
    }
    return notes;
  }

  /** With what has changed since; its notes are all that count. */
  Root with(RidingChanges changes) {
    var all = new TreeMap<byte[], RawEntry>(Arrays::compareUnsigned);
    inline.forEach(entry -> all.put(entry.key(), entry));
    changes.entries().forEach(entry -> all.put(entry.key(), entry));
    return new Root(shard, range, changes.notes(), List.copyOf(all.values()), runs);
  }

  /** Whether a part of a commit is a root, and not where one lies. */
  static boolean isOne(byte[] part) {
    return part.length > 4 && new ByteReader(part, 0, part.length).readFixed() == MAGIC;
  }

  /**
   * @param what names it in errors
   */
  static Root read(String what, byte[] bytes) {
    var in = ByteReader.ofChecked(what, bytes, MAGIC, FORMAT);
    try {
      int shard = in.readFixed();
      var range = in.readRange();
      var notes = readNotes(in);
      boolean wholeKeys = ByteReader.formatOf(bytes) == WHOLE_KEYS;
      var inline = wholeKeys ? entriesWithKeys(in) : PackedEntries.read(in);
      var prefixes = Prefixes.read(in);
      var runs = new ArrayList<Run>();
      for (int left = in.readInt(); left > 0; left--) {
        runs.add(wholeKeys ? Run.readWithKeys(in, prefixes, range) : Run.read(in, prefixes, range));
      }
      return new Root(shard, range, notes, inline, runs);
    } catch (IllegalArgumentException wrong) {
      throw new CheckpointException(what + ": can't be read", wrong);
    }
  }

  private static List<RawEntry> entriesWithKeys(ByteReader in) {
    var entries = new ArrayList<RawEntry>();
    for (int left = in.readInt(); left > 0; left--) {
      entries.add(RawEntry.read(in));
    }
    return entries;
  }
}
