package io.headrace.checkpoint.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.CheckpointException;
import java.util.Optional;

/**
 * What a commit stores of a state that does not ride in it: a chunk, and what it must hold; and
 * what has changed since that was stored, where that is little.
 *
 * @param riding empty where the chunk says all
 */
record RootRef(String chunk, int checksum, Optional<RidingChanges> riding) {
  private static final int MAGIC = 0x48445250;

  /** Without changes. Still written where there are none. */
  private static final int ALONE = 1;

  /** With one entry behind the other. Still read. */
  private static final int ROWS = 2;

  private static final int FORMAT = 3;

  /** To a root as it lies in its chunk. */
  static RootRef of(String chunk, byte[] root) {
    return new RootRef(chunk, ByteWriter.checksum(root, root.length), Optional.empty());
  }

  RootRef with(RidingChanges changes) {
    return new RootRef(chunk, checksum, Optional.of(changes));
  }

  byte[] write() {
    var out = new ByteWriter(chunk.length() + 16);
    out.writeFixed(MAGIC);
    out.writeByte(riding.isPresent() ? FORMAT : ALONE);
    out.writeText(chunk);
    out.writeFixed(checksum);
    riding.ifPresent(
        changes -> {
          Root.writeNotes(out, changes.notes());
          PackedEntries.write(out, changes.entries());
        });
    return out.toCheckedBytes();
  }

  /** Whether it is not the text that earlier versions wrote: chunk, line, checksum. */
  static boolean isOne(byte[] part) {
    return part.length > 4 && new ByteReader(part, 0, part.length).readFixed() == MAGIC;
  }

  static RootRef read(String what, byte[] part) {
    var in = ByteReader.ofChecked(what, part, MAGIC, FORMAT);
    try {
      var alone = new RootRef(in.readText(), in.readFixed(), Optional.empty());
      int format = ByteReader.formatOf(part);
      if (format == ALONE) {
        return alone;
      }
      var notes = Root.readNotes(in);
      var entries = format == ROWS ? RawEntry.readRows(in) : PackedEntries.read(in);
      return alone.with(new RidingChanges(notes, entries));
    } catch (IllegalArgumentException wrong) {
      throw new CheckpointException(what + ": can't be read", wrong);
    }
  }

  /** What an earlier version wrote. Errors don't show it: a root that is damaged holds state. */
  static RootRef ofFormer(String what, byte[] part) {
    var text = new String(part, UTF_8);
    int line = text.indexOf('\n');
    try {
      return new RootRef(
          text.substring(0, line),
          (int) Long.parseUnsignedLong(text.substring(line + 1), 16),
          Optional.empty());
    } catch (RuntimeException wrong) {
      throw new CheckpointException(
          what + ": is neither a root, nor chunk and checksum; it is damaged, or newer", wrong);
    }
  }

  /** The chunk's bytes, when they are those. */
  byte[] checked(String what, byte[] bytes) {
    if (ByteWriter.checksum(bytes, bytes.length) != checksum) {
      throw new CheckpointException(
          what + ", chunk " + chunk + ": is not the one that was committed");
    }
    return bytes;
  }

  /**
   * The root as the commit has it.
   *
   * @param bytes of the chunk
   */
  Root root(String what, byte[] bytes) {
    var stored = Root.read(what + ", chunk " + chunk, checked(what, bytes));
    return riding.map(stored::with).orElse(stored);
  }
}
