package io.headrace.local.engine;

import java.util.List;

/** A stream with one page of its shards. */
public record StreamDescription(StreamView stream, List<ShardView> shards, boolean hasMoreShards) {}
