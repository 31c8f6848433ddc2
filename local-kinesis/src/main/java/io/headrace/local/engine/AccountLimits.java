package io.headrace.local.engine;

/** What an account has in a region, and may have at most. */
public record AccountLimits(
    int shardsMax, int openShards, int onDemandStreams, int onDemandStreamsMax) {}
