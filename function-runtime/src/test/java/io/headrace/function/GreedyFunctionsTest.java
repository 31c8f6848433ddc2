package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Functions that want more than their share of memory or threads. */
class GreedyFunctionsTest {
  private static final long MIB = 1 << 20;

  private final SimulatedLoop loop = new SimulatedLoop(7);
  private final SplittableRandom random = new SplittableRandom(7);
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");

  private FunctionRuntime runtime(long memoryBytes) {
    return FunctionRuntime.named("app")
        .on(loop, loop, loop, random)
        .leasesIn(new InMemoryLeaseTable())
        .checkpointsIn(new InMemoryCheckpointStore())
        .connecting(streams)
        .memoryBytes(memoryBytes);
  }

  private static void put(InMemoryStream stream, String key, byte[] data) {
    var unused = stream.sink().put(List.of(new StreamSink.Entry(key, data)));
  }

  private static long bytesHeld(FunctionRuntime.Running running, SimulatedLoop loop) {
    var status = running.status().toCompletableFuture();
    assertThat(loop.runUntil(status::isDone, 10_000)).isTrue();
    assertThat(status.join().bytesInFlightMax()).isPositive();
    return status.join().bytesInFlight();
  }

  @Test
  void ten_thousand_large_records_and_a_function_that_takes_a_minute_stay_within_the_budget() {
    int records = 10_000;
    long budget = 8 * MIB;
    var large = new byte[64 << 10];
    var in = streams.create("in", 4, loop);
    for (int i = 0; i < records; i++) {
      put(in, "key" + i, large);
    }
    var handled = new AtomicLong();
    var running =
        runtime(budget)
            .run(
                FunctionSpec.named("slow")
                    .reading(Input.of(StreamSource.kinesis("in"), new Lengths()))
                    .inFlight(10_000)
                    .handledAsyncBy(
                        () ->
                            (event, out) -> {
                              var done = new CompletableFuture<Void>();
                              var unused =
                                  loop.schedule(
                                      Duration.ofMinutes(1),
                                      () -> {
                                        handled.incrementAndGet();
                                        done.complete(null);
                                      });
                              return done;
                            },
                        Destination.<Integer>nowhere()))
            .start();
    long most = 0;
    for (int minute = 0; minute < 200 && handled.get() < records; minute++) {
      for (int i = 0; i < 4; i++) {
        loop.advance(Duration.ofSeconds(15));
        most = Math.max(most, bytesHeld(running, loop));
      }
    }
    assertThat(handled).hasValue(records);
    assertThat(most).as("bytes held at most").isLessThanOrEqualTo(budget);
    assertThat(most).as("and what there is is used").isGreaterThan(budget / 2);
    running.crash();
  }

  @Test
  void one_stuck_function_leaves_the_pace_of_a_quick_one_in_50_shards_as_it_is() {
    var alone = lagOfQuick(false);
    var beside = lagOfQuick(true);
    assertThat(beside.handled()).isEqualTo(alone.handled()).isEqualTo(50 * 60);
    assertThat(beside.worst())
        .as("the slowest record, %s alone", alone.worst())
        .isLessThanOrEqualTo(alone.worst().plus(Duration.ofMillis(500)));
  }

  private record Lag(int handled, Duration worst) {}

  /** A second's records in 50 shards, for a minute; the stuck one has more than the budget. */
  private static Lag lagOfQuick(boolean besideStuck) {
    var test = new GreedyFunctionsTest();
    var loop = test.loop;
    var quick = test.streams.create("quick", 50, loop);
    var slow = test.streams.create("slow", 4, loop);
    Map<String, Long> putAt = new HashMap<>();
    var lags = new ArrayList<Long>();
    var runtime =
        test.runtime(16 * MIB)
            .run(
                FunctionSpec.named("quick")
                    .reading(Input.of(StreamSource.kinesis("quick"), new Texts()))
                    .handledBy(
                        () -> (event, out) -> lags.add(loop.ticks() - putAt.get(event.value())),
                        Destination.<String>nowhere()));
    if (besideStuck) {
      for (int i = 0; i < 500; i++) {
        put(slow, "key" + i, new byte[64 << 10]);
      }
      runtime.run(
          FunctionSpec.named("stuck")
              .reading(Input.of(StreamSource.kinesis("slow"), new Lengths()))
              .inFlight(10_000)
              .handledAsyncBy(
                  () -> (event, out) -> new CompletableFuture<Void>(),
                  Destination.<Integer>nowhere()));
    }
    var running = runtime.start();
    loop.advance(Duration.ofSeconds(20));
    for (int second = 0; second < 60; second++) {
      for (int i = 0; i < 50; i++) {
        var value = second + "-" + i;
        putAt.put(value, loop.ticks());
        put(quick, "key" + i, value.getBytes(UTF_8));
      }
      loop.advance(Duration.ofSeconds(1));
    }
    loop.advance(Duration.ofSeconds(10));
    running.crash();
    loop.advance(Duration.ofSeconds(1));
    return new Lag(
        lags.size(), Duration.ofNanos(lags.stream().mapToLong(Long::longValue).max().orElse(0)));
  }

  /** On real threads: both functions block, so each has its own. */
  @Test
  @Timeout(180)
  void calls_that_hang_on_all_threads_of_one_function_take_none_from_another() throws Exception {
    var gate = new CountDownLatch(1);
    var quickDone = new CountDownLatch(50 * 40);
    try (var clock = ThreadedLoop.start("streams", thrown -> {})) {
      var quick = streams.create("quick", 50, clock);
      var slow = streams.create("slow", 4, clock);
      for (int i = 0; i < 100; i++) {
        put(slow, "key" + i, "hang".getBytes(UTF_8));
      }
      for (int i = 0; i < 50 * 40; i++) {
        put(quick, "key" + i, "quick".getBytes(UTF_8));
      }
      var entered = new CountDownLatch(3);
      var running =
          FunctionRuntime.named("app")
              .leasesIn(new InMemoryLeaseTable())
              .checkpointsIn(new InMemoryCheckpointStore())
              .connecting(streams)
              .leaseTime(Duration.ofSeconds(1))
              .stoppingWithin(Duration.ofSeconds(1))
              .run(
                  FunctionSpec.named("hanging")
                      .reading(Input.of(StreamSource.kinesis("slow"), new Texts()))
                      .invokingOn(InvocationThreads.upTo(3))
                      .handledBy(
                          () ->
                              (event, out) -> {
                                entered.countDown();
                                gate.await();
                              },
                          Destination.<String>nowhere()))
              .run(
                  FunctionSpec.named("quick")
                      .reading(Input.of(StreamSource.kinesis("quick"), new Texts()))
                      .invokingOn(InvocationThreads.platform(2))
                      .handledBy(
                          () -> (event, out) -> quickDone.countDown(),
                          Destination.<String>nowhere()))
              .start();
      try {
        assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(quickDone.await(60, TimeUnit.SECONDS)).isTrue();
        // A machine that stood still for a second had it prove its leases anew.
        while (!running.health().ready()) {
          LockSupport.parkNanos(1_000_000);
        }
      } finally {
        gate.countDown();
        running.close();
      }
    }
  }

  /** Records as their length: what is measured is not copied. */
  private static final class Lengths implements Codec<Integer> {
    @Override
    public Integer decode(byte[] bytes, int version) {
      return bytes.length;
    }

    @Override
    public byte[] encode(Integer value) {
      return new byte[value];
    }
  }
}
