package io.headrace.samples;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Outputs of a function by what they are about. Outputs come at least once, from several workers on
 * any thread, so the same one may come again: it is counted and kept once. Thread-safe.
 */
public final class Collected<K, V> {
  private final Function<? super V, ? extends K> about;
  private final Map<K, V> kept = new HashMap<>();
  private long repeated;
  private long contradicting;

  /**
   * @param about names an output: two of one name are the same output
   */
  public Collected(Function<? super V, ? extends K> about) {
    this.about = Objects.requireNonNull(about, "about");
  }

  /** Takes an output. Of two that contradict each other the first is kept. */
  public synchronized void add(V output) {
    var before = kept.putIfAbsent(about.apply(output), output);
    if (before == null) {
      return;
    }
    if (before.equals(output)) {
      repeated++;
    } else {
      contradicting++;
    }
  }

  /** A copy of what came so far, each once. */
  public synchronized Map<K, V> distinct() {
    return Collections.unmodifiableMap(new LinkedHashMap<>(kept));
  }

  /** How many came so far, each once. */
  public synchronized long size() {
    return kept.size();
  }

  /** How many came again. */
  public synchronized long repeated() {
    return repeated;
  }

  /** How many came again under the same name with another value: must stay 0. */
  public synchronized long contradicting() {
    return contradicting;
  }
}
