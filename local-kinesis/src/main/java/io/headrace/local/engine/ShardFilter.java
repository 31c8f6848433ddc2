package io.headrace.local.engine;

/** Which shards a list shows. Times are milliseconds since 1970. */
public sealed interface ShardFilter {
  /** Every shard whose records are not all past retention. */
  record FromTrimHorizon() implements ShardFilter {}

  /** The shards from which everything that is left can be reached: those with no parent left. */
  record AtTrimHorizon() implements ShardFilter {}

  /** The open shards. */
  record AtLatest() implements ShardFilter {}

  /** The shards that were open at the time, or the first ones when it is before all of them. */
  record AtTime(long millis) implements ShardFilter {}

  /** The shards that were open at the time or came later. */
  record FromTime(long millis) implements ShardFilter {}

  /** The shards made after this one. */
  record AfterShard(int index) implements ShardFilter {}
}
