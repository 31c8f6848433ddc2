package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.ForwardingOperatorStore;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Operators and two workers on a simulated loop. */
class OperationsTest {
  /** A view poll at a lease time of 5 s is a second apart; reading and draining take another. */
  private static final Duration OBEYED = Duration.ofSeconds(3);

  private static final Duration STUCK = Duration.ofSeconds(20);

  private final SimulatedLoop loop = new SimulatedLoop(5);
  private final SplittableRandom random = new SplittableRandom(5);
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final InMemoryStream in = streams.create("in", 1, loop);
  private final List<String> seen = new ArrayList<>();
  private final List<Long> tokens = new ArrayList<>();
  private final List<WorkerEvent.Settled> settled = new ArrayList<>();
  private final List<WorkerEvent.Stalled> stalled = new ArrayList<>();
  private final Set<String> poison = new HashSet<>();
  private int put;

  private FunctionSpec<String, String> spec =
      FunctionSpec.named("echo")
          .reading(Rig.input())
          .handledBy(
              () ->
                  (event, out) -> {
                    if (poison.contains(event.value())) {
                      throw new IllegalStateException("poison");
                    }
                    seen.add(event.value());
                    tokens.add(event.attempt().fencingToken());
                  },
              Destination.nowhere());

  private FunctionSpec<String, String> renamed() {
    return FunctionSpec.named("echo-again")
        .reading(Rig.input())
        .migratesFrom("echo")
        .handledBy(
            () ->
                (event, out) -> {
                  seen.add(event.value());
                  tokens.add(event.attempt().fencingToken());
                },
            Destination.nowhere());
  }

  private FunctionRuntime.Running start(String worker) {
    return FunctionRuntime.named("app")
        .workerId(worker)
        .on(loop, loop, loop, random)
        .leasesIn(leases)
        .checkpointsIn(checkpoints)
        .stateIn(chunks)
        .connecting(streams)
        .committingEvery(Duration.ofSeconds(1))
        .leaseTime(Duration.ofSeconds(5))
        .restartingWhenStuckFor(STUCK, 1)
        .observedBy(
            new RuntimeListener() {
              @Override
              public void on(Object event) {
                if (event instanceof WorkerEvent.Settled one) {
                  settled.add(one);
                } else if (event instanceof WorkerEvent.Stalled one) {
                  stalled.add(one);
                }
              }
            })
        .run(spec)
        .start();
  }

  private Operations operations() {
    return new Operations("app", List.of(spec), leases, checkpoints, loop, random, "ann");
  }

  private <T> T done(CompletionStage<T> stage) {
    loop.runUntilIdle();
    return stage.toCompletableFuture().join();
  }

  private void stop(FunctionRuntime.Running running) {
    var stopped = running.stop();
    loop.advance(Duration.ofSeconds(10));
    assertThat(stopped.toCompletableFuture()).isDone();
  }

  private void put(String key) {
    var value = (key + " " + put++).getBytes(UTF_8);
    var unused = in.sink().put(List.of(new StreamSink.Entry(key, value)));
  }

  private void put(int records, String... keys) {
    for (int i = 0; i < records; i++) {
      put(keys[i % keys.length]);
    }
  }

  private ShardKey shard() {
    return new ShardKey(in.id(), in.shardsNow().get(0).id());
  }

  private Position position(int record) {
    return in.recordsOf(shard().shard()).get(record).position();
  }

  private static Operations.Target echo(Optional<String> shard, Optional<String> key) {
    return new Operations.Target("echo", shard, key);
  }

  private static Operations.Target all() {
    return Operations.Target.of("echo");
  }

  private Operations.Target inShard(Optional<String> key) {
    return echo(Optional.of(shard().shard().value()), key);
  }

  @Test
  void a_paused_function_rests_in_all_workers_also_in_those_that_start_later() {
    var first = start("w1");
    put(10, "a");
    loop.advance(Duration.ofSeconds(5));
    assertThat(seen).hasSize(10);

    done(first.pause("echo", "a look at the database"));
    loop.advance(OBEYED);
    put(10, "a");
    loop.advance(Duration.ofSeconds(20));
    assertThat(seen).hasSize(10);
    assertThat(first.health().reasons()).as("it rests, and is neither stuck nor ill").isEmpty();

    stop(first);
    var second = start("w2");
    loop.advance(Duration.ofSeconds(20));
    assertThat(seen).hasSize(10);

    done(second.resume("echo", "the database is well"));
    loop.advance(OBEYED);
    assertThat(seen).hasSize(20).doesNotHaveDuplicates();
    var order = checkpoints.orders().toCompletableFuture().join().given().get(0);
    assertThat(order.by()).isEqualTo("worker w1");
    assertThat(order.reason()).isEqualTo("a look at the database");
  }

  @Test
  void a_seek_by_a_new_name_moves_what_is_still_kept_under_the_former_one() {
    var first = start("w1");
    put(10, "a");
    loop.advance(Duration.ofSeconds(5));
    stop(first);
    long before = tokens.get(9);

    spec = renamed();
    done(
        operations()
            .seek(
                Operations.Target.of("echo-again"),
                StartingPosition.TRIM_HORIZON,
                false,
                "a bad deploy"));
    start("w2");
    loop.advance(Duration.ofSeconds(20));

    assertThat(seen).hasSize(20);
    assertThat(tokens.subList(10, 20)).allMatch(token -> token > before);
  }

  @Test
  void a_paused_key_waits_in_order_and_the_others_go_on() {
    var running = start("w1");
    loop.advance(Duration.ofSeconds(5));
    done(operations().pause(echo(Optional.empty(), Optional.of("a")), "strange"));
    loop.advance(OBEYED);

    put(60, "a", "b", "c");
    loop.advance(Duration.ofSeconds(5));
    assertThat(seen).hasSize(40).noneMatch(value -> value.startsWith("a"));
    var status = done(running.status()).shards().get(0).functions().get(0);
    assertThat(status.resting()).isEqualTo(20);

    loop.advance(STUCK.multipliedBy(4));
    assertThat(stalled).as("the function owes nothing").isEmpty();

    // A planned stop does not wait for what an operator holds.
    var stopped = running.stop();
    loop.advance(Duration.ofSeconds(2));
    assertThat(stopped.toCompletableFuture()).isDone();
    start("w2");
    loop.advance(Duration.ofSeconds(10));
    assertThat(seen).hasSize(40);

    done(operations().resume(echo(Optional.empty(), Optional.of("a")), "understood"));
    loop.advance(OBEYED);
    assertThat(seen).hasSize(60).doesNotHaveDuplicates();
    assertThat(seen.stream().filter(value -> value.startsWith("a")).toList())
        .isSortedAccordingTo(
            (one, other) ->
                Integer.compare(
                    Integer.parseInt(one.substring(2)), Integer.parseInt(other.substring(2))));
  }

  @Test
  void a_seek_back_repeats_what_lies_behind_it_under_a_higher_token() {
    start("w1");
    put(20, "a", "b");
    loop.advance(Duration.ofSeconds(5));
    assertThat(seen).hasSize(20);

    var sought =
        done(
            operations()
                .seek(inShard(Optional.empty()), after(9), false, "the sink lost the last ten"));
    loop.advance(OBEYED);

    assertThat(sought.moved()).containsExactly(shard());
    assertThat(seen).hasSize(30);
    assertThat(seen.subList(20, 30)).containsExactlyInAnyOrderElementsOf(seen.subList(10, 20));
    assertThat(tokens.get(29)).isGreaterThan(tokens.get(19));
    put(5, "a");
    loop.advance(Duration.ofSeconds(5));
    assertThat(seen).hasSize(35);
  }

  @Test
  void a_seek_forward_while_the_owner_is_in_the_midst_of_its_records_is_never_overwritten() {
    for (int round = 0; round < 20; round++) {
      var running = start("w" + round);
      put(200, "a", "b", "c");
      loop.advance(Duration.ofMillis(3_000 + random.nextInt(3_000)));
      put(200, "a", "b", "c");
      loop.advance(Duration.ofMillis(random.nextInt(500)));

      done(operations().seek(all(), StartingPosition.at(loop.now()), false, "too old"));
      loop.advance(OBEYED);
      var before = Set.copyOf(seen);
      put(30, "a", "b");
      loop.advance(Duration.ofSeconds(5));

      assertThat(seen.stream().filter(value -> !before.contains(value)).collect(Collectors.toSet()))
          .as("round %d", round)
          .hasSize(30);
      stop(running);
    }
  }

  @Test
  void a_seek_while_nobody_runs_counts_when_somebody_does() {
    var first = start("w1");
    put(20, "a", "b");
    loop.advance(Duration.ofSeconds(5));
    stop(first);

    done(operations().seek(all(), StartingPosition.TRIM_HORIZON, false, "all of it again"));
    start("w2");
    loop.advance(Duration.ofSeconds(10));

    assertThat(seen).hasSize(40);
  }

  @Test
  void a_seek_reaches_an_idle_worker_that_began_anew_between_the_order_and_the_move() {
    start("w1");
    put(20, "a", "b");
    loop.advance(Duration.ofSeconds(5));
    var slow = new SlowToMove(checkpoints, loop);
    var operator = new Operations("app", List.of(spec), leases, slow, loop, random, "ann");

    var sought = operator.seek(all(), StartingPosition.TRIM_HORIZON, false, "all of it again");
    loop.runUntilIdle();
    done(operations().pause(echo(Optional.empty(), Optional.of("z")), "another operator's"));
    loop.advance(OBEYED);
    assertThat(seen).as("it began anew where it was").hasSize(20);
    loop.advance(SlowToMove.TAKES.plus(OBEYED));

    assertThat(sought.toCompletableFuture()).isDone();
    assertThat(seen).hasSize(40);
  }

  /** An operator whose way to the table is slow. */
  private static final class SlowToMove extends ForwardingOperatorStore {
    static final Duration TAKES = Duration.ofSeconds(20);
    private final SimulatedLoop loop;

    SlowToMove(OperatorStore store, SimulatedLoop loop) {
      super(store);
      this.loop = loop;
    }

    @Override
    public CompletionStage<Boolean> move(ProgressRow seen, StartingPosition to, long order) {
      var moved = new CompletableFuture<Boolean>();
      var unused =
          loop.schedule(TAKES, () -> super.move(seen, to, order).thenAccept(moved::complete));
      return moved;
    }
  }

  @Test
  void a_function_that_ended_a_shard_while_it_was_being_moved_is_told_so() {
    start("w1");
    put(4, "a");
    loop.advance(Duration.ofSeconds(5));
    var parent = shard();
    var slow = new SlowToMove(checkpoints, loop);
    var operator = new Operations("app", List.of(spec), leases, slow, loop, random, "ann");

    var sought = operator.seek(all(), StartingPosition.TRIM_HORIZON, false, "again");
    in.split(parent.shard());
    loop.advance(SlowToMove.TAKES.plus(OBEYED));

    assertThat(sought.toCompletableFuture().join().ended()).containsExactly(parent);
    assertThat(sought.toCompletableFuture().join().moved()).isEmpty();
    assertThat(seen).hasSize(4);
  }

  @Test
  void a_gate_passes_everything_on_that_a_handler_may_be_asked() throws Exception {
    for (var method : ShardHandler.class.getDeclaredMethods()) {
      if (!Modifier.isStatic(method.getModifiers())) {
        for (var gate :
            List.of(OperatorGate.class, MisroutedGate.class, FilterGate.class, LetterGate.class)) {
          var answering = gate.getMethod(method.getName(), method.getParameterTypes());
          assertThat(answering.getDeclaringClass())
              .as("%s, where a handler's own default answers", answering)
              .isNotEqualTo(ShardHandler.class);
        }
      }
    }
  }

  @Test
  void a_record_that_fails_for_ever_is_skipped_and_counted_as_that() {
    poison.add("a 4");
    start("w1");
    put(20, "a", "b");
    loop.advance(Duration.ofSeconds(5));
    assertThat(seen).as("its key waits").hasSize(12);

    done(operations().skip(inShard(Optional.empty()), position(4), "known bad"));
    loop.advance(OBEYED.plusSeconds(2));

    assertThat(seen).hasSize(19).doesNotHaveDuplicates();
    assertBalanced(20, 1);
  }

  @Test
  void a_key_is_skipped_up_to_a_position_and_not_beyond() {
    poison.addAll(List.of("a 0", "a 4"));
    start("w1");
    put(20, "a", "b");
    loop.advance(Duration.ofSeconds(5));

    done(operations().skip(inShard(Optional.of("a")), position(10), "a customer who has left"));
    loop.advance(OBEYED.plusSeconds(2));

    assertThat(seen).hasSize(14).contains("a 12").doesNotContain("a 10");
    assertBalanced(20, 6);
  }

  private void assertBalanced(int all, int skipped) {
    assertThat(settled).extracting(WorkerEvent.Settled::position).doesNotHaveDuplicates();
    assertThat(settled).hasSize(all);
    assertThat(settled.stream().filter(one -> one.outcome() == Outcome.SKIPPED)).hasSize(skipped);
  }

  private StartingPosition after(int record) {
    return StartingPosition.after(position(record));
  }

  @Test
  void what_makes_no_sense_is_refused_by_name_and_nothing_is_ordered() {
    start("w1");
    put(2, "a");
    loop.advance(Duration.ofSeconds(5));
    var operations = operations();

    refused("function ech", () -> operations.pause(Operations.Target.of("ech"), "x"));
    refused(
        "there is no lease of that name",
        () -> operations.pause(echo(Optional.of("shard-9"), Optional.empty()), "x"));
    refused("nothing of that is paused", () -> operations.resume(all(), "x"));
    refused("name the shard", () -> operations.skip(all(), position(0), "x"));
    refused("name the shard", () -> operations.seek(all(), after(0), false, "x"));
    var tomorrow = StartingPosition.at(loop.now().plus(Duration.ofDays(1)));
    refused("lies in the future", () -> operations.seek(all(), tomorrow, false, "x"));
    refused("key: is empty", () -> operations.pause(echo(Optional.empty(), Optional.of("")), "x"));
    refused("reason: must be 1 to 500 characters", () -> operations.pause(all(), " "));
    assertThat(checkpoints.orders().toCompletableFuture().join().given()).isEmpty();
  }

  @Test
  void a_seek_of_a_function_with_state_demands_that_the_state_is_dropped() {
    spec =
        FunctionSpec.named("echo")
            .reading(Rig.input())
            .keyedBy(Keys.partitionKey(), new Texts())
            .handledBy(KeyedHandlerTest.Appending::new, Destination.nowhere());
    var running = start("w1");
    put(2, "a");
    loop.advance(Duration.ofSeconds(5));
    assertThat(running.stateOf("echo", "a", "a")).contains("a:a 0a 1");

    refused(
        "say --state empty",
        () -> operations().seek(all(), StartingPosition.TRIM_HORIZON, false, "x"));
    done(operations().seek(inShard(Optional.empty()), after(0), true, "once more"));
    loop.advance(OBEYED);

    assertThat(running.stateOf("echo", "a", "a")).contains("a:a 1");
  }

  private void refused(String message, Supplier<CompletionStage<?>> deed) {
    assertThatThrownBy(() -> done(deed.get())).hasMessageContaining(message);
  }
}
