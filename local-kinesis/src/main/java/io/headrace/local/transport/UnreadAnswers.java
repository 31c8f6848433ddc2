package io.headrace.local.transport;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What one connection's client has been answered and has not taken yet. While that is much, its
 * further requests wait: a client may ask for hundreds of answers of ten mebibytes at once, over
 * HTTP/2 in as many streams, or read slowly or not at all, and none of these may fill the memory.
 * One per connection, on its event loop.
 */
final class UnreadAnswers {
  private final long bytesMax;
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private long bytes;
  private boolean running;

  /** Beyond {@code bytesMax} no further request is run; the last one run may exceed it. */
  UnreadAnswers(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** Runs the request now or as soon as enough has been taken, after all requests before it. */
  void runWhenFew(Runnable request) {
    waiting.add(request);
    runWaiting();
  }

  /** An answer of this size is on its way. */
  void add(long answerBytes) {
    bytes += answerBytes;
  }

  /** An answer of this size has left, or never will. */
  void remove(long answerBytes) {
    bytes -= answerBytes;
    runWaiting();
  }

  // An answer may leave while the request is still running, which must not nest ever deeper.
  private void runWaiting() {
    if (running) {
      return;
    }
    running = true;
    try {
      while (bytes <= bytesMax && !waiting.isEmpty()) {
        waiting.remove().run();
      }
    } finally {
      running = false;
    }
  }
}
