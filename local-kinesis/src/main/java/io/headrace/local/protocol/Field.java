package io.headrace.local.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One field of a request, declared once: its name, what it holds, and what it must satisfy in the
 * order in which the service checks. Immutable.
 *
 * @param <T> the class of its value once parsed
 */
record Field<T>(String name, Kind kind, boolean isRequired, List<Constraint> constraints) {
  private static final Kind.Text TEXT = new Kind.Text();

  Field {
    constraints = List.copyOf(constraints);
  }

  static Field<String> text(String name) {
    return new Field<>(name, TEXT, false, List.of());
  }

  static Field<Integer> whole(String name) {
    return new Field<>(name, new Kind.Whole(), false, List.of());
  }

  static Field<Boolean> flag(String name) {
    return new Field<>(name, new Kind.Flag(), false, List.of());
  }

  static Field<byte[]> blob(String name) {
    return new Field<>(name, new Kind.Blob(), false, List.of());
  }

  static Field<Long> time(String name) {
    return new Field<>(name, new Kind.Time(), false, List.of());
  }

  static Field<List<Fields>> list(String name, Structure element, String memberName) {
    return new Field<>(name, new Kind.ListOf(element, memberName), false, List.of());
  }

  static Field<List<String>> texts(String name) {
    return new Field<>(name, new Kind.Texts(), false, List.of());
  }

  static Field<Map<String, String>> textMap(String name) {
    return new Field<>(name, new Kind.TextMap(), false, List.of());
  }

  static Field<Fields> nested(String name, Structure structure) {
    return new Field<>(name, new Kind.Nested(structure), false, List.of());
  }

  Field<T> required() {
    return new Field<>(name, kind, true, constraints);
  }

  Field<T> pattern(String regex) {
    return with(Constraint.pattern(regex));
  }

  Field<T> length(int min, int max) {
    return min == 0
        ? with(Constraint.lengthMax(max))
        : with(Constraint.lengthMin(min)).with(Constraint.lengthMax(max));
  }

  Field<T> range(int min, int max) {
    return with(Constraint.min(min)).with(Constraint.max(max));
  }

  Field<T> oneOf(String... values) {
    return with(Constraint.oneOf(values));
  }

  Field<T> with(Constraint constraint) {
    List<Constraint> more = new ArrayList<>(constraints);
    more.add(constraint);
    return new Field<>(name, kind, isRequired, more);
  }

  /** The name as the service writes it in its sentences. */
  String nameInSentence() {
    return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
  }
}
