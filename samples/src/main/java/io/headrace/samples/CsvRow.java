package io.headrace.samples;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One line of a CSV file, whose fields are read by column and checked. Immutable. Each reader
 * throws {@link CsvException} when the field is not what was asked for, or the column is none of
 * the file's.
 */
public final class CsvRow {
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,9}(\\.[0-9]{1,6})?");
  private static final Pattern WHOLE = Pattern.compile("-?[0-9]{1,18}");

  private final String file;
  private final int line;
  private final List<String> columns;
  private final List<String> fields;

  CsvRow(String file, int line, List<String> columns, List<String> fields) {
    this.file = file;
    this.line = line;
    this.columns = columns;
    this.fields = fields;
  }

  /** The line's number in the file; the header is 1. */
  public int line() {
    return line;
  }

  /** A field that has to match the pattern whole. */
  public String text(String column, Pattern allowed) {
    var value = field(column);
    if (!allowed.matcher(value).matches()) {
      throw wrong(column, "must match " + allowed.pattern());
    }
    return value;
  }

  /** A whole number between two bounds, both included. */
  public long whole(String column, long least, long most) {
    var value = field(column);
    if (WHOLE.matcher(value).matches()) {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return number;
      }
    }
    throw wrong(column, "must be a whole number from " + least + " to " + most);
  }

  /** A decimal number between two bounds, both included. */
  public double decimal(String column, double least, double most) {
    var value = field(column);
    if (DECIMAL.matcher(value).matches()) {
      double number = Double.parseDouble(value);
      if (number >= least && number <= most) {
        return number;
      }
    }
    throw wrong(column, "must be a decimal number from " + least + " to " + most);
  }

  /** Either {@code 1}, which is true, or {@code 0}. */
  public boolean flag(String column) {
    return whole(column, 0, 1) == 1;
  }

  /** A date and time without a zone. */
  public LocalDateTime dateTime(String column, DateTimeFormatter format, String pattern) {
    try {
      return LocalDateTime.parse(field(column), format);
    } catch (DateTimeException malformed) {
      throw new CsvException(said(column, "must be a date and time as " + pattern), malformed);
    }
  }

  /** What is wrong with a field in the eyes of a reader that knows more than its form. */
  public CsvException wrong(String column, String complaint) {
    return new CsvException(said(column, complaint));
  }

  private String said(String column, String complaint) {
    return file
        + " line "
        + line
        + " column "
        + column
        + ": \""
        + field(column)
        + "\" "
        + complaint;
  }

  private String field(String column) {
    int index = columns.indexOf(column);
    if (index < 0) {
      throw new CsvException(file + " has no column " + column + ", only " + columns);
    }
    return fields.get(index);
  }
}
