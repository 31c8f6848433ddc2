package io.headrace.kcl.loop;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends a process whose orderly end hangs: a user's {@code close} that never returns, a broken loop
 * that nobody can reach. Whatever supervises the process sees the exit code and starts it anew,
 * where it would wait for ever.
 *
 * <p>Any thread may call.
 */
public final class LastResort implements AutoCloseable {
  private final CountDownLatch notNeeded = new CountDownLatch(1);

  private LastResort() {}

  /** Does nothing before {@link #haltWithin}. */
  public static LastResort unarmed() {
    return new LastResort();
  }

  /** Halts the virtual machine after the limit, without its hooks, unless closed before. */
  public void haltWithin(Duration limit, int exitCode) {
    var thread = new Thread(() -> await(limit, exitCode), "headrace-last-resort");
    thread.setDaemon(true);
    thread.start();
  }

  /** The end is complete. */
  @Override
  public void close() {
    notNeeded.countDown();
  }

  private void await(Duration limit, int exitCode) {
    try {
      if (!notNeeded.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        Runtime.getRuntime().halt(exitCode);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
