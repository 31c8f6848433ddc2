package io.headrace.kcl;

/**
 * The moment of a step.
 *
 * @param ticks of the monotonic clock
 * @param leaseHolds whether the lease certainly holds
 */
record Now(long ticks, boolean leaseHolds) {}
