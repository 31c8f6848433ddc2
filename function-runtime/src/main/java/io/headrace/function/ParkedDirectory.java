package io.headrace.function;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * Which keys of a function are parked in a shard, and where their records lie: one chunk, to which
 * a commit refers. It grows with the keys and with their owners, not with the records: a stretch
 * names any number of chunks.
 *
 * @param range the keys of the shard that wrote it
 */
record ParkedDirectory(HashRange range, List<Entry> entries) {
  static final int FORMAT = 1;

  private static final int MAGIC = 0x48445044;

  ParkedDirectory {
    entries = List.copyOf(entries);
  }

  /**
   * A parked key.
   *
   * @param next the first of its records that is not finished, or what lies before that
   * @param records that are not finished
   * @param bytes that these take
   * @param stretches where they lie, in order
   */
  record Entry(String key, Position next, long records, long bytes, List<Stretch> stretches) {
    Entry {
      stretches = List.copyOf(stretches);
    }

    /** The records of the other one come behind those of this. */
    Entry with(Entry behind) {
      var all = new ArrayList<>(stretches);
      all.addAll(behind.stretches);
      return new Entry(key, next, records + behind.records, bytes + behind.bytes, all);
    }
  }

  /**
   * Chunks with numbered names.
   *
   * @param prefix of their names
   * @param first the number of the first of them that is not finished
   * @param last that of the last one
   * @param done how many records of the first are finished
   */
  record Stretch(String prefix, long first, long last, int done) {
    String name() {
      return prefix + first;
    }

    /** Whether it is one of them. */
    boolean holds(String name) {
      if (!name.startsWith(prefix)) {
        return false;
      }
      try {
        long number = Long.parseLong(name.substring(prefix.length()));
        return first <= number && number <= last;
      } catch (NumberFormatException other) {
        return false;
      }
    }
  }

  /** Whether a chunk holds records of its keys. */
  boolean names(String chunk) {
    return entries.stream()
        .anyMatch(entry -> entry.stretches().stream().anyMatch(each -> each.holds(chunk)));
  }

  /**
   * Whether a key's records go to the shard of that range, of those that inherit from this one.
   * Each key goes to exactly one: also a key that was put with an explicit hash key, and so belongs
   * to none of them.
   */
  boolean passes(String key, HashRange to) {
    var hash = HashRange.hashOf(key);
    if (!range.holds(hash)) {
      var width = range.last().subtract(range.first()).add(BigInteger.ONE);
      hash = range.first().add(hash.mod(width));
    }
    return to.holds(hash);
  }

  byte[] write() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      ChunkBytes.begin(out, MAGIC, FORMAT);
      ChunkBytes.write(out, range);
      out.writeInt(entries.size());
      for (var entry : entries) {
        ChunkBytes.write(out, entry.key());
        ChunkBytes.write(out, entry.next().toString());
        out.writeLong(entry.records());
        out.writeLong(entry.bytes());
        out.writeInt(entry.stretches().size());
        for (var stretch : entry.stretches()) {
          ChunkBytes.write(out, stretch.prefix());
          out.writeLong(stretch.first());
          out.writeLong(stretch.last());
          out.writeInt(stretch.done());
        }
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException("bytes in memory are always written", impossible);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #write} wrote; its checksum stands in the commit.
   *
   * @param name of the chunk, for errors
   */
  static ParkedDirectory read(String name, byte[] bytes) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      var other = "chunk " + name + ": is no list of parked keys";
      ChunkBytes.expect(in, MAGIC, FORMAT, "list of parked keys " + name, other);
      var range = ChunkBytes.readRange(in);
      var entries = new ArrayList<Entry>();
      for (int left = in.readInt(); left > 0; left--) {
        entries.add(readEntry(in));
      }
      return new ParkedDirectory(range, entries);
    } catch (IOException | IllegalArgumentException cut) {
      throw new CheckpointException("list of parked keys " + name + ": can't be read", cut);
    }
  }

  private static Entry readEntry(DataInputStream in) throws IOException {
    var key = ChunkBytes.readText(in);
    var next = Position.parse(ChunkBytes.readText(in));
    long records = in.readLong();
    long bytes = in.readLong();
    var stretches = new ArrayList<Stretch>();
    for (int left = in.readInt(); left > 0; left--) {
      stretches.add(
          new Stretch(ChunkBytes.readText(in), in.readLong(), in.readLong(), in.readInt()));
    }
    return new Entry(key, next, records, bytes, stretches);
  }
}
