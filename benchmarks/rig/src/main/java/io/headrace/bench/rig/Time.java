package io.headrace.bench.rig;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads times on a command line: {@code 90s}, {@code 5m}. */
public final class Time implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    try {
      return Duration.parse("PT" + text);
    } catch (DateTimeParseException e) {
      throw new TypeConversionException("\"" + text + "\": must be a time such as 90s or 5m");
    }
  }
}
