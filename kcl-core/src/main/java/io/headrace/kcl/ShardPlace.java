package io.headrace.kcl;

/** A shard under one lease. */
record ShardPlace(ShardKey key, Shard shard, Tenure tenure) {
  /** Shard and epoch, as errors name them. */
  @Override
  public String toString() {
    return key + " (epoch " + tenure.token().epoch() + ")";
  }
}
