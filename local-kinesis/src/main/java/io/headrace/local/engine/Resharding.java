package io.headrace.local.engine;

/** What a split or a merge must satisfy, in the service's order and words. Pure. */
final class Resharding {
  private Resharding() {}

  static HashKey newStart(String decimal, Shard shard, StreamKey key) {
    HashRange range = shard.range();
    try {
      HashKey start = HashKey.parse(decimal);
      boolean above = start.number().subtract(range.start().number()).signum() > 0;
      if (above && !start.previous().equals(range.start()) && start.compareTo(range.end()) < 0) {
        return start;
      }
    } catch (IllegalArgumentException e) {
      // A number beyond the ring gets the same answer as one outside the shard, below.
    }
    throw KinesisError.invalidArgument(
        ("NewStartingHashKey %s used in SplitShard() on shard %s in %s is not both greater than "
                + "one plus the shard's StartingHashKey %s and less than the shard's "
                + "EndingHashKey %s.")
            .formatted(decimal, shard.id(), key.inSentence(), range.start(), range.end()));
  }

  static void requireAdjacent(Shard shard, Shard adjacent, StreamKey key) {
    if (!shard.range().meets(adjacent.range())) {
      throw KinesisError.invalidArgument(
          "Shards %s and %s in %s are not an adjacent pair of shards eligible for merging"
              .formatted(shard.id(), adjacent.id(), key.inSentence()));
    }
  }

  static void requireOpen(Shard shard, StreamKey key) {
    if (!shard.isOpen()) {
      throw KinesisError.invalidArgument(
          ("Shard %s in %s has already been merged or split, "
                  + "and thus is not eligible for merging or splitting.")
              .formatted(shard.id(), key.inSentence()));
    }
  }
}
