package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.Order;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Workers of one function, dead letters and operators on a simulated loop. */
abstract class RedriveRig implements OutputTap {
  static final Order.Deed.Redrive ALL =
      new Order.Deed.Redrive(Optional.empty(), Optional.empty(), Optional.empty(), 0);

  SimulatedLoop loop = new SimulatedLoop(5);
  SplittableRandom random = new SplittableRandom(5);
  InMemoryStreams streams = new InMemoryStreams("kinesis");
  InMemoryLeaseTable leases = new InMemoryLeaseTable();
  InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  InMemoryChunkStore chunks = new InMemoryChunkStore();
  InMemoryStream in = streams.create("in", 2, loop);
  final List<String> seen = new ArrayList<>();
  final List<DeadLetter> letters = new ArrayList<>();
  final List<FunctionEvent.Redriven> redriven = new ArrayList<>();
  final Set<String> broken = new HashSet<>();
  Duration commits = Duration.ofSeconds(1);
  Duration ledgerAnswersIn = Duration.ZERO;
  Letter.@Nullable Id ledgerLost;
  boolean sinkFails;
  int put;

  FunctionSpec<String, String> spec =
      FunctionSpec.named("echo")
          .reading(Rig.input())
          .retrying(RetryPolicy.upTo(0))
          .handledBy(
              () ->
                  (event, out) -> {
                    refuseBroken(event);
                    seen.add(event.value());
                  },
              Destination.nowhere());

  void refuseBroken(Event<String> event) {
    if (broken.contains(event.partitionKey())) {
      throw new IllegalStateException("key " + event.partitionKey() + " is broken");
    }
  }

  @Override
  public void output(String function, @Nullable Side<?> side, String id, Object value) {}

  @Override
  public void deadLetter(DeadLetter letter) {
    if (sinkFails && random.nextBoolean()) {
      throw new IllegalStateException("the sink is down");
    }
    letters.add(letter);
  }

  FunctionRuntime.Running start(String worker) {
    return FunctionRuntime.named("app")
        .workerId(worker)
        .on(loop, loop, loop, random)
        .leasesIn(leases)
        .checkpointsIn(
            new LedgerShim(checkpoints, loop, () -> ledgerAnswersIn, id -> id.equals(ledgerLost)))
        .stateIn(chunks)
        .connecting(streams)
        .committingEvery(commits)
        .leaseTime(Duration.ofSeconds(5))
        .tappedBy(this)
        .observedBy(
            new RuntimeListener() {
              @Override
              public void on(Object event) {
                if (event instanceof FunctionEvent.Redriven one) {
                  redriven.add(one);
                }
              }
            })
        .run(spec)
        .start();
  }

  Redrives redrives() {
    var operations = new Operations("app", List.of(spec), leases, checkpoints, loop, random, "ann");
    return new Redrives(operations, checkpoints.letters());
  }

  <T> T done(CompletionStage<T> stage) {
    loop.runUntilIdle();
    return stage.toCompletableFuture().join();
  }

  void advance(int seconds) {
    loop.advance(Duration.ofSeconds(seconds));
  }

  void put(int records, String... keys) {
    for (int i = 0; i < records; i++) {
      var key = keys[i % keys.length];
      var value = (key + " " + put++).getBytes(UTF_8);
      var unused = in.sink().put(List.of(new StreamSink.Entry(key, value)));
    }
  }

  List<Letter> entered() {
    return done(checkpoints.letters().ofFunction("echo")).letters();
  }

  Optional<Order> redrive(Order.Deed.Redrive deed, Optional<String> key) {
    var target = new Operations.Target("echo", Optional.empty(), key);
    var order = done(redrives().redrive(target, deed, "the bug is fixed"));
    advance(10);
    return order;
  }

  /** The numbers that the function saw of each key, in the order in which it did. */
  Map<String, List<Integer>> numbersByKey() {
    var numbers = new HashMap<String, List<Integer>>();
    for (var value : seen) {
      int blank = value.indexOf(' ');
      numbers
          .computeIfAbsent(value.substring(0, blank), key -> new ArrayList<>())
          .add(Integer.parseInt(value.substring(blank + 1)));
    }
    return numbers;
  }
}
