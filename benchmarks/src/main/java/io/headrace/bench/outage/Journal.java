package io.headrace.bench.outage;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * The calls of one worker that succeeded, in a file of fixed entries: they are too many for text.
 * Any thread writes. Ticks are those of {@link System#nanoTime()}, on Linux one clock for all
 * processes.
 */
final class Journal implements AutoCloseable {
  /** What its name ends with. */
  static final String FILE = ".journal";

  private static final int BUFFER_BYTES = 1 << 20;

  /**
   * One call.
   *
   * @param sealed when this worker began with the record's shard: another after each change of
   *     owners
   */
  record Entry(int key, int number, long sealed, long begun, long done) {}

  private final DataOutputStream out;

  Journal(Path file) throws IOException {
    out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES));
  }

  synchronized void write(Entry entry) {
    try {
      out.writeInt(entry.key());
      out.writeInt(entry.number());
      out.writeLong(entry.sealed());
      out.writeLong(entry.begun());
      out.writeLong(entry.done());
    } catch (IOException e) {
      throw new UncheckedIOException("the journal can't be written: " + e.getMessage(), e);
    }
  }

  static void read(Path file, Consumer<Entry> reader) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES))) {
      while (true) {
        int key;
        try {
          key = in.readInt();
        } catch (EOFException end) {
          return;
        }
        reader.accept(new Entry(key, in.readInt(), in.readLong(), in.readLong(), in.readLong()));
      }
    }
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }
}
