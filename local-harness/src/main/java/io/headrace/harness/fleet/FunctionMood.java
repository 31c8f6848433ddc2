package io.headrace.harness.fleet;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/** How the functions of a simulated fleet behave at present. On the world's loop only. */
final class FunctionMood {
  private static final int CALM_MILLIS_MAX = 30;
  private static final Duration STEADY = Duration.ofMillis(5);

  private final RandomGenerator random;
  private int failPercent;
  private int stuckPercent;
  private int hangPercent;
  private int busyPercent;
  private int sinkFailPercent;
  private int millisMax = CALM_MILLIS_MAX;
  private boolean steady;
  private final Set<String> failingKeys = new HashSet<>();
  private Duration stuckFor = Duration.ZERO;
  private Duration busyFor = Duration.ZERO;

  FunctionMood(RandomGenerator random) {
    this.random = random;
  }

  void calm() {
    failPercent = 0;
    failingKeys.clear();
    stuckPercent = 0;
    hangPercent = 0;
    busyPercent = 0;
    sinkFailPercent = 0;
    millisMax = CALM_MILLIS_MAX;
  }

  /** All calls take equally long, so that nothing is drawn in an order that processes share. */
  void steady() {
    steady = true;
  }

  void failing(int percent) {
    failPercent = percent;
  }

  /** Every record of this key fails until it fails no more. */
  void failing(String key, boolean fails) {
    if (fails) {
      failingKeys.add(key);
    } else {
      failingKeys.remove(key);
    }
  }

  void slow(int upToMillis) {
    millisMax = upToMillis;
  }

  /** Some calls take very long and heed no interrupt. */
  void stuck(int percent, Duration time) {
    stuckPercent = percent;
    stuckFor = time;
  }

  /** Some calls never come back. */
  void hanging(int percent) {
    hangPercent = percent;
  }

  boolean hangs() {
    return hangPercent > 0 && random.nextInt(100) < hangPercent;
  }

  void sinkFailing(int percent) {
    sinkFailPercent = percent;
  }

  /** All threads of the pools are busy now and then. */
  void poolsBusy(int percent, Duration upTo) {
    busyPercent = percent;
    busyFor = upTo;
  }

  Duration waitsForThread() {
    return random.nextInt(100) < busyPercent
        ? Duration.ofNanos(random.nextLong(busyFor.toNanos()))
        : Duration.ZERO;
  }

  /** Throws where {@link #fails} says so. */
  void failNowAndThen(String key) throws IOException {
    if (fails(key)) {
      throw new IOException("a service that the function calls is down");
    }
  }

  boolean fails(String key) {
    return failingKeys.contains(key) || random.nextInt(100) < failPercent;
  }

  boolean sinkFails() {
    return random.nextInt(100) < sinkFailPercent;
  }

  Duration takes() {
    if (steady) {
      return STEADY;
    }
    return random.nextInt(100) < stuckPercent
        ? stuckFor
        : Duration.ofNanos(random.nextLong(millisMax * 1_000_000L));
  }
}
