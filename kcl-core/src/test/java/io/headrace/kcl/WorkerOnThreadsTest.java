package io.headrace.kcl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.ThreadedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The same engine on a real loop, fed by other threads. */
class WorkerOnThreadsTest {
  private static final int KEYS = 16;
  private static final int RECORDS_OF_A_KEY = 250;

  /** What was settled: a record that was settled twice stands for no other. */
  private final Set<Object> seen = ConcurrentHashMap.newKeySet();

  @Test
  void handles_what_other_threads_put_while_shards_split_and_workers_leave() throws Exception {
    var errors = new ConcurrentLinkedQueue<Throwable>();
    try (var loop = ThreadedLoop.start("worker", errors::add);
        var pool = new BoundedPool("producers", KEYS, 1)) {
      var stream = new InMemoryStream("orders", 2, loop);
      var fleet = new InMemoryFleet(loop, new SplittableRandom(1));
      fleet.serve(stream);
      var progress = new InMemoryProgress(loop, new SplittableRandom(2));
      var handlers = new FoldingHandlers();
      var spec =
          new HandlerSpec(
              "alarms",
              stream,
              new BatchLimits(50, Duration.ZERO),
              100,
              handlers,
              progress.of("alarms", StartingPosition.TRIM_HORIZON));
      var settled = new CountDownLatch(KEYS * RECORDS_OF_A_KEY);
      var first = worker(spec, fleet.member("w1"), loop, settled);
      first.start().toCompletableFuture().get(20, SECONDS);
      for (int key = 0; key < KEYS; key++) {
        var name = "key-" + key;
        pool.execute(() -> putAll(stream, name));
      }
      stream.split(stream.openShards().get(0).id());
      var second = worker(spec, fleet.member("w2"), loop, settled);
      second.start().toCompletableFuture().get(20, SECONDS);
      first.stop(Duration.ofSeconds(10)).toCompletableFuture().get(20, SECONDS);

      assertThat(settled.await(60, SECONDS)).isTrue();
      second.stop(Duration.ofSeconds(10)).toCompletableFuture().get(20, SECONDS);

      assertThat(errors).isEmpty();
      assertThat(handlers.faults).isEmpty();
      assertThat(onLoop(loop, handlers::firstDeliveries)).isEqualTo(expected());
    }
  }

  private Worker worker(
      HandlerSpec spec, LeaseCoordinator member, ThreadedLoop loop, CountDownLatch settled) {
    return new Worker(
        WorkerSettings.DEFAULT,
        List.of(spec),
        member,
        loop,
        new SplittableRandom(3),
        event -> {
          if (event instanceof WorkerEvent.Settled one
              && seen.add(Map.entry(one.shard(), one.position()))) {
            settled.countDown();
          }
        });
  }

  private static void putAll(InMemoryStream stream, String key) {
    for (int number = 1; number <= RECORDS_OF_A_KEY; number++) {
      stream.put(key, Integer.toString(number).getBytes(UTF_8));
    }
  }

  private static Map<String, List<Integer>> expected() {
    var all = new TreeMap<String, List<Integer>>();
    var numbers = new ArrayList<Integer>();
    for (int number = 1; number <= RECORDS_OF_A_KEY; number++) {
      numbers.add(number);
    }
    for (int key = 0; key < KEYS; key++) {
      all.put("key-" + key, numbers);
    }
    return all;
  }

  private static <T> T onLoop(ThreadedLoop loop, java.util.function.Supplier<T> question)
      throws Exception {
    var answer = new CompletableFuture<T>();
    loop.execute(() -> answer.complete(question.get()));
    return answer.get(20, SECONDS);
  }
}
