package io.headrace.lease;

import java.time.Duration;

/**
 * What the operator is told of the table: once that it goes, once that it is back. A table that
 * answers some requests in time and others not is one outage, however long that lasts.
 */
final class Reachability {
  private final long quietTicks;
  private boolean out;
  private long lastUnanswered;

  /**
   * @param quiet an outage is over when so long no request went unanswered
   */
  Reachability(Duration quiet) {
    quietTicks = quiet.toNanos();
  }

  /** A request was not answered. Returns whether that begins an outage. */
  boolean unanswered(long now) {
    boolean begins = !out;
    out = true;
    lastUnanswered = now;
    return begins;
  }

  /** A request was answered. Returns whether that ends an outage. */
  boolean answered(long now) {
    boolean ends = out && now - lastUnanswered >= quietTicks;
    if (ends) {
      out = false;
    }
    return ends;
  }
}
