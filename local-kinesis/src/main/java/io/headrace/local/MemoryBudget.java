package io.headrace.local;

import java.util.concurrent.atomic.AtomicLong;

/** The heap that all records of one server may hold together. Any thread. */
final class MemoryBudget {
  private final long bytesMax;
  private final AtomicLong bytes = new AtomicLong();

  MemoryBudget(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  long bytesMax() {
    return bytesMax;
  }

  long bytes() {
    return bytes.get();
  }

  boolean hasRoomFor(long wanted) {
    return bytes.get() + wanted <= bytesMax;
  }

  /** Takes the bytes, or leaves the budget as it was and answers false. */
  boolean tryTake(long wanted) {
    if (bytes.addAndGet(wanted) <= bytesMax) {
      return true;
    }
    bytes.addAndGet(-wanted);
    return false;
  }

  void giveBack(long taken) {
    bytes.addAndGet(-taken);
  }
}
