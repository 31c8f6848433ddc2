package io.headrace.kcl.loop;

import java.security.SecureRandom;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Where chance comes from in production; tests pass a seeded generator instead. For jitter and
 * names, not for secrets.
 */
public final class Entropy {
  private static final SecureRandom SEEDS = new SecureRandom();

  private Entropy() {}

  /** A generator with a seed of the system; for one thread, so take one for each. */
  public static RandomGenerator generator() {
    return new SplittableRandom(SEEDS.nextLong());
  }

  /** A name that nobody else has: 16 hexadecimal digits. */
  public static String name(RandomGenerator random) {
    return String.format("%016x", random.nextLong());
  }
}
