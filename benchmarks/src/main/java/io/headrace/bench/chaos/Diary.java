package io.headrace.bench.chaos;

import io.headrace.bench.rig.Figures;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one process saw, as NDJSON. A line goes to the system before {@link #write} returns, so it
 * stands when the process is killed the next moment. Any thread writes.
 *
 * <p>Ticks are those of {@link System#nanoTime()}, which on Linux is CLOCK_MONOTONIC: one clock for
 * all processes of a machine, and it never goes back.
 */
final class Diary implements AutoCloseable {
  /** Not a channel, which an interrupted function would close for all. */
  private final OutputStream file;

  Diary(Path path) {
    try {
      file = new FileOutputStream(path.toFile(), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a line.
   *
   * @param what is told
   * @param fields names and values in turn
   */
  void write(String what, Object... fields) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("what", what);
    for (int i = 0; i < fields.length; i += 2) {
      line.put((String) fields[i], fields[i + 1]);
    }
    byte[] bytes = (Figures.json(line) + "\n").getBytes(StandardCharsets.UTF_8);
    synchronized (this) {
      try {
        file.write(bytes);
      } catch (IOException e) {
        throw new UncheckedIOException("the diary can't be written: " + e.getMessage(), e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
