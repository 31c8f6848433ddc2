package io.headrace.local;

import java.util.List;

/** A stream with one page of its shards. */
record StreamDescription(StreamView stream, List<ShardView> shards, boolean hasMoreShards) {}
