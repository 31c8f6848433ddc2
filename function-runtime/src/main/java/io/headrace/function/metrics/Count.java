package io.headrace.function.metrics;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A count that one thread adds to and any thread reads: so that adding needs no exchange between
 * processors, which for each record would cost more than all else that is done to count it.
 */
final class Count {
  private final AtomicLong value = new AtomicLong();

  /** On the worker loop. */
  void add(long more) {
    value.lazySet(value.get() + more);
  }

  /** On the worker loop. */
  void increment() {
    add(1);
  }

  long sum() {
    return value.get();
  }
}
