package io.headrace.function.settings;

import java.util.List;
import java.util.Map;

/** A YAML document that still knows its lines, so that every complaint can name one. */
sealed interface YamlNode {
  /** From 1. */
  int line();

  /** From 1. */
  int column();

  /**
   * A scalar as written, before any substitution.
   *
   * @param isText it is quoted, or neither a number nor true or false
   */
  record Scalar(String text, boolean isText, int line, int column) implements YamlNode {}

  record Mapping(Map<String, Entry> entries, int line, int column) implements YamlNode {}

  record Sequence(List<YamlNode> items, int line, int column) implements YamlNode {}

  /**
   * A key without a value ({@code key:}) or {@code null}.
   *
   * @param isEmptyText it is a text without characters
   */
  record Absent(boolean isEmptyText, int line, int column) implements YamlNode {}

  /** A value, and where its key stands. */
  record Entry(YamlNode value, int line, int column) {}

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
