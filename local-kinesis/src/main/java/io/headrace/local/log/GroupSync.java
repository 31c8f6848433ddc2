package io.headrace.local.log;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the disk to keep what was written, for all who wait at once: while one round runs, what is
 * written gathers for the next. Any thread; rounds run on the executor, one at a time.
 */
final class GroupSync {
  private static final Logger LOG = LoggerFactory.getLogger(GroupSync.class);

  private final Disk disk;
  private final SyncPolicy policy;
  private final Executor executor;
  private Set<Path> written = new LinkedHashSet<>();
  private CompletableFuture<@Nullable Void> next = new CompletableFuture<>();
  private CompletableFuture<@Nullable Void> running = CompletableFuture.completedFuture(null);
  private boolean isRequested;
  private long begun;
  private long kept;

  GroupSync(Disk disk, SyncPolicy policy, Executor executor) {
    this.disk = disk;
    this.policy = policy;
    this.executor = executor;
  }

  /** Says that a file was written to, or that something was made or renamed in a folder. */
  void written(Path fileOrFolder) {
    long unused = roundFor(fileOrFolder);
  }

  /** The same; answers which round makes the disk keep it, for {@link #isKept}. */
  long roundFor(Path fileOrFolder) {
    if (policy == SyncPolicy.NEVER) {
      return 0;
    }
    long round;
    synchronized (this) {
      written.add(fileOrFolder);
      round = begun + 1;
      if (policy != SyncPolicy.ALWAYS || isRequested) {
        return round;
      }
      isRequested = true;
    }
    executor.execute(this::run);
    return round;
  }

  /** Whether a round, or one after it, has kept everything that was written before it. */
  synchronized boolean isKept(long round) {
    return kept >= round;
  }

  /**
   * When the disk holds all that was written until now; null when nobody is to wait for that. Fails
   * with {@link LogFailure}.
   */
  synchronized @Nullable CompletionStage<@Nullable Void> kept() {
    if (policy != SyncPolicy.ALWAYS) {
      return null;
    }
    if (!written.isEmpty()) {
      return next;
    }
    return running.isDone() ? null : running;
  }

  /** Runs a round now, on this thread. */
  void run() {
    Set<Path> paths;
    CompletableFuture<@Nullable Void> round;
    long number;
    synchronized (this) {
      isRequested = false;
      if (written.isEmpty()) {
        return;
      }
      paths = written;
      round = next;
      running = round;
      number = ++begun;
      written = new LinkedHashSet<>();
      next = new CompletableFuture<>();
    }
    LogFailure failure = null;
    for (Path path : paths) {
      LogFailure failed = sync(path);
      failure = failed == null ? failure : failed;
    }
    if (failure == null) {
      hasKept(number);
      round.complete(null);
    } else {
      round.completeExceptionally(failure);
    }
  }

  /** Makes the disk keep a path now, unless that is never to be done. */
  void now(Path path) throws IOException {
    if (policy != SyncPolicy.NEVER) {
      disk.sync(path);
    }
  }

  /**
   * Makes the disk keep what was renamed in a folder. It has happened already, so that a failure
   * must not look as if it had not: the next round tries again, and who waits for that is told.
   */
  void renamedIn(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try {
      now(folder);
    } catch (IOException e) {
      LOG.error("what was renamed in {} may not outlive a loss of power: {}", folder, e.toString());
      written(folder);
    }
  }

  private synchronized void hasKept(long number) {
    kept = Math.max(kept, number);
  }

  // Who waits is told that it failed; the next round, within a second, is for who asks after that.
  private synchronized void tryAgain(Path path) {
    written.add(path);
  }

  private @Nullable LogFailure sync(Path path) {
    try {
      disk.sync(path);
      return null;
    } catch (NoSuchFileException e) {
      // Retention or a deletion was faster.
      return null;
    } catch (IOException e) {
      LOG.error("{} may not outlive a loss of power: {}", path, e.toString());
      tryAgain(path);
      return LogFailure.writing(path, e);
    }
  }
}
