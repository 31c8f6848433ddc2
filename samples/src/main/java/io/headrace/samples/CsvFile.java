package io.headrace.samples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads CSV strictly: the header must be the one expected, each line must have as many fields, and
 * nothing is quoted. A file that needs more is refused, never guessed at.
 */
public final class CsvFile {
  /** Longer files are refused: the samples hold them in memory. */
  static final int ROWS_MAX = 1_000_000;

  private CsvFile() {}

  /** Reads a file that comes with the samples, by its name in {@code data}. */
  public static List<CsvRow> ofSamples(String name, List<String> columns) {
    try (var in = CsvFile.class.getResourceAsStream("data/" + name)) {
      if (in == null) {
        throw new CsvException(name + " is missing from the samples' jar");
      }
      return read(name, in, columns);
    } catch (IOException broken) {
      throw new UncheckedIOException(name + " can't be read", broken);
    }
  }

  /**
   * Reads all rows; empty when there is only a header.
   *
   * @param name for messages
   */
  public static List<CsvRow> read(String name, InputStream in, List<String> columns)
      throws IOException {
    var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    var expected = String.join(",", columns);
    var header = reader.readLine();
    if (!expected.equals(header)) {
      throw new CsvException(
          name + " line 1: the header is \"" + header + "\", must be \"" + expected + "\"");
    }
    var rows = new ArrayList<CsvRow>();
    for (var text = reader.readLine(); text != null; text = reader.readLine()) {
      int line = rows.size() + 2;
      if (rows.size() == ROWS_MAX) {
        throw new CsvException(name + " line " + line + ": more than " + ROWS_MAX + " rows");
      }
      rows.add(row(name, line, columns, text));
    }
    return List.copyOf(rows);
  }

  private static CsvRow row(String name, int line, List<String> columns, String text) {
    if (text.indexOf('"') >= 0) {
      throw new CsvException(name + " line " + line + ": quoted fields are not read: " + text);
    }
    var fields = List.of(text.split(",", -1));
    if (fields.size() != columns.size()) {
      throw new CsvException(
          name
              + " line "
              + line
              + ": "
              + fields.size()
              + " fields, must be "
              + columns.size()
              + " ("
              + String.join(",", columns)
              + "): "
              + text);
    }
    return new CsvRow(name, line, columns, fields);
  }
}
