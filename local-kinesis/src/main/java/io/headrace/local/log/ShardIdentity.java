package io.headrace.local.log;

/** What the sequence numbers of one shard have in common. */
public record ShardIdentity(int index, long createdSeconds) {}
