package io.headrace.checkpoint;

/**
 * How many commits a second one worker sends: as many as it has, until the store throttles; then
 * half of it, and a little more with each second that goes well (AIMD). Pure; ticks come from
 * outside.
 */
final class CommitPace {
  static final long UNLIMITED = Long.MAX_VALUE;

  private static final long SECOND = 1_000_000_000L;
  private static final long SETTLING = SECOND / 4;
  private static final int RAISES_TO_RECOVER = 20;

  private long perSecond = UNLIMITED;
  private long cutFrom;
  private long lastChange;
  private boolean throttledSince;
  private long nextAt;
  private boolean begun;
  private long windowBegan;
  private long inWindow;
  private long lastWindow;

  /** Commits a second; {@link #UNLIMITED} while nothing is throttled. */
  long perSecond() {
    return perSecond;
  }

  /** In how many nanoseconds the next commit may be sent; 0 for now. */
  long waitNanos(long ticks) {
    return perSecond == UNLIMITED || !begun ? 0 : Math.max(0, nextAt - ticks);
  }

  void sent(long ticks) {
    count(ticks);
    long from = begun && nextAt - ticks > 0 ? nextAt : ticks;
    begun = true;
    nextAt = perSecond == UNLIMITED ? ticks : from + SECOND / perSecond;
  }

  /** The store carried a commit out, or failed for another reason. */
  void accepted(long ticks) {
    changeIfDue(ticks);
  }

  /** The store throttles. */
  void throttled(long ticks) {
    if (perSecond == UNLIMITED) {
      cut(ticks, Math.max(2, Math.max(inWindow, lastWindow)));
      return;
    }
    // What was sent before the last change says nothing of the present pace.
    throttledSince |= ticks - lastChange >= SETTLING;
    changeIfDue(ticks);
  }

  /** Once a second: down if anything was throttled since, else up. */
  private void changeIfDue(long ticks) {
    if (perSecond == UNLIMITED || ticks - lastChange < SECOND) {
      return;
    }
    if (throttledSince) {
      cut(ticks, perSecond);
      return;
    }
    lastChange = ticks;
    perSecond += Math.max(1, cutFrom / RAISES_TO_RECOVER);
    if (perSecond >= 2 * cutFrom) {
      perSecond = UNLIMITED;
    }
  }

  private void cut(long ticks, long from) {
    lastChange = ticks;
    throttledSince = false;
    cutFrom = from;
    perSecond = Math.max(1, from / 2);
    nextAt = ticks + SECOND / perSecond;
  }

  private void count(long ticks) {
    if (!begun || ticks - windowBegan >= SECOND) {
      lastWindow = begun && ticks - windowBegan < 2 * SECOND ? inWindow : 0;
      windowBegan = ticks;
      inWindow = 0;
    }
    inWindow++;
  }
}
