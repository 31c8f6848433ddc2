package io.headrace.local.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * A small file that is either as it was or as it is to be: written beside its place, kept by the
 * disk, and renamed. Its first line is a word, the version, the length of what follows and its
 * CRC32C in hexadecimal. One thread at a time.
 */
final class StateFile {
  private static final String WORD = "headrace-stream";
  private static final int VERSION = 1;
  private static final int LINE_BYTES_MAX = 64;
  private static final int BYTES_MAX = 256 << 20;

  private final Disk disk;
  private final GroupSync sync;
  private final Path file;
  private final Path next;

  StateFile(Disk disk, GroupSync sync, Path folder) {
    this.disk = disk;
    this.sync = sync;
    this.file = folder.resolve("state");
    this.next = folder.resolve("state.next");
  }

  boolean isThere() {
    return disk.isFile(file);
  }

  /** Removes what a server that died while writing has left. */
  void clean() throws IOException {
    disk.delete(next);
  }

  void write(byte[] content) throws IOException {
    byte[] line =
        "%s %d %d %08x\n"
            .formatted(WORD, VERSION, content.length, checksum(content))
            .getBytes(StandardCharsets.US_ASCII);
    try {
      try (DiskFile open = disk.open(next)) {
        open.truncate(0);
        open.write(0, line, 0, line.length);
        open.write(line.length, content, 0, content.length);
      }
      sync.now(next);
      disk.rename(next, file);
    } catch (IOException e) {
      removeNext(e);
      throw e;
    }
    sync.renamedIn(file.getParent());
  }

  byte[] read() throws IOException {
    byte[] bytes;
    try (DiskFile open = disk.openToRead(file)) {
      if (open.size() > BYTES_MAX) {
        throw LogFailure.damaged(file, BYTES_MAX, "the file is too long");
      }
      bytes = new byte[(int) open.size()];
      int unused = open.read(0, bytes, 0, bytes.length);
    }
    int line = 0;
    while (line < Math.min(bytes.length, LINE_BYTES_MAX) && bytes[line] != '\n') {
      line++;
    }
    String[] words = new String(bytes, 0, line, StandardCharsets.US_ASCII).split(" ", -1);
    byte[] content = new byte[Math.max(0, bytes.length - line - 1)];
    System.arraycopy(bytes, bytes.length - content.length, content, 0, content.length);
    if (words.length != 4 || !words[0].equals(WORD)) {
      throw LogFailure.damaged(file, 0, "its first line is not that of a stream's state");
    }
    if (!words[1].equals(Integer.toString(VERSION))) {
      throw new LogFailure(
          "%s was written by another version (%s, and this one is %d): open the folder with that version, or choose another folder."
              .formatted(file, words[1], VERSION));
    }
    String length = Integer.toString(content.length);
    String crc = String.format(Locale.ROOT, "%08x", checksum(content));
    if (!words[2].equals(length) || !words[3].equals(crc)) {
      throw LogFailure.damaged(file, line + 1L, "its checksum is wrong");
    }
    return content;
  }

  private void removeNext(IOException because) {
    try {
      disk.delete(next);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  private static int checksum(byte[] content) {
    CRC32C crc = new CRC32C();
    crc.update(content);
    return (int) crc.getValue();
  }
}
