package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.function.OutputTap;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.LeaseTable;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * A fault that is built into a simulated fleet by putting something between production code and its
 * ports; production classes know nothing of it. Each method is given what it may wrap, and answers
 * that itself where the fault has nothing to do there. On the world's loop only.
 */
interface Plant {
  /** As the programmers meant it. */
  Plant NONE = new Plant() {};

  /** The table as all see it. */
  default LeaseTable table(LeaseTable table) {
    return table;
  }

  /** The table as one process sees it. */
  default LeaseTable tableOf(SimulatedProcess process, LeaseTable table) {
    return table;
  }

  /** The progress store as all see it. */
  default CheckpointStore store(CheckpointStore store) {
    return store;
  }

  /**
   * The progress store as all see it.
   *
   * @param chunks what its commits name
   */
  default CheckpointStore store(CheckpointStore store, ChunkStore chunks) {
    return store(store);
  }

  /** The progress store as one process sees it. */
  default CheckpointStore storeOf(SimulatedProcess process, CheckpointStore store) {
    return store;
  }

  default ChunkStore chunksOf(SimulatedProcess process, ChunkStore chunks) {
    return chunks;
  }

  default StreamConnector streamsOf(SimulatedProcess process, StreamConnector streams) {
    return streams;
  }

  default EventLoop workerLoopOf(SimulatedProcess process, EventLoop loop) {
    return loop;
  }

  default EventLoop leaseLoopOf(SimulatedProcess process, EventLoop loop) {
    return loop;
  }

  /** Whether functions with state send before they have committed. */
  default boolean emitsEarly() {
    return false;
  }

  default OutputTap tapOf(SimulatedProcess process, OutputTap tap) {
    return tap;
  }

  /** Where names, write tokens and jitter come from. */
  default SplittableRandom randomOf(SimulatedProcess process, SplittableRandom random) {
    return random;
  }

  default Executor poolOf(SimulatedProcess process, Executor pool) {
    return pool;
  }
}
