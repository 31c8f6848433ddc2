package io.headrace.bench;

/**
 * Watches a cost that falls while programs get warm, and says when it falls no more: when the
 * latest values, {@link #STILL} of them, are none of them a twentieth below the lowest before. Ends
 * after {@link #VALUES_MAX} values in any case. Confined to one thread.
 */
final class Settling {
  static final int STILL = 3;
  static final int VALUES_MAX = 20;

  private static final double STEP = 0.95;

  private double lowest = Double.POSITIVE_INFINITY;
  private int values;
  private int still;

  void add(double cost) {
    values++;
    if (cost < lowest * STEP) {
      lowest = cost;
      still = 0;
    } else {
      still++;
    }
  }

  boolean isSettled() {
    return still >= STILL || values >= VALUES_MAX;
  }
}
