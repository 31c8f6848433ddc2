package io.headrace.kcl;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** A stream, a fleet, a store and workers on one simulated loop. */
final class EngineHarness {
  final SimulatedLoop loop;
  final SplittableRandom random;
  final InMemoryStream stream;
  final InMemoryFleet fleet;
  final InMemoryProgress progress;
  final List<WorkerEvent> events = new ArrayList<>();
  final Map<String, FoldingHandlers> handlers = new TreeMap<>();
  final Map<Worker, InMemoryFleet.Member> members = new HashMap<>();
  final Map<String, Integer> put = new TreeMap<>();
  WorkerSettings settings = new WorkerSettings(64 << 10, 4 << 10, 16 << 10, Duration.ofSeconds(5));
  BatchLimits limits = new BatchLimits(10, Duration.ZERO);
  int inFlightMax = 25;
  ShardedStream read;

  EngineHarness(long seed, int shards) {
    loop = new SimulatedLoop(seed);
    random = new SplittableRandom(seed);
    stream = new InMemoryStream("orders", shards, loop);
    read = stream;
    fleet = new InMemoryFleet(loop, random.split());
    progress = new InMemoryProgress(loop, random.split());
    fleet.serve(stream);
  }

  Worker worker(String name, String... functions) {
    var specs = new ArrayList<HandlerSpec>();
    for (var function : functions) {
      var factory = handlers.computeIfAbsent(function, absent -> new FoldingHandlers());
      var checkpointers = progress.of(function, StartingPosition.TRIM_HORIZON);
      specs.add(new HandlerSpec(function, read, limits, inFlightMax, factory, checkpointers));
    }
    var member = fleet.member(name);
    var worker = new Worker(settings, specs, member, loop, random.split(), events::add);
    members.put(worker, member);
    var started = worker.start().toCompletableFuture();
    loop.runUntilIdle();
    if (!started.isDone()) {
      throw new AssertionError("worker " + name + " has not started");
    }
    return worker;
  }

  FoldingHandlers function(String name) {
    return handlers.computeIfAbsent(name, absent -> new FoldingHandlers());
  }

  /** Puts the next record of a key. */
  void put(String key) {
    int number = put.merge(key, 1, Integer::sum);
    stream.put(key, String.format("%-100d", number).getBytes(UTF_8));
  }

  void put(int records, int keys) {
    for (int i = 0; i < records; i++) {
      put("key-" + i % keys);
    }
  }

  void advance(Duration time) {
    loop.advance(time);
  }

  void seconds(long seconds) {
    loop.advance(Duration.ofSeconds(seconds));
  }

  /** What each key's deliveries must be when nothing was lost. */
  Map<String, List<Integer>> expected() {
    var all = new TreeMap<String, List<Integer>>();
    put.forEach(
        (key, count) ->
            all.put(key, java.util.stream.IntStream.rangeClosed(1, count).boxed().toList()));
    return all;
  }

  ShardKey key(Shard shard) {
    return new ShardKey(stream.id(), shard.id());
  }

  ShardKey shard(int number) {
    return key(stream.shardsNow().get(number));
  }

  WorkerStatus status(Worker worker) {
    CompletableFuture<WorkerStatus> status = worker.status().toCompletableFuture();
    loop.runUntilIdle();
    return status.join();
  }

  <T extends WorkerEvent> List<T> events(Class<T> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }
}
