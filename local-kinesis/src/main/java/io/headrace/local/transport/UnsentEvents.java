package io.headrace.local.transport;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The payload of the events that are out of their logs and not yet on their way, of all
 * subscriptions of a server together. The more there is, the smaller the next event, and when it is
 * much, who does not read lets go of it: a thousand subscribers who do not read hold little more
 * than one of them does. Any thread.
 */
final class UnsentEvents {
  private static final long EVENT_BYTES_MAX = 1024 * 1024;
  private static final long EVENT_BYTES_MIN = 16 * 1024;
  private static final int SHARE = 16;

  private final long bytesMax;
  private final AtomicLong bytes = new AtomicLong();

  /** Aims at no more than this, and exceeds it by the smallest event for each subscription. */
  UnsentEvents(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** How much payload the next event may hold. */
  long eventBytesMax() {
    long share = (bytesMax - bytes.get()) / SHARE;
    return Math.max(EVENT_BYTES_MIN, Math.min(EVENT_BYTES_MAX, share));
  }

  /** Whether subscribers that do not read now should hold nothing that can be had again. */
  boolean isMuch() {
    return bytes.get() > bytesMax / 2;
  }

  /** A subscription holds so much more than before, or less. */
  void add(long more) {
    bytes.addAndGet(more);
  }

  long bytes() {
    return bytes.get();
  }
}
