package io.headrace.harness;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.checkpoint.WriteAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The moments of a run between an effect and the end of its commit: counts them, and ends the
 * worker at one of them. On the thread of the harness.
 */
final class CrashPoints {
  private final int fatal;
  private final List<String> passed = new ArrayList<>();
  private Runnable kill = () -> {};
  private boolean counting;
  private boolean dead;
  private int commits;

  /**
   * Counts from 0.
   *
   * @param fatal where the worker ends; -1 for nowhere
   */
  CrashPoints(int fatal) {
    this.fatal = fatal;
  }

  void countFromNow(Runnable kill) {
    this.kill = kill;
    counting = true;
  }

  void countNoMore() {
    counting = false;
  }

  /** What was passed, in order: clauses that say where. */
  List<String> passed() {
    return List.copyOf(passed);
  }

  /** Whether the worker has ended since this was asked last. */
  boolean takeDeath() {
    boolean was = dead;
    dead = false;
    return was;
  }

  /** A moment; answers whether the worker ends here. */
  boolean pass(String where) {
    if (!counting) {
      return false;
    }
    passed.add(where);
    if (passed.size() - 1 != fatal) {
      return false;
    }
    counting = false;
    dead = true;
    kill.run();
    return true;
  }

  ChunkStore around(ChunkStore chunks) {
    return new Chunks(chunks);
  }

  CheckpointStore around(CheckpointStore checkpoints) {
    return new Checkpoints(checkpoints);
  }

  private final class Chunks extends ForwardingChunkStore {
    Chunks(ChunkStore chunks) {
      super(chunks);
    }

    @Override
    public CompletionStage<Void> put(String name, byte[] bytes) {
      var stored = super.put(name, bytes);
      return pass("behind the write of state for commit " + (commits + 1))
          ? new CompletableFuture<>()
          : stored;
    }
  }

  private final class Checkpoints extends ForwardingCheckpointStore {
    Checkpoints(CheckpointStore store) {
      super(store);
    }

    /** The dead worker hears nothing any more. */
    @Override
    public CompletionStage<WriteAnswer> commit(Commit commit) {
      int number = counting ? ++commits : commits;
      if (pass("before commit " + number)) {
        return new CompletableFuture<>();
      }
      var stored = super.commit(commit);
      return pass("behind commit " + number + ", before it hears that it is stored")
          ? new CompletableFuture<>()
          : stored;
    }
  }
}
