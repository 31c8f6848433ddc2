package io.headrace.bench.rig;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a course of faults is drawn by. Mixed in by picocli. */
public final class Seed {
  private static final int MAX = 1_000_000;

  @Option(names = "--seed", description = "Draws the same course again; printed by each run.")
  private @Nullable Long seed;

  /** The one that was given, or another one at each call. */
  public long drawn() {
    return seed == null ? ThreadLocalRandom.current().nextInt(MAX) : seed;
  }
}
