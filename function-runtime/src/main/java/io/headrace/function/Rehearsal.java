package io.headrace.function;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays the life of a shard once, from its claim over delivery and commit to its release, before
 * the worker has one: in memory, under a clock of its own, with a function of ours that does
 * nothing. Nothing of the user's is called and nobody else hears of it. What it leaves behind are
 * loaded classes: in a fresh process the first shard would stand still for as long as that takes.
 */
final class Rehearsal {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

  private static final String NAME = "rehearsal";
  private static final int RECORDS = 8;

  /** The worker has registered and settled, and claims its shard. */
  private static final Duration UNTIL_CLAIMED = Duration.ofSeconds(3);

  /** Then records are read, handled and committed. */
  private static final Duration UNTIL_COMMITTED = Duration.ofSeconds(7);

  private static final Duration UNTIL_STOPPED = Duration.ofSeconds(5);

  private Rehearsal() {}

  /**
   * Plays it on a thread of its own, which ends with it, and returns at once.
   *
   * @param application whose worker it is for, which the thread is named by
   */
  static void begin(String application) {
    var pool = new BoundedPool("headrace-rehearsal-" + application, 1, 1);
    pool.execute(
        () -> {
          playQuietly();
          pool.close();
        });
  }

  /** What fails here costs the first shard some time and nothing else. */
  private static void playQuietly() {
    try {
      play();
    } catch (RuntimeException | LinkageError failed) {
      LOG.debug("the rehearsal failed", failed);
    }
  }

  /** Plays it in the calling thread, and answers how many records were handled. */
  static int play() {
    var loop = new SimulatedLoop(1);
    var streams = new InMemoryStreams(StreamSource.kinesis(NAME).service());
    var stream = streams.create(NAME, 1, loop);
    var handled = new AtomicInteger();
    var running =
        FunctionRuntime.named(NAME)
            .workerId(NAME)
            .on(loop, loop, loop, new SplittableRandom(1))
            .leasesIn(new InMemoryLeaseTable())
            .checkpointsIn(new InMemoryCheckpointStore())
            .connecting(streams)
            .run(function(handled))
            .start();
    loop.advance(UNTIL_CLAIMED);
    put(stream);
    loop.advance(UNTIL_COMMITTED);
    var unused = running.stop();
    loop.advance(UNTIL_STOPPED);
    return handled.get();
  }

  private static FunctionSpec<byte[], byte[]> function(AtomicInteger handled) {
    return FunctionSpec.named(NAME)
        .reading(Input.of(StreamSource.kinesis(NAME), Codec.bytes()))
        .handledBy(() -> (event, out) -> handled.incrementAndGet(), Destination.nowhere());
  }

  private static void put(InMemoryStream stream) {
    for (int number = 0; number < RECORDS; number++) {
      stream.put("key-" + number % 2, NAME.getBytes(StandardCharsets.UTF_8));
    }
  }
}
