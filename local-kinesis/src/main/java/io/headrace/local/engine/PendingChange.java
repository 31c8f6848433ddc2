package io.headrace.local.engine;

/** A change that has begun, and the time at which it is done, in milliseconds since 1970. */
public record PendingChange(Change change, long dueMillis) {}
