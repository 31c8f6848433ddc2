package io.headrace.bench.state;

import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.checkpoint.state.StateHome;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.ThreadedLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Spaces of one shard, on a loop and a pool of their own. Used by the main thread. */
final class SpaceOnThreads implements AutoCloseable {
  private static final long WAIT_SECONDS = 600;

  private final ThreadedLoop loop =
      ThreadedLoop.start(
          "bench-state",
          fault -> {
            throw new IllegalStateException(fault);
          });
  private final BoundedPool pool = new BoundedPool("bench-state-background", 2, 10_000);
  private final AtomicInteger tasks = new AtomicInteger();

  StateSpace open(ChunkStore chunks, int epoch) {
    var home =
        new StateHome(
            "function bench, shard s",
            HashRange.ALL,
            "bench/f/s/",
            "bench/f/s/" + epoch + ".0.",
            "state",
            chunks,
            new StateCache(StateCache.BYTES_MAX_DEFAULT),
            loop,
            this::inBackground);
    return new StateSpace(
        home,
        (name, bytes) -> {
          throw new IllegalStateException(name);
        },
        (key, one, other) -> one);
  }

  private void inBackground(Runnable task) {
    tasks.incrementAndGet();
    pool.execute(
        () -> {
          try {
            task.run();
          } finally {
            tasks.decrementAndGet();
          }
        });
  }

  BoundedPool pool() {
    return pool;
  }

  long ticks() {
    return loop.ticks();
  }

  <T> T onLoop(Supplier<CompletionStage<T>> work) {
    var done = new CompletableFuture<T>();
    loop.execute(
        () ->
            work.get()
                .whenComplete(
                    (value, thrown) -> {
                      if (thrown != null) {
                        done.completeExceptionally(thrown);
                      } else {
                        done.complete(value);
                      }
                    }));
    try {
      return done.get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException late) {
      throw new NotMeasured("state: " + late, late);
    }
  }

  /**
   * Tells of a commit, and waits until what it has set going is done: runs are merged within a
   * second or so, and commits are a second apart. For stores that answer at once.
   */
  void committed(StateSpace space, CommitParts parts) {
    onLoop(
        () -> {
          space.committed(parts);
          return CompletableFuture.completedFuture(parts);
        });
    onLoop(() -> CompletableFuture.completedFuture(parts));
    while (tasks.get() > 0) {
      Pause.millis(1);
      onLoop(() -> CompletableFuture.completedFuture(parts));
    }
    onLoop(() -> CompletableFuture.completedFuture(parts));
  }

  @Override
  public void close() {
    pool.close();
    loop.close();
  }
}
