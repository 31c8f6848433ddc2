package io.headrace.local.engine;

/**
 * The write throughput, in mebibytes a second, that an on-demand stream is asked to be ready for.
 */
public record WarmThroughput(StreamKey key, int targetMibps, int currentMibps) {}
