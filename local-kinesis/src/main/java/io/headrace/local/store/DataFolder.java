package io.headrace.local.store;

import io.headrace.local.log.DiskStore;
import io.headrace.local.log.LogStore;
import io.headrace.local.log.SyncPolicy;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder that holds a server's streams, and the one thread that waits for its disk. Any thread
 * may call.
 */
public final class DataFolder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DataFolder.class);
  private static final long STOP_MILLIS_MAX = 500;

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(DataFolder::daemon);
  private final DiskStore store;

  /**
   * Opens the folder, and makes it when it is not there.
   *
   * @throws io.headrace.local.log.LogFailure when the folder cannot be used, with a sentence that
   *     says why
   */
  public DataFolder(Path folder, long bytesMax, SyncPolicy policy) {
    boolean isOpen = false;
    try {
      this.store = DiskStore.open(folder, bytesMax, policy, thread);
      isOpen = true;
    } finally {
      if (!isOpen) {
        thread.shutdownNow();
      }
    }
  }

  public LogStore store() {
    return store;
  }

  /** Does this every second from now on, on the folder's own thread. */
  public void everySecond(Runnable work) {
    var unused = thread.scheduleWithFixedDelay(() -> runOnce(work), 1, 1, TimeUnit.SECONDS);
  }

  /** Stops the thread; the store is closed by who writes to it. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(STOP_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
        LOG.warn("the disk is still busy as the local Kinesis stops");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void runOnce(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      // The next second must come all the same.
      LOG.error("the work of every second on the data of the local Kinesis failed", e);
    }
  }

  private static Thread daemon(Runnable work) {
    ThreadFactory plain = Executors.defaultThreadFactory();
    Thread thread = plain.newThread(work);
    thread.setName("local-kinesis-disk");
    thread.setDaemon(true);
    return thread;
  }
}
