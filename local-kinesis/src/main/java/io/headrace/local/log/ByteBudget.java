package io.headrace.local.log;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes that all records of one server may take together. Any thread. */
public final class ByteBudget {
  private final long bytesMax;
  private final AtomicLong bytes = new AtomicLong();

  public ByteBudget(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  public long bytesMax() {
    return bytesMax;
  }

  public long bytes() {
    return bytes.get();
  }

  public boolean hasRoomFor(long wanted) {
    return bytes.get() + wanted <= bytesMax;
  }

  /** Takes bytes that are in use already, whether there is room or not. */
  void take(long used) {
    bytes.addAndGet(used);
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
