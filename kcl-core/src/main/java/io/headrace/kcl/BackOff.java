package io.headrace.kcl;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Doubling waits between tries, up to a longest one. Pure. */
record BackOff(Duration first, Duration longest) {
  private static final int DOUBLINGS_MAX = 20;

  /** The wait after so many failures in a row, at least 1. */
  Duration after(int failures) {
    var wait = first.multipliedBy(1L << Math.min(failures - 1, DOUBLINGS_MAX));
    return wait.compareTo(longest) < 0 ? wait : longest;
  }

  /** Between half of the wait and all of it, so that many who failed together spread. */
  static Duration jittered(Duration wait, RandomGenerator random) {
    long half = wait.toNanos() / 2;
    return Duration.ofNanos(half + random.nextLong(half + 1));
  }
}
