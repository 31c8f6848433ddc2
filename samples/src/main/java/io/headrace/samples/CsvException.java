package io.headrace.samples;

/** A CSV file is not what it should be. Names the file, the line, the column and the value. */
public class CsvException extends RuntimeException {
  private static final long serialVersionUID = 1;

  CsvException(String message) {
    super(message);
  }

  CsvException(String message, Throwable cause) {
    super(message, cause);
  }
}
