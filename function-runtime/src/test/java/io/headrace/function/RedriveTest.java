package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.Order;
import io.headrace.function.RetryPolicy.KeyAfterLetter;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Dead letters, crashes and operators on a simulated loop. */
class RedriveTest implements OutputTap {
  private static final Order.Deed.Redrive ALL =
      new Order.Deed.Redrive(Optional.empty(), Optional.empty(), Optional.empty(), 0);

  private SimulatedLoop loop = new SimulatedLoop(5);
  private SplittableRandom random = new SplittableRandom(5);
  private InMemoryStreams streams = new InMemoryStreams("kinesis");
  private InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private InMemoryChunkStore chunks = new InMemoryChunkStore();
  private InMemoryStream in = streams.create("in", 2, loop);
  private final List<String> seen = new ArrayList<>();
  private final List<DeadLetter> letters = new ArrayList<>();
  private final List<FunctionEvent.Redriven> redriven = new ArrayList<>();
  private final Set<String> broken = new HashSet<>();
  private Duration commits = Duration.ofSeconds(1);
  private boolean sinkFails;
  private int put;

  private FunctionSpec<String, String> spec =
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

  private void refuseBroken(Event<String> event) {
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

  private FunctionRuntime.Running start(String worker) {
    return FunctionRuntime.named("app")
        .workerId(worker)
        .on(loop, loop, loop, random)
        .leasesIn(leases)
        .checkpointsIn(checkpoints)
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

  private Redrives redrives() {
    var operations = new Operations("app", List.of(spec), leases, checkpoints, loop, random, "ann");
    return new Redrives(operations, checkpoints.letters());
  }

  private <T> T done(CompletionStage<T> stage) {
    loop.runUntilIdle();
    return stage.toCompletableFuture().join();
  }

  private void advance(int seconds) {
    loop.advance(Duration.ofSeconds(seconds));
  }

  private void put(int records, String... keys) {
    for (int i = 0; i < records; i++) {
      var key = keys[i % keys.length];
      var value = (key + " " + put++).getBytes(UTF_8);
      var unused = in.sink().put(List.of(new StreamSink.Entry(key, value)));
    }
  }

  private List<Letter> entered() {
    return done(checkpoints.letters().ofFunction("echo")).letters();
  }

  private Optional<Order> redrive(Order.Deed.Redrive deed, Optional<String> key) {
    var target = new Operations.Target("echo", Optional.empty(), key);
    var order = done(redrives().redrive(target, deed, "the bug is fixed"));
    advance(10);
    return order;
  }

  /** The numbers that the function saw of each key, in the order in which it did. */
  private Map<String, List<Integer>> numbersByKey() {
    var numbers = new HashMap<String, List<Integer>>();
    for (var value : seen) {
      int blank = value.indexOf(' ');
      numbers
          .computeIfAbsent(value.substring(0, blank), key -> new ArrayList<>())
          .add(Integer.parseInt(value.substring(blank + 1)));
    }
    return numbers;
  }

  @Test
  void after_a_bug_is_fixed_all_letters_are_handled_in_the_order_of_their_keys() {
    start("w1");
    broken.addAll(List.of("b", "c", "d"));
    put(80, "a", "b", "c", "d");
    advance(5);
    assertThat(seen).hasSize(20);
    assertThat(letters).hasSize(60);
    assertThat(entered()).hasSize(60);

    broken.clear();
    var order = redrive(ALL, Optional.empty());

    assertThat(order).isPresent();
    assertThat(seen).hasSize(80).doesNotHaveDuplicates();
    assertThat(numbersByKey()).hasSize(4);
    assertThat(numbersByKey().values())
        .allSatisfy(numbers -> assertThat(numbers).hasSize(20).isSorted());
    assertThat(entered()).isEmpty();
    assertThat(redriven).hasSize(60);

    assertThat(redrive(ALL, Optional.empty())).as("nothing is ordered").isEmpty();
    assertThat(seen).hasSize(80);
  }

  @Test
  void an_order_counts_for_the_next_worker_and_plays_nothing_twice() {
    var first = start("w1");
    broken.add("b");
    put(20, "a", "b");
    advance(5);
    var stopped = first.stop();
    advance(5);
    assertThat(stopped.toCompletableFuture()).isDone();

    broken.clear();
    assertThat(redrive(ALL, Optional.empty())).isPresent();
    assertThat(seen).hasSize(10);

    var second = start("w2");
    advance(15);
    assertThat(seen).hasSize(20).doesNotHaveDuplicates();
    assertThat(entered()).isEmpty();

    broken.add("a");
    put(20, "a", "b");
    advance(5);
    broken.clear();
    second.crash();
    start("w3");
    advance(30);
    assertThat(entered()).as("failed after the order was given").hasSize(10);
  }

  @Test
  void what_fails_again_stays_a_letter_and_is_played_by_the_next_order_only() {
    start("w1");
    broken.addAll(List.of("b", "c"));
    put(30, "a", "b", "c");
    advance(5);
    broken.remove("b");

    redrive(ALL, Optional.empty());

    assertThat(seen).hasSize(20);
    assertThat(entered()).hasSize(10).allMatch(letter -> letter.key().equals("c"));
    assertThat(entered()).allMatch(letter -> letter.attempts() == 2);
    assertThat(redriven).hasSize(20);

    broken.clear();
    advance(60);
    assertThat(entered()).hasSize(10);
    redrive(ALL, Optional.empty());
    assertThat(entered()).isEmpty();
    assertThat(numbersByKey().get("c")).hasSize(10).isSorted();
  }

  @Test
  void filters_pick_letters_by_key_code_and_time_and_a_look_changes_nothing() {
    start("w1");
    broken.addAll(List.of("b", "c"));
    put(30, "a", "b", "c");
    var unused = in.sink().put(List.of(new StreamSink.Entry("a", "bad".getBytes(UTF_8))));
    advance(5);
    var between = loop.now();
    advance(1);
    put(3, "a", "b", "c");
    advance(5);
    broken.clear();

    var target = Operations.Target.of("echo");
    assertThat(done(redrives().look(target, ALL)).letters()).hasSize(23);
    assertThat(entered()).hasSize(23);
    var undecodable =
        new Order.Deed.Redrive(Optional.of("Undecodable"), Optional.empty(), Optional.empty(), 0);
    assertThat(done(redrives().look(target, undecodable)).letters()).hasSize(1);
    var late = new Order.Deed.Redrive(Optional.empty(), Optional.of(between), Optional.empty(), 0);
    assertThat(done(redrives().look(target, late)).letters()).hasSize(2);

    redrive(ALL, Optional.of("b"));
    assertThat(entered()).hasSize(12).noneMatch(letter -> letter.key().equals("b"));
    redrive(late, Optional.empty());
    assertThat(entered()).hasSize(11);
    redrive(ALL, Optional.empty());
    assertThat(entered()).extracting(Letter::code).containsExactly("Undecodable");
  }

  @Test
  void a_rate_holds() {
    start("w1");
    broken.addAll(List.of("b", "c", "d", "e"));
    put(40, "b", "c", "d", "e");
    advance(5);
    assertThat(entered()).hasSize(40);
    broken.clear();
    var slow = new Order.Deed.Redrive(Optional.empty(), Optional.empty(), Optional.empty(), 1);

    redrive(slow, Optional.empty());

    assertThat(seen).as("two shards, 10 s, and a little to begin").hasSizeBetween(10, 20);
    advance(60);
    assertThat(seen).hasSize(40).doesNotHaveDuplicates();
  }

  @Test
  void letters_of_a_parent_are_played_by_the_children_that_own_their_keys() {
    start("w1");
    var keys = new String[20];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = "k" + i;
    }
    broken.addAll(List.of(keys));
    put(100, keys);
    advance(5);
    assertThat(entered()).hasSize(100);
    for (var shard : in.openShards()) {
      in.split(shard.id());
    }
    advance(10);
    put(100, keys);
    advance(10);
    assertThat(entered()).hasSize(200);

    broken.clear();
    redrive(ALL, Optional.empty());

    assertThat(seen).hasSize(200).doesNotHaveDuplicates();
    assertThat(numbersByKey().values())
        .allSatisfy(numbers -> assertThat(numbers).hasSize(10).isSorted());
    assertThat(entered()).isEmpty();
    assertThat(redriven.stream().map(FunctionEvent.Redriven::shard).distinct()).hasSize(4);
  }

  @Test
  void a_letter_whose_record_is_handled_well_by_the_next_owner_counts_no_more() {
    commits = Duration.ofHours(1);
    var first = start("w1");
    broken.add("b");
    put(20, "a", "b");
    advance(5);
    assertThat(entered()).hasSize(10);
    first.crash();

    broken.clear();
    commits = Duration.ofSeconds(1);
    start("w2");
    advance(30);

    assertThat(seen.stream().distinct()).hasSize(20);
    assertThat(numbersByKey().get("b")).hasSize(10).isSorted();
    assertThat(entered()).isEmpty();
  }

  @Test
  void a_hundred_crashes_and_a_sink_that_fails_half_of_its_writes_lose_nothing() {
    sinkFails = true;
    broken.addAll(List.of("b", "c"));
    var running = start("w0");
    for (int crash = 1; crash <= 100; crash++) {
      put(6, "a", "b", "c");
      loop.advance(Duration.ofMillis(5_000 + random.nextInt(5_000)));
      running.crash();
      running = start("w" + crash);
    }
    advance(120);

    assertThat(running.health().reasons()).isEmpty();
    assertThat(Set.copyOf(seen)).hasSize(200).allMatch(value -> value.startsWith("a"));
    assertThat(entered()).hasSize(400);
    var inSink = new HashSet<String>();
    letters.forEach(letter -> inSink.add(letter.id()));
    assertThat(entered())
        .as("what counts lies in the sink")
        .allMatch(
            letter ->
                inSink.contains(
                    Decoder.id(letter.id().place().shard(), letter.id().position()).toString()));

    broken.clear();
    redrive(ALL, Optional.empty());
    advance(60);
    assertThat(entered()).isEmpty();
    assertThat(Set.copyOf(seen)).hasSize(600);
    for (var key : List.of("b", "c")) {
      assertThat(numbersByKey().get(key)).hasSize(200).isSorted().doesNotHaveDuplicates();
    }
  }

  @Test
  void crashes_between_a_redrive_and_its_commit_change_state_once() {
    for (int round = 0; round < 40; round++) {
      long seed = random.nextLong();
      redriveWithCrashes(seed);
    }
  }

  private void redriveWithCrashes(long seed) {
    loop = new SimulatedLoop(seed);
    random = new SplittableRandom(seed);
    streams = new InMemoryStreams("kinesis");
    leases = new InMemoryLeaseTable();
    checkpoints = new InMemoryCheckpointStore();
    chunks = new InMemoryChunkStore();
    in = streams.create("in", 2, loop);
    put = 0;
    spec = remembering(seed % 2 == 0 ? KeyAfterLetter.GO_ON : KeyAfterLetter.WAIT_FOR_REDRIVE);
    var running = start("w0");
    broken.addAll(List.of("b", "c"));
    put(60, "a", "b", "c");
    advance(5);
    broken.clear();
    var given = redrives().redrive(Operations.Target.of("echo"), ALL, "the bug is fixed");
    for (int crash = 1; crash <= 3; crash++) {
      loop.advance(Duration.ofMillis(500 + random.nextInt(5_000)));
      running.crash();
      running = start("w" + crash);
      loop.advance(Duration.ofMillis(8_000 + random.nextInt(4_000)));
    }
    advance(30);

    assertThat(given.toCompletableFuture().join()).as("seed %s", seed).isPresent();
    assertThat(entered()).as("seed %s", seed).isEmpty();
    for (var key : List.of("a", "b", "c")) {
      assertThat(state(running, key))
          .as("seed %s, key %s", seed, key)
          .hasSize(20)
          .isSorted()
          .doesNotHaveDuplicates();
    }
  }

  private List<Integer> state(FunctionRuntime.Running running, String key) {
    var state = String.valueOf(running.stateOf("echo", key, key).orElseThrow());
    var numbers = new ArrayList<Integer>();
    for (var word : state.trim().split(" ")) {
      numbers.add(Integer.parseInt(word));
    }
    return numbers;
  }

  private FunctionSpec<String, String> remembering(KeyAfterLetter choice) {
    return FunctionSpec.named("echo")
        .reading(Rig.input())
        .retrying(RetryPolicy.upTo(0).thenLaterRecordsOfTheKey(choice))
        .keyedBy(Keys.partitionKey(), new Texts())
        .handledBy(() -> new Remembering(), Destination.nowhere());
  }

  @Test
  void a_key_that_waits_gets_nothing_out_of_order_though_records_come_while_it_is_played() {
    spec = remembering(KeyAfterLetter.WAIT_FOR_REDRIVE);
    var first = start("w1");
    put(10, "a", "b");
    advance(5);
    broken.add("b");
    put(2, "a", "b");
    advance(2);
    broken.clear();
    put(10, "a", "b");
    advance(5);
    first.crash();
    var running = start("w2");
    advance(20);
    put(10, "a", "b");
    advance(5);

    assertThat(state(running, "a")).hasSize(16);
    assertThat(state(running, "b")).as("the bug is gone, and yet the key waits").hasSize(5);
    assertThat(entered().stream().map(Letter::code))
        .hasSize(11)
        .containsOnly("RetryAttemptsExhausted", "KeyWaits");

    var given = redrives().redrive(Operations.Target.of("echo"), ALL, "the bug is fixed");
    for (int i = 0; i < 50; i++) {
      put(2, "a", "b");
      loop.advance(Duration.ofMillis(100));
    }
    advance(20);
    put(2, "a", "b");
    advance(5);

    assertThat(given.toCompletableFuture().join()).isPresent();
    assertThat(entered()).isEmpty();
    assertThat(state(running, "a")).hasSize(67).isSorted().doesNotHaveDuplicates();
    assertThat(state(running, "b")).hasSize(67).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void a_letter_of_a_waiting_key_that_fails_again_holds_up_the_ones_behind_it() {
    spec = remembering(KeyAfterLetter.WAIT_FOR_REDRIVE);
    start("w1");
    broken.add("b");
    put(10, "b");
    advance(5);
    assertThat(entered()).hasSize(10);

    redrive(ALL, Optional.empty());

    assertThat(redriven).as("the first, and no more").hasSize(1);
    assertThat(entered()).hasSize(10);
    broken.clear();
    redrive(ALL, Optional.empty());
    assertThat(entered()).isEmpty();
  }

  @Test
  void windows_and_batches_let_no_key_wait() {
    var waiting = RetryPolicy.upTo(0).thenLaterRecordsOfTheKey(KeyAfterLetter.WAIT_FOR_REDRIVE);

    assertThatThrownBy(
            () ->
                Rig.reading()
                    .retrying(waiting)
                    .handledInBatchesBy(() -> batch -> {}, Destination.nowhere()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("thenLaterRecordsOfTheKey WAIT_FOR_REDRIVE");
  }

  /** Keeps the number of each record in the state of its key. */
  private final class Remembering implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      refuseBroken(event);
      return Next.state(state + event.value().substring(event.partitionKey().length()));
    }
  }

  @Test
  void a_letter_that_is_played_again_keeps_the_name_of_its_record() {
    var ids = new LinkedHashMap<String, EventId>();
    spec =
        FunctionSpec.named("echo")
            .reading(Rig.input())
            .retrying(RetryPolicy.upTo(0))
            .handledBy(
                () ->
                    (event, out) -> {
                      var before = ids.put(event.value(), event.id());
                      assertThat(before == null || before.equals(event.id())).isTrue();
                      refuseBroken(event);
                    },
                Destination.nowhere());
    start("w1");
    broken.add("b");
    put(10, "b");
    advance(5);
    in.openShards().forEach(shard -> in.split(shard.id()));
    advance(10);
    broken.clear();

    redrive(ALL, Optional.empty());

    assertThat(entered()).isEmpty();
    assertThat(ids).hasSize(10);
  }
}
