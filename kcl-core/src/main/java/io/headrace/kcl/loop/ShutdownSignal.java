package io.headrace.kcl.loop;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Ctrl-C and SIGTERM into an orderly end of a process. The virtual machine halts as soon as
 * its shutdown hooks have returned, whatever else is under way; so the hook wakes whoever waits
 * here and then holds the virtual machine until {@link #close}, but no longer than the limit.
 *
 * <p>Any thread may call; one waits, usually the main thread.
 */
public final class ShutdownSignal implements AutoCloseable {
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch woundUp = new CountDownLatch(1);
  private final Duration limit;
  private final Thread hook;

  private ShutdownSignal(Duration limit) {
    this.limit = limit;
    this.hook = new Thread(this::hold, "headrace-shutdown");
  }

  /**
   * Listens from now on.
   *
   * @param limit how long the end may take before the virtual machine halts all the same
   */
  public static ShutdownSignal listening(Duration limit) {
    var signal = new ShutdownSignal(limit);
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  /** Whether the process was asked to end. */
  public boolean asked() {
    return asked.getCount() == 0;
  }

  /** Waits until the process is asked to end. */
  public void await() throws InterruptedException {
    asked.await();
  }

  /** Waits so long at most; true when the process was asked to end. */
  public boolean await(Duration atMost) throws InterruptedException {
    return asked.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** The end is complete: the virtual machine may halt. */
  @Override
  public void close() {
    woundUp.countDown();
    if (!asked()) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException shutdownHasBegun) {
        // then the hook finds the latch open
      }
    }
  }

  private void hold() {
    asked.countDown();
    try {
      woundUp.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
