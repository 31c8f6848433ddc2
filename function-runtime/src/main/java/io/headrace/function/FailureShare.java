package io.headrace.function;

import java.util.BitSet;

/** How many of the last records failed. Pure, owned by the worker loop. */
final class FailureShare {
  private final int failuresMax;
  private final int ofLast;
  private final BitSet failed;
  private long seen;
  private int failures;

  FailureShare(int failuresMax, int ofLast) {
    this.failuresMax = failuresMax;
    this.ofLast = ofLast;
    this.failed = new BitSet(ofLast);
  }

  /** Answers whether too many have failed, with this one. */
  boolean add(boolean hasFailed) {
    int at = (int) (seen++ % ofLast);
    failures += (hasFailed ? 1 : 0) - (failed.get(at) ? 1 : 0);
    failed.set(at, hasFailed);
    return failures > failuresMax;
  }

  /** So many came since {@link #clear} that none of before would count. */
  boolean isFull() {
    return seen >= ofLast;
  }

  void clear() {
    failed.clear();
    seen = 0;
    failures = 0;
  }
}
