package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.kcl.CheckpointException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What handlers share within one runtime.
 *
 * @param pool where user code is called
 * @param background for our own work that blocks: user code that holds every thread of the pool
 *     must not keep state and letters from being stored
 * @param random used on the worker loop only
 * @param outlets where outputs and letters go
 * @param cache of state that is stored
 * @param events told on the worker loop
 * @param orders what operators want, as of a turn of the worker loop
 * @param calls how many calls of user code are under way, in line for a thread or on whatever one
 * @param letters where dead letters are kept beyond their sink
 * @param stuck the threads that do not come back from user code
 * @param telemetry who looks at calls
 * @param versions in which state is written
 * @param broadcasts that the function may ask for
 */
record Environment(
    String application,
    Executor pool,
    Executor background,
    RandomGenerator random,
    Outlets outlets,
    ChunkStore chunks,
    StateCache cache,
    Consumer<FunctionEvent> events,
    AtomicInteger calls,
    Supplier<Orders> orders,
    LetterKeeping letters,
    StuckThreads.Tally stuck,
    Telemetry telemetry,
    StateVersions versions,
    Broadcasts broadcasts) {
  /** Where there is no place for state: whoever asks for it is told so. */
  static final ChunkStore NO_CHUNKS = new NoChunks();

  Environment(
      String application,
      Executor pool,
      Executor background,
      RandomGenerator random,
      Outlets outlets,
      ChunkStore chunks,
      Consumer<FunctionEvent> events) {
    this(
        application,
        pool,
        background,
        random,
        outlets,
        chunks,
        new StateCache(StateCache.BYTES_MAX_DEFAULT),
        events,
        new AtomicInteger(),
        () -> Orders.NONE,
        LetterKeeping.NONE,
        StuckThreads.Tally.unbounded(),
        Telemetry.NONE,
        StateVersions.NEWEST,
        Broadcasts.NONE);
  }

  /** The same for one function: where its code is called, and what it may ask for. */
  Environment of(Executor other, Broadcasts its) {
    return new Environment(
        application,
        other,
        background,
        random,
        outlets,
        chunks,
        cache,
        events,
        calls,
        orders,
        letters,
        stuck,
        telemetry,
        versions,
        its);
  }

  /** Whether what is stored in chunks outlives the run. */
  boolean keepsChunks() {
    return chunks != NO_CHUNKS;
  }

  private static final class NoChunks implements ChunkStore {
    private static <T> CompletionStage<T> refuse(String what) {
      return CompletableFuture.failedFuture(
          new CheckpointException(
              what + ": the application has no place for state; give one by stateIn(...)"));
    }

    @Override
    public CompletionStage<Void> put(String name, byte[] bytes) {
      return refuse("chunk " + name + " can't be stored");
    }

    @Override
    public CompletionStage<byte[]> get(String name) {
      return refuse("chunk " + name + " can't be read");
    }

    @Override
    public CompletionStage<Void> delete(String name) {
      return refuse("chunk " + name + " can't be deleted");
    }

    @Override
    public CompletionStage<List<String>> names(String directory, Optional<String> after) {
      return refuse("chunks of " + directory + " can't be listed");
    }
  }
}
