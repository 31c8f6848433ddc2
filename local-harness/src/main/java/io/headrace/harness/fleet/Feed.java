package io.headrace.harness.fleet;

import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import java.time.Instant;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * One of the streams that a simulated fleet reads, what it lists, and what was put into it. On the
 * world's loop only.
 */
record Feed(InMemoryStream stream, Listing listing, Puts puts) {
  static Feed of(InMemoryStream stream, RandomGenerator random, Supplier<Instant> clock) {
    return new Feed(stream, new Listing(stream, random), new Puts(stream, clock));
  }

  ShardKey key(ShardId shard) {
    return new ShardKey(stream.id(), shard);
  }
}
