package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Goes through runs together, in the order of keys, and tells the newest entry of each key. A few
 * chunks of each are in memory at a time. Runs on the background executor, one step at a time.
 */
final class RunMerge {
  private final ChunkIo io;
  private final List<RunCursor> cursors;
  private final Executor background;
  private final Consumer<RawEntry> told;
  private final Supplier<@Nullable CompletableFuture<Void>> pressure;
  private final AtomicBoolean stopped;
  private final CompletableFuture<List<String>> done = new CompletableFuture<>();

  /**
   * @param runs the newest first
   * @param told of each entry, tombstones too
   * @param pressure what to wait for before more is told
   * @param stopped ends it with a failure
   */
  RunMerge(
      ChunkIo io,
      List<Run> runs,
      Executor background,
      Consumer<RawEntry> told,
      Supplier<@Nullable CompletableFuture<Void>> pressure,
      AtomicBoolean stopped) {
    this.io = io;
    this.cursors = runs.stream().map(run -> new RunCursor(io, run)).toList();
    this.background = background;
    this.told = told;
    this.pressure = pressure;
    this.stopped = stopped;
  }

  /** Begins; the stage brings the names of all chunks that the runs are made of. */
  CompletableFuture<List<String>> start() {
    background.execute(this::go);
    return done;
  }

  private void go() {
    try {
      while (!stopped.get()) {
        var awaited = step();
        if (awaited == null && cursors.stream().allMatch(RunCursor::isAtEnd)) {
          var visited = new ArrayList<String>();
          cursors.forEach(each -> visited.addAll(each.visited()));
          done.complete(visited);
          return;
        }
        if (awaited != null && !awaited.isDone()) {
          var unused = awaited.whenComplete((nothing, thrown) -> goOn(thrown));
          return;
        }
        if (awaited != null) {
          awaited.join();
        }
      }
      done.completeExceptionally(new CheckpointException("the shard was given up"));
    } catch (Throwable thrown) {
      done.completeExceptionally(thrown);
    }
  }

  /** What could not be read must never count as if it had held nothing. */
  private void goOn(@Nullable Throwable thrown) {
    if (thrown != null) {
      done.completeExceptionally(thrown);
    } else {
      background.execute(this::go);
    }
  }

  /** Tells one entry, or answers what to wait for. */
  private @Nullable CompletableFuture<Void> step() {
    for (var cursor : cursors) {
      if (cursor.mustLoad()) {
        return cursor.load();
      }
    }
    var wait = pressure.get();
    if (wait != null) {
      return wait;
    }
    var same = new ArrayList<RawEntry>();
    RawEntry least = null;
    for (var cursor : cursors) {
      var entry = cursor.current();
      if (entry != null && (least == null || entry.compareTo(least) < 0)) {
        least = entry;
      }
    }
    if (least == null) {
      return null;
    }
    for (var cursor : cursors) {
      var entry = cursor.current();
      if (entry != null && entry.compareTo(least) == 0) {
        same.add(entry);
        cursor.advance();
      }
    }
    told.accept(io.rules().winner(same));
    return null;
  }
}
