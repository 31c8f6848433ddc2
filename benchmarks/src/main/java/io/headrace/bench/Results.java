package io.headrace.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that was measured, by server, encoding, name and round, and what could not be.
 * Confined to the thread of the benchmark.
 */
final class Results {
  /** Whose figure it is; the encoding is null where none is spoken. */
  record Key(Contestant server, @Nullable Encoding encoding, String figure) {}

  private final Map<Key, Map<Integer, Double>> byKey = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();

  void add(int round, Contestant server, @Nullable Encoding encoding, Figures figures) {
    figures
        .byName()
        .forEach(
            (figure, value) ->
                byKey
                    .computeIfAbsent(new Key(server, encoding, figure), absent -> new TreeMap<>())
                    .put(round, value));
  }

  void failed(String what, NotMeasured why) {
    failures.add(what + ": " + why.getMessage());
  }

  List<String> failures() {
    return failures;
  }

  List<Key> keys() {
    return List.copyOf(byKey.keySet());
  }

  /** One figure of each round in which it was measured; null when it never was. */
  @Nullable Samples of(Key key) {
    Map<Integer, Double> rounds = byKey.get(key);
    return rounds == null ? null : Samples.of(rounds.values());
  }

  @Nullable Samples of(Contestant server, @Nullable Encoding encoding, String figure) {
    return of(new Key(server, encoding, figure));
  }

  /**
   * Round by round, how many times better ours is than the best of the other servers: a ratio of
   * two programs that ran one after the other on the same machine. Null when no round has both.
   *
   * @param largerIsBetter true for rates, false for costs
   */
  @Nullable Samples timesBestPeer(Encoding encoding, String figure, boolean largerIsBetter) {
    Map<Integer, Double> ours = byKey.get(new Key(Contestant.HEADRACE, encoding, figure));
    if (ours == null) {
      return null;
    }
    List<Double> ratios = new ArrayList<>();
    ours.forEach(
        (round, value) -> {
          double best = bestPeer(round, figure, largerIsBetter);
          if (best > 0 && value > 0) {
            ratios.add(largerIsBetter ? value / best : best / value);
          }
        });
    return ratios.isEmpty() ? null : Samples.of(ratios);
  }

  /** The best figure of the others in the round, or 0 when there is none. */
  private double bestPeer(int round, String figure, boolean largerIsBetter) {
    DoubleStream peers =
        byKey.entrySet().stream()
            .filter(entry -> entry.getKey().server() != Contestant.HEADRACE)
            .filter(entry -> entry.getKey().figure().equals(figure))
            .mapToDouble(entry -> entry.getValue().getOrDefault(round, 0.0))
            .filter(value -> value > 0);
    return (largerIsBetter ? peers.max() : peers.min()).orElse(0);
  }
}
