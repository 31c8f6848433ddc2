package io.headrace.bench.fleet;

/**
 * A record that a function has handled.
 *
 * @param tick of the clock that all processes share, in nanoseconds
 * @param number which the load gave it
 */
record Delivery(long tick, String worker, String shard, String sequence, long number) {}
