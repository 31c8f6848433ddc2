package io.headrace.local.engine;

/** The number of a stream's open shards, and the number that it will have. */
public record ShardCountChange(StreamKey key, int current, int target) {}
