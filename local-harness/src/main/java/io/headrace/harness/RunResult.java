package io.headrace.harness;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a run came to: values under what they are. Immutable.
 *
 * @param conflict the first output that was repeated with another value
 */
record RunResult(SortedMap<Trait, Object> values, Optional<Difference> conflict) {
  private static final int SHOWN_MAX = 400;

  /** Packages of types that do not change, as far as they have equals. */
  private static final Set<String> VALUES = Set.of("java.lang", "java.math", "java.time");

  /** What may be compared; a value is missing where the map has none. */
  enum Sort {
    OUTPUT,
    OUTCOME,
    LETTER,
    STATE,
    OUTSIDE
  }

  /**
   * One thing about a run, the same in all runs of a scenario.
   *
   * @param record to which it belongs; {@link Integer#MAX_VALUE} for none
   * @param what a noun clause
   */
  record Trait(int record, Sort sort, String what) implements Comparable<Trait> {
    @Override
    public int compareTo(Trait other) {
      int byRecord = Integer.compare(record, other.record);
      int bySort = byRecord != 0 ? byRecord : sort.compareTo(other.sort);
      return bySort != 0 ? bySort : what.compareTo(other.what);
    }
  }

  /** A clause that says what differs. */
  record Difference(String clause) {}

  /**
   * The first difference.
   *
   * @param plain what this should be
   * @param other what outputs may be as well, as of another version; null for none
   * @throws IllegalStateException when both runs show one and the same object, which is equal to
   *     itself whatever it holds
   */
  Optional<Difference> from(RunResult plain, @Nullable RunResult other) {
    var traits = new TreeSet<>(plain.values.keySet());
    traits.addAll(values.keySet());
    for (var trait : traits) {
      var expected = plain.values.get(trait);
      var found = values.get(trait);
      if (trait.sort() == Sort.OUTSIDE && found == expected) {
        requireValue(trait, found);
      }
      if (Objects.deepEquals(expected, found) || isOf(other, trait, expected, found)) {
        continue;
      }
      return Optional.of(
          new Difference(
              trait.what()
                  + (found == null ? " is missing" : " is " + shown(found))
                  + (expected == null
                      ? ", and there is none in the plain run"
                      : ", and in the plain run it is " + shown(expected))));
    }
    return conflict;
  }

  /** Collections were copied; what else is the same in two runs has to be a value. */
  private static void requireValue(Trait trait, @Nullable Object same) {
    if (same == null || same instanceof Enum) {
      return;
    }
    var type = same.getClass();
    if (type.isArray() || !VALUES.contains(type.getPackageName())) {
      throw new IllegalStateException(
          trait.what()
              + " is the very same "
              + type.getTypeName()
              + " in two runs, so they can't be compared: have comparing(...) look at a copy");
    }
  }

  /** Versions may differ in what they put out, not in the state that they leave. */
  private static boolean isOf(
      @Nullable RunResult other, Trait trait, @Nullable Object expected, @Nullable Object found) {
    if (other == null || trait.sort() == Sort.STATE) {
      return false;
    }
    var alternative = other.values.get(trait);
    return Objects.deepEquals(alternative, found)
        // What both versions do together outside, neither does alone.
        || (trait.sort() == Sort.OUTSIDE && !Objects.deepEquals(alternative, expected));
  }

  /**
   * Refuses what can't be compared.
   *
   * @throws IllegalStateException that says what to do
   */
  void requireComparable(String function) {
    if (values.keySet().stream().allMatch(trait -> trait.sort() == Sort.OUTCOME)) {
      throw new IllegalStateException(
          "function "
              + function
              + ": the plain run left neither an output nor state, so there is nothing to compare;"
              + " give comparing(...) what the function does outside");
    }
    for (Map.Entry<Trait, Object> each : values.entrySet()) {
      var type = each.getValue().getClass();
      if (!type.isArray() && !hasEquals(type)) {
        throw new IllegalStateException(
            "function "
                + function
                + ": "
                + each.getKey().what()
                + " is of "
                + type.getName()
                + ", which has no equals(Object), so runs can't be compared; make it a record");
      }
    }
  }

  private static boolean hasEquals(Class<?> type) {
    try {
      return type.getMethod("equals", Object.class).getDeclaringClass() != Object.class;
    } catch (NoSuchMethodException impossible) {
      throw new AssertionError("every class has equals", impossible);
    }
  }

  static String shown(Object value) {
    String text = value instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(value);
    return "<" + (text.length() > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "…" : text) + ">";
  }
}
