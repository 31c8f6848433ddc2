package io.headrace.bench.cost;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A function whose commits are counted.
 *
 * @param keys of these kind so many; 0 where there are none
 */
record CommitCase(Kind kind, int keys) {
  private static final int[] KEYS = {1, 10, 100};

  /** What is special about its keys. */
  enum Kind {
    /** Nothing: it keeps nothing. */
    STATELESS(false, 2),
    /** Their first record fails for ever and holds the position; the others go on. */
    BLOCKED(true, 2),
    /** The same, but they are parked: the position goes on without them. */
    PARKED(true, 2),
    /** They are parked, and of each another record comes before every commit. */
    PARKED_WITH_RECORDS(true, Double.POSITIVE_INFINITY),
    /** A state of 4 bytes that changes before every commit, of 10,000 in all. */
    KEYED(true, 2);

    private final boolean ofKeys;
    private final double unitsMax;

    Kind(boolean ofKeys, double unitsMax) {
      this.ofKeys = ofKeys;
      this.unitsMax = unitsMax;
    }

    boolean fails() {
      return this == BLOCKED || this == PARKED || this == PARKED_WITH_RECORDS;
    }
  }

  static List<CommitCase> all() {
    List<CommitCase> all = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      if (!kind.ofKeys) {
        all.add(new CommitCase(kind, 0));
        continue;
      }
      for (int keys : KEYS) {
        all.add(new CommitCase(kind, keys));
      }
    }
    return all;
  }

  String label() {
    String words = kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return keys == 0 ? words : words + ", " + keys + (keys == 1 ? " key" : " keys");
  }

  /** The most write units that a commit may take; infinite where what it stores are records. */
  double unitsMax() {
    return kind.unitsMax;
  }
}
