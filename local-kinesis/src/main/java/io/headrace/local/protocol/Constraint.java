package io.headrace.local.protocol;

import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** One thing that a field's value must satisfy, and the service's words for it. */
record Constraint(String says, Predicate<Object> holds) {
  // No field with a pattern takes a longer text, and the time that the service's pattern of an ARN
  // takes grows with the square of the text: hours for one that fills a request.
  private static final int PATTERN_CHARS_MAX = 4096;

  static Constraint pattern(String regex) {
    Predicate<String> matches = Pattern.compile(regex).asMatchPredicate();
    return new Constraint(
        "Member must satisfy regular expression pattern: " + regex,
        value -> fits((String) value) && matches.test((String) value));
  }

  static Constraint lengthMin(int min) {
    return new Constraint(
        "Member must have length greater than or equal to " + min, value -> length(value) >= min);
  }

  static Constraint lengthMax(int max) {
    return new Constraint(
        "Member must have length less than or equal to " + max, value -> length(value) <= max);
  }

  static Constraint min(int min) {
    return new Constraint(
        "Member must have value greater than or equal to " + min, value -> (Integer) value >= min);
  }

  static Constraint max(int max) {
    return new Constraint(
        "Member must have value less than or equal to " + max, value -> (Integer) value <= max);
  }

  static Constraint oneOf(String... values) {
    List<String> known = List.of(values);
    return new Constraint(
        "Member must satisfy enum value set: [" + String.join(", ", known) + "]",
        value -> known.contains(value));
  }

  private static boolean fits(String text) {
    return text.length() <= PATTERN_CHARS_MAX;
  }

  private static int length(Object value) {
    if (value instanceof String text) {
      return text.length();
    }
    if (value instanceof byte[] bytes) {
      return bytes.length;
    }
    if (value instanceof List<?> list) {
      return list.size();
    }
    throw new IllegalStateException(
        String.format(Locale.ROOT, "no length: %s", value.getClass().getName()));
  }
}
