package io.headrace.kcl;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/**
 * Which phase may follow which on what event: a machine as data, so that it can be checked, drawn
 * and counted. Built while its class is loaded, and immutable from then on but for the counts, so
 * any thread may use it.
 */
public final class TransitionTable<P extends Enum<P>> {
  private final String machine;
  private final P first;
  private final Map<Edge<P>, LongAdder> edges = new LinkedHashMap<>();

  /**
   * Makes an empty table.
   *
   * @param machine what it is the table of, for errors and the diagram
   */
  public TransitionTable(String machine, P first) {
    this.machine = machine;
    this.first = first;
  }

  /** Allows {@code event} in {@code from}, and each of {@code to} after it. */
  @SafeVarargs
  public final TransitionTable<P> on(P from, Class<?> event, P... to) {
    for (var phase : to) {
      edges.putIfAbsent(new Edge<>(from, event, phase), new LongAdder());
    }
    return this;
  }

  /** All transitions. */
  public Set<Edge<P>> edges() {
    return StableCopy.of(edges.keySet());
  }

  /** How often each transition was taken since the process began. */
  Map<String, Long> counts() {
    var counts = new LinkedHashMap<String, Long>();
    edges.forEach((edge, times) -> counts.put(machine + ": " + edge, times.sum()));
    return counts;
  }

  /**
   * Lets a transition pass.
   *
   * @param place the shard, and the function if there is one
   * @throws IllegalStateException when the table does not have it
   */
  public void check(String place, P from, Object event, P to) {
    var times = edges.get(new Edge<>(from, event.getClass(), to));
    if (times == null) {
      throw new IllegalStateException(
          machine
              + " of "
              + place
              + ": no transition from "
              + from
              + " on "
              + event.getClass().getSimpleName()
              + " to "
              + to);
    }
    times.increment();
  }

  /** The table as a state diagram; events that lead the same way share one arrow. */
  public String mermaid() {
    var lines = new ArrayList<String>();
    lines.add("stateDiagram-v2");
    lines.add("    [*] --> " + first);
    var drawn = new LinkedHashSet<List<P>>();
    for (var edge : edges.keySet()) {
      if (drawn.add(List.of(edge.from, edge.to))) {
        lines.add("    " + edge.from + " --> " + edge.to + ": " + eventsBetween(edge));
      }
    }
    for (var phase : first.getDeclaringClass().getEnumConstants()) {
      if (edges.keySet().stream().noneMatch(edge -> edge.from == phase)) {
        lines.add("    " + phase + " --> [*]");
      }
    }
    return String.join("\n", lines) + "\n";
  }

  private String eventsBetween(Edge<P> ends) {
    return String.join(
        ", ",
        edges.keySet().stream()
            .filter(edge -> edge.from == ends.from && edge.to == ends.to)
            .map(edge -> edge.event.getSimpleName())
            .toList());
  }

  /** One transition. */
  public record Edge<P extends Enum<P>>(P from, Class<?> event, P to) {
    @Override
    public String toString() {
      return from + " on " + event.getSimpleName() + " to " + to;
    }
  }
}
