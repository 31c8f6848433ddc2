package io.headrace.local.engine;

/** A stream that somebody asks for. */
public record NewStream(StreamKey key, StreamOptions options, int shards, Labels labels) {}
