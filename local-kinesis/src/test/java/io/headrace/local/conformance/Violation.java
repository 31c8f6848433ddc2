package io.headrace.local.conformance;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One of the sentences in a ValidationException: which constraint of which field it is about. */
record Violation(String constraint) {
  private static final Pattern SENTENCE =
      Pattern.compile("Value .*? ?at '([^']*)' failed to satisfy constraint: (.*)", Pattern.DOTALL);

  static Violation of(String sentence) {
    Matcher matcher = SENTENCE.matcher(sentence);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no sentence of the service: " + sentence);
    }
    String field = matcher.group(1).replaceAll("\\.\\d+\\.member", "[]");
    return new Violation(field + " " + kind(matcher.group(2)));
  }

  private static String kind(String says) {
    if (says.startsWith("Map keys")) {
      return "keys";
    }
    if (says.startsWith("Map value")) {
      return "values";
    }
    if (says.startsWith("Member must satisfy constraint: [")) {
      return "members";
    }
    if (says.contains("not be null")) {
      return "required";
    }
    if (says.contains("regular expression")) {
      return "pattern";
    }
    if (says.contains("enum value set")) {
      return "enum";
    }
    return says.contains("greater than or equal") ? "min" : "max";
  }
}
