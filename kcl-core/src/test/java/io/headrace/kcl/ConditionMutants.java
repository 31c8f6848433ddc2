package io.headrace.kcl;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Leaves single clauses out of the conditions of a store's writes, and looks whether a test
 * notices. The store's client hands each condition to {@link #apply} on its way; nothing in
 * production knows of it. For tests that run one after the other.
 *
 * <p>A condition is a conjunction. Of each clause there are these mutants: without it; without one
 * of its alternatives, if it has several, or one clause of such; without one of the values of a
 * list; with {@code <} in place of {@code <=} and the reverse.
 */
public final class ConditionMutants {
  private static final Pattern VALUE = Pattern.compile(":\\w+");
  private static final Pattern NAME = Pattern.compile("#\\w+");
  private static final Pattern LIST = Pattern.compile("(.*) IN \\((.*)\\)");

  private final Set<String> shapes = Collections.synchronizedSet(new TreeSet<>());
  private final Map<String, Set<String>> shapesOfTests = new HashMap<>();
  private volatile Set<String> ofThisTest = ConcurrentHashMap.newKeySet();
  private volatile Optional<Mutant> present = Optional.empty();

  /**
   * One change of all conditions that look alike.
   *
   * @param shape a condition with its attributes by name and without its values
   * @param number of the change among those of the condition
   */
  public record Mutant(String shape, int number, String what) {
    @Override
    public String toString() {
      return shape + ": " + what;
    }
  }

  private record Change(String what, String result) {}

  /** The condition that is to be sent; empty for none. */
  public String apply(String condition, Map<String, String> names) {
    var shape = shapeOf(condition, names);
    shapes.add(shape);
    ofThisTest.add(shape);
    return present
        .filter(mutant -> mutant.shape().equals(shape))
        .map(mutant -> changes(condition).get(mutant.number()).result())
        .orElse(condition);
  }

  /** From now on only what is sent again counts. */
  public void forget() {
    shapes.clear();
    shapesOfTests.clear();
  }

  /** Of all conditions that were sent so far. */
  public List<Mutant> all() {
    var mutants = new ArrayList<Mutant>();
    for (var shape : List.copyOf(shapes)) {
      var changes = changes(shape);
      for (int i = 0; i < changes.size(); i++) {
        mutants.add(new Mutant(shape, i, changes.get(i).what()));
      }
    }
    return mutants;
  }

  /** Clauses of all conditions that were sent so far. */
  public int clauses() {
    return List.copyOf(shapes).stream().mapToInt(shape -> split(shape, " AND ").size()).sum();
  }

  /**
   * The first test of these classes that fails with the mutant built in; empty when none does.
   * Those that sent no such condition when they were run without it cannot, and are not run.
   */
  public Optional<String> noticedBy(Mutant mutant, List<Class<?>> suites) throws Exception {
    present = Optional.of(mutant);
    try {
      for (var suite : suites) {
        for (var test : methods(suite, Test.class)) {
          var sent = shapesOfTests.get(name(suite, test));
          if ((sent == null || sent.contains(mutant.shape())) && fails(suite, test)) {
            return Optional.of(test.getName());
          }
        }
      }
      return Optional.empty();
    } finally {
      present = Optional.empty();
    }
  }

  /** The first test of these classes that fails as things are; empty when none does. */
  public Optional<String> firstFailing(List<Class<?>> suites) throws Exception {
    for (var suite : suites) {
      for (var test : methods(suite, Test.class)) {
        ofThisTest = ConcurrentHashMap.newKeySet();
        if (fails(suite, test)) {
          return Optional.of(test.getName());
        }
        shapesOfTests.put(name(suite, test), ofThisTest);
      }
    }
    return Optional.empty();
  }

  private static String name(Class<?> suite, Method test) {
    return suite.getName() + "." + test.getName();
  }

  private static boolean fails(Class<?> suite, Method test) throws Exception {
    var constructor = suite.getDeclaredConstructor();
    constructor.setAccessible(true);
    var instance = constructor.newInstance();
    try {
      for (var before : methods(suite, BeforeEach.class)) {
        before.invoke(instance);
      }
      test.invoke(instance);
      return false;
    } catch (InvocationTargetException failed) {
      return true;
    } finally {
      for (var after : methods(suite, AfterEach.class)) {
        after.invoke(instance);
      }
    }
  }

  /** Those of superclasses first. */
  private static List<Method> methods(Class<?> suite, Class<? extends Annotation> marked) {
    var methods = new ArrayList<Method>();
    for (Class<?> at = suite; at != Object.class; at = at.getSuperclass()) {
      var own =
          Arrays.stream(at.getDeclaredMethods())
              .filter(method -> ((AnnotatedElement) method).isAnnotationPresent(marked))
              .sorted(Comparator.comparing(Method::getName))
              .toList();
      methods.addAll(0, own);
    }
    methods.forEach(method -> method.setAccessible(true));
    return methods;
  }

  private static String shapeOf(String condition, Map<String, String> names) {
    var named = NAME.matcher(condition).replaceAll(m -> names.getOrDefault(m.group(), m.group()));
    return VALUE.matcher(named).replaceAll(":?");
  }

  private static List<Change> changes(String condition) {
    var changes = new ArrayList<Change>();
    var clauses = split(condition, " AND ");
    for (int i = 0; i < clauses.size(); i++) {
      var clause = clauses.get(i);
      changes.add(new Change("without " + clause, without(clauses, i, " AND ")));
      for (var weaker : changesOf(clause)) {
        var changed = new ArrayList<>(clauses);
        changed.set(i, weaker.result());
        changes.add(new Change(weaker.what(), String.join(" AND ", changed)));
      }
    }
    return changes;
  }

  private static List<Change> changesOf(String clause) {
    var changes = new ArrayList<Change>();
    boolean bracketed = clause.startsWith("(");
    var alternatives = split(bracketed ? clause.substring(1, clause.length() - 1) : clause, " OR ");
    if (alternatives.size() > 1) {
      for (int i = 0; i < alternatives.size(); i++) {
        var left = without(alternatives, i, " OR ");
        var whole = alternatives.size() > 2 ? "(" + left + ")" : left;
        changes.add(new Change("without the alternative " + alternatives.get(i), whole));
        changes.addAll(changesWithin(alternatives, i, bracketed));
      }
    }
    var list = LIST.matcher(clause);
    if (list.matches()) {
      var values = split(list.group(2), ", ");
      for (int i = 0; i < values.size(); i++) {
        var left = list.group(1) + " IN (" + without(values, i, ", ") + ")";
        changes.add(new Change("without value " + (i + 1) + " of " + clause, left));
      }
    }
    if (clause.contains(" <= ")) {
      changes.add(new Change("< in " + clause, clause.replace(" <= ", " < ")));
    } else if (clause.contains(" < ")) {
      changes.add(new Change("<= in " + clause, clause.replace(" < ", " <= ")));
    }
    return changes;
  }

  /** Of an alternative that is a conjunction, in its place among the others. */
  private static List<Change> changesWithin(List<String> alternatives, int i, boolean bracketed) {
    var changes = new ArrayList<Change>();
    var text = alternatives.get(i);
    var inside = text.startsWith("(") ? text.substring(1, text.length() - 1) : "";
    var parts = inside.isEmpty() ? List.<String>of() : split(inside, " AND ");
    for (int part = 0; part < parts.size(); part++) {
      var changed = new ArrayList<>(alternatives);
      var left = without(parts, part, " AND ");
      changed.set(i, parts.size() > 2 ? "(" + left + ")" : left);
      var all = String.join(" OR ", changed);
      changes.add(
          new Change(
              "without " + parts.get(part) + " of " + text, bracketed ? "(" + all + ")" : all));
    }
    return changes;
  }

  private static String without(List<String> parts, int index, String glue) {
    var left = new ArrayList<>(parts);
    left.remove(index);
    return String.join(glue, left);
  }

  /** At the separators that stand in no brackets. */
  private static List<String> split(String text, String separator) {
    var parts = new ArrayList<String>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      depth += text.charAt(i) == '(' ? 1 : text.charAt(i) == ')' ? -1 : 0;
      if (depth == 0 && text.startsWith(separator, i)) {
        parts.add(text.substring(from, i));
        from = i + separator.length();
      }
    }
    parts.add(text.substring(from));
    return parts;
  }
}
