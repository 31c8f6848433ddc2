package io.headrace.local.transport;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The bodies that one connection's client is sending or waits to be answered for. A body is let in
 * when there is room for all of it, and waits in order else: over HTTP/2 a client may begin as many
 * bodies as it has streams, and all of them at once would fill the memory. One per connection, on
 * its event loop.
 */
final class Bodies {
  private final long bytesMax;
  private final int waitingMax;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private long bytes;
  private boolean letting;

  /** Beyond {@code bytesMax} nothing is let in, but one body alone always is. */
  Bodies(long bytesMax, int waitingMax) {
    this.bytesMax = bytesMax;
    this.waitingMax = waitingMax;
  }

  /** What became of a body that wants in. */
  enum Entry {
    IN,
    WAITS,
    REFUSED
  }

  /** Lets a body in now, or runs {@code later} when it is let in, unless too many wait already. */
  Entry enter(long wanted, Runnable later) {
    if (waiting.isEmpty() && hasRoomFor(wanted)) {
      bytes += wanted;
      return Entry.IN;
    }
    if (waiting.size() >= waitingMax) {
      return Entry.REFUSED;
    }
    waiting.add(new Waiting(wanted, later));
    return Entry.WAITS;
  }

  /** A body that waits will never come. */
  void giveUp(Runnable later) {
    waiting.removeIf(each -> each.later == later);
    letIn();
  }

  /** A body that is in has left, or is smaller than was said by this much. */
  void leave(long left) {
    bytes -= left;
    letIn();
  }

  // Whoever is let in may be answered at once and leave, which must not nest.
  private void letIn() {
    if (letting) {
      return;
    }
    letting = true;
    try {
      for (Waiting first = waiting.peek();
          first != null && hasRoomFor(first.wanted);
          first = waiting.peek()) {
        waiting.remove();
        bytes += first.wanted;
        first.later.run();
      }
    } finally {
      letting = false;
    }
  }

  private boolean hasRoomFor(long wanted) {
    return bytes == 0 || bytes + wanted <= bytesMax;
  }

  private record Waiting(long wanted, Runnable later) {}
}
