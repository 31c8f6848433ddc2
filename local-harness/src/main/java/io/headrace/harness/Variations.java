package io.headrace.harness;

import io.headrace.harness.FunctionVerifier.Kind;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Which variations there are of a scenario. The same every time, so that an id names one for ever.
 */
final class Variations {
  /** Up to here batches are cut in all ways: 128 of them. */
  static final int ALL_SPLITS_MAX = 8;

  /** In how many places of a scenario the same thing is tried. */
  static final int PLACES_MAX = 16;

  static final int CRASHES_MAX = 64;

  private Variations() {}

  /** All but crashes, which only a run knows. */
  static List<Variation> of(Kind kind, Scenario<?> scenario) {
    int records = scenario.records();
    return switch (kind) {
      case AGAIN -> List.of(new Variation.Plain());
      case BATCHES -> batches(scenario);
      case RESTART -> each(1, records, Variation.Restart::new);
      case REDELIVERY -> redeliveries(records);
      case CRASH -> List.of(new Variation.Crash(-1, ""));
      case SPLIT -> each(0, records, Variation.Split::new);
      case MERGE -> each(0, records, Variation.Merge::new);
      case ROLL -> each(0, records, Variation.Roll::new);
    };
  }

  /** What there are too many of, in a sentence: some are tried. Crashes count for themselves. */
  static Optional<String> leftOut(Kind kind, Scenario<?> scenario) {
    int records = scenario.records();
    return switch (kind) {
      case AGAIN, CRASH -> Optional.empty();
      case BATCHES ->
          records <= ALL_SPLITS_MAX || scenario.gaps().size() < 2
              ? Optional.empty()
              : Optional.of(
                  kind
                      + ": of more than "
                      + ALL_SPLITS_MAX
                      + " records not all ways to cut batches are"
                      + " tried, but any two gaps in all four");
      case RESTART, REDELIVERY -> ofPlaces(kind, records);
      case SPLIT, MERGE, ROLL -> ofPlaces(kind, records + 1);
    };
  }

  private static Optional<String> ofPlaces(Kind kind, int places) {
    return places <= PLACES_MAX
        ? Optional.empty()
        : Optional.of(kind + ": of " + places + " places " + PLACES_MAX + " are tried");
  }

  /**
   * Crashes at points that a run passed.
   *
   * @param passed clauses that say where
   */
  static List<Variation> crashes(List<String> passed) {
    return spread(0, passed.size() - 1, CRASHES_MAX)
        .mapToObj(point -> (Variation) new Variation.Crash(point, passed.get(point)))
        .toList();
  }

  private static List<Variation> each(
      int first, int last, IntFunction<? extends Variation> variation) {
    return spread(first, last, PLACES_MAX).<Variation>mapToObj(variation).toList();
  }

  /** All of them, or so many at even distances, both ends included. */
  private static IntStream spread(int first, int last, int max) {
    int count = last - first + 1;
    return count <= max
        ? IntStream.rangeClosed(first, last)
        : IntStream.range(0, max).map(i -> first + (int) ((long) i * (count - 1) / (max - 1)));
  }

  private static List<Variation> redeliveries(int records) {
    var all = new ArrayList<Variation>();
    spread(1, records, PLACES_MAX)
        .forEach(
            record -> {
              all.add(new Variation.Redelivery(0, record));
              if (record > 1) {
                all.add(new Variation.Redelivery(record - 1, record));
              }
            });
    return all;
  }

  private static List<Variation> batches(Scenario<?> scenario) {
    var gaps = List.copyOf(scenario.gaps());
    var all = new ArrayList<Variation>();
    if (scenario.records() <= ALL_SPLITS_MAX) {
      for (int joined = 1; joined < (1 << gaps.size()); joined++) {
        var together = new TreeSet<Integer>();
        for (int i = 0; i < gaps.size(); i++) {
          if (((joined >> i) & 1) == 1) {
            together.add(gaps.get(i));
          }
        }
        all.add(batches(scenario.records(), together));
      }
      return all;
    }
    pairwise(gaps).forEach(together -> all.add(batches(scenario.records(), together)));
    return all;
  }

  /**
   * For any two gaps, each of the four ways in which both may be cut or not: two numbers differ in
   * some bit, and the gaps are cut by each bit of their number, once so and once the other way
   * round.
   */
  private static Set<Set<Integer>> pairwise(List<Integer> gaps) {
    var rows = new LinkedHashSet<Set<Integer>>();
    rows.add(new TreeSet<>(gaps));
    for (int bit = 0; ((gaps.size() - 1) >> bit) > 0; bit++) {
      var zeros = new TreeSet<Integer>();
      var ones = new TreeSet<Integer>();
      for (int i = 0; i < gaps.size(); i++) {
        (((i >> bit) & 1) == 0 ? zeros : ones).add(gaps.get(i));
      }
      rows.add(zeros);
      rows.add(ones);
    }
    rows.removeIf(Set::isEmpty);
    return rows;
  }

  private static Variation batches(int records, Set<Integer> together) {
    var sizes = new ArrayList<Integer>();
    int size = 0;
    for (int record = 1; record <= records; record++) {
      size++;
      if (!together.contains(record)) {
        sizes.add(size);
        size = 0;
      }
    }
    return new Variation.Batches(List.copyOf(sizes));
  }
}
