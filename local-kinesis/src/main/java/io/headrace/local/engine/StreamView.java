package io.headrace.local.engine;

import java.time.Instant;

/** A stream without its shards, at one moment. */
public record StreamView(
    StreamKey key,
    StreamStatus status,
    StreamOptions options,
    Instant created,
    int openShards,
    int consumers) {}
