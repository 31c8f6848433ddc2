package io.headrace.checkpoint.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.CheckpointException;

/** What a commit stores of a state that does not ride in it: a chunk, and what it must hold. */
record RootRef(String chunk, int checksum) {
  private static final int MAGIC = 0x48445250;
  private static final int FORMAT = 1;

  byte[] write() {
    var out = new ByteWriter(chunk.length() + 16);
    out.writeFixed(MAGIC);
    out.writeByte(FORMAT);
    out.writeText(chunk);
    out.writeFixed(checksum);
    return out.toCheckedBytes();
  }

  /** Whether it is not the text that earlier versions wrote: chunk, line, checksum. */
  static boolean isOne(byte[] part) {
    return part.length > 4 && new ByteReader(part, 0, part.length).readFixed() == MAGIC;
  }

  static RootRef read(String what, byte[] part) {
    var in = ByteReader.ofChecked(what, part, MAGIC, FORMAT);
    return new RootRef(in.readText(), in.readFixed());
  }

  /** What an earlier version wrote. Errors don't show it: a root that is damaged holds state. */
  static RootRef ofFormer(String what, byte[] part) {
    var text = new String(part, UTF_8);
    int line = text.indexOf('\n');
    try {
      return new RootRef(
          text.substring(0, line), (int) Long.parseUnsignedLong(text.substring(line + 1), 16));
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
}
