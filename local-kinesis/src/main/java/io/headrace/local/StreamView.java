package io.headrace.local;

import java.time.Instant;

/** A stream without its shards, at one moment. */
record StreamView(
    StreamKey key,
    StreamStatus status,
    StreamMode mode,
    Instant created,
    int retentionHours,
    int openShards) {}
