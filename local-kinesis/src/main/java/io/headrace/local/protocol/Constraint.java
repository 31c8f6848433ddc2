package io.headrace.local.protocol;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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

  /** That of each string in a list the length is in a range. */
  static Constraint membersLength(int min, int max) {
    return new Constraint(
        "Member must satisfy constraint: " + lengths(min, max),
        value -> areWithin((List<?>) value, min, max));
  }

  static Constraint membersOneOf(String... values) {
    List<String> known = List.of(values);
    return new Constraint(
        "Member must satisfy constraint: [Member must satisfy enum value set: ["
            + String.join(", ", known)
            + "]]",
        value -> known.containsAll((List<?>) value));
  }

  static Constraint keysLength(int min, int max) {
    return new Constraint(
        "Map keys must satisfy constraint: " + lengths(min, max),
        value -> areWithin(((Map<?, ?>) value).keySet(), min, max));
  }

  static Constraint valuesLength(int min, int max) {
    return new Constraint(
        "Map value must satisfy constraint: " + lengths(min, max),
        value -> areWithin(((Map<?, ?>) value).values(), min, max));
  }

  private static String lengths(int min, int max) {
    return "[Member must have length less than or equal to %d, ".formatted(max)
        + "Member must have length greater than or equal to %d]".formatted(min);
  }

  private static boolean areWithin(Collection<?> texts, int min, int max) {
    return texts.stream().allMatch(text -> length(text) >= min && length(text) <= max);
  }

  private static boolean fits(String text) {
    return text.length() <= PATTERN_CHARS_MAX;
  }

  private static int length(Object value) {
    if (value instanceof String text) {
      // What the service counts are characters of Unicode, whatever they take in Java.
      return text.codePointCount(0, text.length());
    }
    if (value instanceof byte[] bytes) {
      return bytes.length;
    }
    if (value instanceof List<?> list) {
      return list.size();
    }
    if (value instanceof Map<?, ?> map) {
      return map.size();
    }
    throw new IllegalStateException(
        String.format(Locale.ROOT, "no length: %s", value.getClass().getName()));
  }
}
