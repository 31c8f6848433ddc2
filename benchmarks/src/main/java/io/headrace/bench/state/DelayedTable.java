package io.headrace.bench.state;

import io.headrace.bench.rig.Samples;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.kcl.LeaseToken;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * A table in memory each of whose requests takes 5 to 10 ms more, drawn anew each time. Notes of
 * each commit what was added to the writes that it made one after the other: the progress item's,
 * and before it the longest of the chunks that it put, as those are put together. Any thread.
 */
final class DelayedTable {
  private static final int MICROS_MIN = 5_000;
  private static final int MICROS_MAX = 10_000;
  private static final double MICROS_A_MILLI = 1_000;

  /** By shard's directory: the longest delay of a chunk since the last commit was sent. */
  private final Map<String, Integer> chunkMicros = new ConcurrentHashMap<>();

  private final Queue<Double> commitMillis = new ConcurrentLinkedQueue<>();
  private final LongAdder ofOneWrite = new LongAdder();

  CheckpointStore checkpoints(CheckpointStore store) {
    return new Checkpoints(store);
  }

  ChunkStore chunks(ChunkStore store) {
    return new Chunks(store);
  }

  /** Forgets the commits so far. */
  void reset() {
    commitMillis.clear();
    ofOneWrite.reset();
  }

  /** Of each commit, what was added to its writes in sequence. */
  Samples addedMillis() {
    return Samples.of(commitMillis);
  }

  /** How many of them put no chunk before. */
  long ofOneWrite() {
    return ofOneWrite.sum();
  }

  private static int draw() {
    return ThreadLocalRandom.current().nextInt(MICROS_MIN, MICROS_MAX + 1);
  }

  private static <T> CompletionStage<T> after(int micros, Supplier<CompletionStage<T>> request) {
    return CompletableFuture.supplyAsync(
            request, CompletableFuture.delayedExecutor(micros, TimeUnit.MICROSECONDS))
        .thenCompose(stage -> stage);
  }

  private final class Checkpoints extends ForwardingCheckpointStore {
    Checkpoints(CheckpointStore store) {
      super(store);
    }

    @Override
    public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
      return after(draw(), () -> super.seal(key, token, nonce));
    }

    @Override
    public CompletionStage<WriteAnswer> commit(Commit commit) {
      int micros = draw();
      String shard = commit.claim().key().shard().shard().value();
      Integer before = chunkMicros.remove(shard);
      if (before == null) {
        ofOneWrite.increment();
      }
      commitMillis.add((micros + (before == null ? 0 : before)) / MICROS_A_MILLI);
      return after(micros, () -> super.commit(commit));
    }

    @Override
    public CompletionStage<WriteAnswer> end(End end) {
      return after(draw(), () -> super.end(end));
    }
  }

  private final class Chunks extends ForwardingChunkStore {
    Chunks(ChunkStore store) {
      super(store);
    }

    @Override
    public CompletionStage<Void> put(String name, byte[] bytes) {
      int micros = draw();
      chunkMicros.merge(shardOf(name), micros, Math::max);
      return after(micros, () -> super.put(name, bytes));
    }

    /** A chunk lies in the directory of its function in its shard. */
    private static String shardOf(String name) {
      int shard = name.indexOf("shardId-");
      int end = name.indexOf('/', Math.max(shard, 0));
      return shard < 0 ? name : name.substring(shard, end < 0 ? name.length() : end);
    }

    @Override
    public CompletionStage<byte[]> get(String name) {
      return after(draw(), () -> super.get(name));
    }

    @Override
    public CompletionStage<Void> delete(String name) {
      return after(draw(), () -> super.delete(name));
    }

    @Override
    public CompletionStage<List<String>> names(String directory, Optional<String> after) {
      return DelayedTable.after(draw(), () -> super.names(directory, after));
    }
  }
}
