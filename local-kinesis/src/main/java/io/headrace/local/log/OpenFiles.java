package io.headrace.local.log;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many files all shards together keep open between puts. A shard beyond that opens its file for
 * every put: a little slower, and a thousand shards do not use up the handles of the process. Any
 * thread.
 */
final class OpenFiles {
  private final int max;
  private final AtomicInteger count = new AtomicInteger();

  OpenFiles(int max) {
    this.max = max;
  }

  boolean tryAdd() {
    if (count.incrementAndGet() <= max) {
      return true;
    }
    count.decrementAndGet();
    return false;
  }

  void remove() {
    count.decrementAndGet();
  }
}
