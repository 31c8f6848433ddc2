package io.headrace.local.engine;

import org.jspecify.annotations.Nullable;

/** A shard as lists of shards show it, at one moment. */
public record ShardView(
    String id,
    @Nullable String parentId,
    @Nullable String adjacentParentId,
    HashRange range,
    String startingSequenceNumber,
    @Nullable String endingSequenceNumber) {}
