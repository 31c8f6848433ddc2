package io.headrace.bench.rig;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that was measured, by program, encoding, name and round, and what could not be.
 * Confined to the thread of the benchmark.
 */
public final class Results {
  /**
   * Whose figure it is.
   *
   * @param program the label of what was measured
   * @param encoding null where the benchmark does not tell encodings apart
   */
  public record Key(String program, @Nullable String encoding, String figure) {}

  private final Map<Key, Map<Integer, Double>> byKey = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();

  /** Adds what one run measured. */
  public void add(int round, String program, @Nullable String encoding, Figures figures) {
    figures
        .byName()
        .forEach(
            (figure, value) ->
                byKey
                    .computeIfAbsent(new Key(program, encoding, figure), absent -> new TreeMap<>())
                    .put(round, value));
  }

  /**
   * Runs a part of a benchmark. What keeps it from measuring is noted, and ends nothing else.
   *
   * @param name says whose part it is, which, and in which round
   * @param progress hears the name, and the reason where there is one
   */
  public void attempt(String name, Consumer<String> progress, Runnable part) {
    progress.accept(name);
    try {
      part.run();
    } catch (NotMeasured e) {
      progress.accept("  not measured: " + e.getMessage());
      failed(name, e);
    }
  }

  /** Notes what could not be measured, and why. */
  public void failed(String what, NotMeasured why) {
    failures.add(what + ": " + why.getMessage());
  }

  /** One sentence for each thing that could not be measured. */
  public List<String> failures() {
    return failures;
  }

  /** What there are figures of, in the order in which they came. */
  public List<Key> keys() {
    return List.copyOf(byKey.keySet());
  }

  /** One figure of each round in which it was measured; null when it never was. */
  public @Nullable Samples of(Key key) {
    Map<Integer, Double> rounds = byKey.get(key);
    return rounds == null ? null : Samples.of(rounds.values());
  }

  /** The same, by the parts of its key. */
  public @Nullable Samples of(String program, @Nullable String encoding, String figure) {
    return of(new Key(program, encoding, figure));
  }

  /**
   * Round by round, one figure over another: a ratio of two programs that ran one after the other
   * on the same machine. Null when no round has both.
   */
  public @Nullable Samples ratio(Key over, Key under) {
    Map<Integer, Double> overs = byKey.getOrDefault(over, Map.of());
    Map<Integer, Double> unders = byKey.getOrDefault(under, Map.of());
    List<Double> ratios = new ArrayList<>();
    overs.forEach(
        (round, value) -> {
          double other = unders.getOrDefault(round, 0.0);
          if (other > 0) {
            ratios.add(value / other);
          }
        });
    return ratios.isEmpty() ? null : Samples.of(ratios);
  }

  /** Round by round, one figure less another. Null when no round has both. */
  public @Nullable Samples difference(Key of, Key less) {
    Map<Integer, Double> others = byKey.getOrDefault(less, Map.of());
    List<Double> differences = new ArrayList<>();
    byKey
        .getOrDefault(of, Map.of())
        .forEach(
            (round, value) -> {
              Double other = others.get(round);
              if (other != null) {
                differences.add(value - other);
              }
            });
    return differences.isEmpty() ? null : Samples.of(differences);
  }

  /**
   * Round by round, how many times better one program is than the best of all others. Null when no
   * round has both.
   *
   * @param largerIsBetter true for rates, false for costs
   */
  public @Nullable Samples timesBestPeer(
      String program, String encoding, String figure, boolean largerIsBetter) {
    Map<Integer, Double> own = byKey.get(new Key(program, encoding, figure));
    if (own == null) {
      return null;
    }
    List<Double> ratios = new ArrayList<>();
    own.forEach(
        (round, value) -> {
          double best = bestPeer(program, round, figure, largerIsBetter);
          if (best > 0 && value > 0) {
            ratios.add(largerIsBetter ? value / best : best / value);
          }
        });
    return ratios.isEmpty() ? null : Samples.of(ratios);
  }

  /** The best figure of the others in the round, or 0 when there is none. */
  private double bestPeer(String program, int round, String figure, boolean largerIsBetter) {
    DoubleStream peers =
        byKey.entrySet().stream()
            .filter(entry -> !entry.getKey().program().equals(program))
            .filter(entry -> entry.getKey().figure().equals(figure))
            .mapToDouble(entry -> entry.getValue().getOrDefault(round, 0.0))
            .filter(value -> value > 0);
    return (largerIsBetter ? peers.max() : peers.min()).orElse(0);
  }
}
