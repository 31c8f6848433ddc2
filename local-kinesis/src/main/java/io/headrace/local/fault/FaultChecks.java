package io.headrace.local.fault;

import java.util.regex.Pattern;

/** What rules refuse, in words that name the field and its value. */
final class FaultChecks {
  private static final Pattern CODE = Pattern.compile("[A-Za-z.]{1,100}");

  private FaultChecks() {}

  static void code(String code) {
    if (!CODE.matcher(code).matches()) {
      throw new IllegalArgumentException(
          "code must be the name of an error, such as InternalFailure, but is '"
              + (code.length() <= 100 ? code : code.substring(0, 100) + "...")
              + "'");
    }
  }

  static void within(String field, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw new IllegalArgumentException(
          "%s must be in %s..%s but is %s".formatted(field, plain(min), plain(max), plain(value)));
    }
  }

  static void atLeast(String field, long value, long min) {
    if (value < min) {
      throw new IllegalArgumentException(
          "%s must be at least %d but is %d".formatted(field, min, value));
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
