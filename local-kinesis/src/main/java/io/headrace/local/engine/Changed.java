package io.headrace.local.engine;

/** A stream when a change of it was asked for, and the options that it has once that is done. */
public record Changed(StreamState before, StreamOptions after) {}
