package io.headrace.function.settings;

import java.util.List;
import java.util.Map;

/** A YAML document that still knows its lines, so that every complaint can name one. */
sealed interface YamlNode {
  int line();

  /** A scalar as written, before any substitution. */
  record Scalar(String text, int line) implements YamlNode {}

  record Mapping(Map<String, Entry> entries, int line) implements YamlNode {}

  record Sequence(List<YamlNode> items, int line) implements YamlNode {}

  /** A key without a value ({@code key:}) or {@code null}. */
  record Absent(int line) implements YamlNode {}

  record Entry(YamlNode value, int line) {}

  default String describe() {
    if (this instanceof Mapping) {
      return "a mapping";
    }
    if (this instanceof Sequence) {
      return "a list";
    }
    return this instanceof Absent ? "nothing" : "a single value";
  }
}
