package io.headrace.function;

import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.ThreadKind;
import io.headrace.kcl.loop.ThreadedLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one worker: a loop for shards, one for heartbeats so that a slow shard never
 * delays one, bounded pools for user code, and one for what is ours and blocks (chunks, letters,
 * files), so that user code that hangs never keeps progress from being stored.
 *
 * @param faults what tasks of the loops throw, unless the loops are the caller's
 * @param owned what {@link #close} ends; empty when everything is the caller's
 */
record Machinery(
    EventLoop workerLoop,
    EventLoop leaseLoop,
    Executor pool,
    Executor background,
    RandomGenerator workerRandom,
    RandomGenerator leaseRandom,
    LoopFaults faults,
    List<AutoCloseable> owned)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Machinery.class);

  static final String WORKER_LOOP = "worker loop";
  static final String LEASE_LOOP = "lease loop";

  private static final String FUNCTIONS = "headrace-functions-";

  private static final int BACKGROUND_THREADS = 2;

  /** How many calls may wait for a thread; one more is asked again a little later. */
  private static final int POOL_QUEUE_MAX = 10_000;

  static Machinery ofOwn(String application, int poolThreads) {
    var faults = new LoopFaults();
    var worker =
        ThreadedLoop.start(
            "headrace-worker-" + application, thrown -> faults.tell(WORKER_LOOP, thrown));
    var leases =
        ThreadedLoop.start(
            "headrace-leases-" + application, thrown -> faults.tell(LEASE_LOOP, thrown));
    var pool = new BoundedPool(FUNCTIONS + application, poolThreads, POOL_QUEUE_MAX);
    var background =
        new BoundedPool("headrace-storing-" + application, BACKGROUND_THREADS, POOL_QUEUE_MAX);
    return new Machinery(
        worker,
        leases,
        pool,
        background,
        Entropy.generator(),
        Entropy.generator(),
        faults,
        new ArrayList<>(List.of(leases, worker, pool, background)));
  }

  static Machinery borrowed(
      EventLoop workerLoop, EventLoop leaseLoop, Executor pool, RandomGenerator random) {
    return new Machinery(
        workerLoop, leaseLoop, pool, pool, random, random, new LoopFaults(), List.of());
  }

  /**
   * Where a function is called: one that may block on threads of its own, so that it holds no other
   * up. Before the worker begins.
   *
   * @param platformMax how many there are where the function does not say it
   */
  Executor poolOf(FunctionSpec<?, ?> spec, int platformMax) {
    var settings = spec.settings();
    if (!isOwned() || settings.executor().isPresent()) {
      return pool;
    }
    if (settings.threads().isEmpty() && spec.isAsync()) {
      return pool;
    }
    var usual = ThreadKind.forBlocking();
    int max = usual == ThreadKind.VIRTUAL ? settings.inFlight() : platformMax;
    var own =
        new BoundedPool(
            FUNCTIONS + spec.name(),
            settings.threads().map(InvocationThreads::threadKind).orElse(usual),
            settings.threads().map(InvocationThreads::max).orElse(max),
            POOL_QUEUE_MAX);
    owned.add(own);
    return own;
  }

  boolean isOwned() {
    return !owned.isEmpty();
  }

  @Override
  public void close() {
    owned.forEach(Machinery::closeQuietly);
  }

  /** Whatever it throws, as it may be the user's: the others are closed, too. */
  static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Throwable thrown) {
      LOG.warn("closing {} failed", resource.getClass().getSimpleName(), thrown);
    }
  }
}
