package io.headrace.kcl.kinesis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/** A bound on bytes that are held, for takers on any thread. */
final class ByteRoom {
  private final long bytesMax;
  private final AtomicLong held = new AtomicLong();
  private volatile CompletableFuture<Void> awaited = new CompletableFuture<>();

  private volatile boolean asked;

  /**
   * What must be free for there to be room: a quarter, or the largest that was refused since there
   * was room last.
   */
  private final AtomicLong wanted;

  ByteRoom(long bytesMax) {
    this.bytesMax = bytesMax;
    this.wanted = new AtomicLong(quarter());
  }

  /**
   * Takes so many bytes if they fit; one that alone is beyond the bound fits when nothing is held.
   */
  boolean take(int bytes) {
    long after = held.addAndGet(bytes);
    if (after > bytesMax && after != bytes) {
      wanted.accumulateAndGet(bytes, Math::max);
      give(bytes);
      return false;
    }
    return true;
  }

  private long quarter() {
    return bytesMax / 4;
  }

  void give(long bytes) {
    held.addAndGet(-bytes);
    if (asked && isThere()) {
      exchange().complete(null);
    }
  }

  private synchronized CompletableFuture<Void> exchange() {
    var before = awaited;
    asked = false;
    // Whoever wanted more and does not get it says so again.
    wanted.set(quarter());
    awaited = new CompletableFuture<>();
    return before;
  }

  boolean isThere() {
    long now = held.get();
    return now == 0 || now + wanted.get() <= bytesMax;
  }

  /** Completes when there is room. */
  CompletionStage<Void> await() {
    // The stage first: if it is exchanged from here on, it is because there is room.
    CompletableFuture<Void> stage = awaited;
    asked = true;
    return isThere() ? CompletableFuture.completedStage(null) : stage.minimalCompletionStage();
  }
}
