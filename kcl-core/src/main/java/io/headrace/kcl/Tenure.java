package io.headrace.kcl;

/**
 * A lease while it lasts. The engine asks at the last instruction before each delivery; any thread
 * may ask. Once invalid for good (lost, released) it never becomes valid again.
 */
public interface Tenure {
  LeaseToken token();

  /**
   * Whether the lease certainly holds at {@code ticks} of the monotonic clock ({@link
   * io.headrace.kcl.loop.EventLoop#ticks}).
   */
  boolean validAt(long ticks);
}
