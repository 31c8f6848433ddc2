package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole workers on a simulated loop: streams, leases, progress, state and functions together. */
class FunctionRuntimeTest implements OutputTap {
  /** More than rides in the commit itself. */
  /** However short it is when packed, so much never rides in a commit. */
  private static final String NOT_SMALL = "1".repeat(9_000);

  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final SplittableRandom random = new SplittableRandom(1);
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final InMemoryStream in = streams.create("in", 2, loop);
  private final Map<String, Object> outputs = new LinkedHashMap<>();
  private final List<DeadLetter> letters = new ArrayList<>();
  private final List<Object> events = new ArrayList<>();

  @Override
  public void output(String function, @Nullable Side<?> side, String id, Object value) {
    var before = outputs.put(function + " " + id, value);
    assertThat(before == null || before.equals(value)).as("%s contradicts itself", id).isTrue();
  }

  @Override
  public void deadLetter(DeadLetter letter) {
    letters.add(letter);
  }

  private FunctionRuntime runtime(String worker) {
    return FunctionRuntime.named("app")
        .workerId(worker)
        .on(loop, loop, loop, random)
        .leasesIn(leases)
        .checkpointsIn(checkpoints)
        .stateIn(chunks)
        .connecting(streams)
        .committingEvery(Duration.ofSeconds(1))
        .leaseTime(Duration.ofSeconds(5))
        .tappedBy(this)
        .observedBy(
            new RuntimeListener() {
              @Override
              public void on(Object event) {
                events.add(event);
              }
            });
  }

  private static FunctionSpec<String, String> appending() {
    return FunctionSpec.named("appending")
        .reading(Rig.input())
        .keyedBy(Keys.partitionKey(), new Texts())
        .handledBy(KeyedHandlerTest.Appending::new, Destination.nowhere());
  }

  private void put(String key, String value) {
    var unused = in.sink().put(List.of(new StreamSink.Entry(key, value.getBytes(UTF_8))));
  }

  private void advance(int seconds) {
    loop.advance(Duration.ofSeconds(seconds));
  }

  @Test
  void a_function_runs_from_stream_to_output() {
    var spec =
        FunctionSpec.named("echo")
            .reading(Rig.input())
            .handledBy(
                () -> (event, out) -> out.send(event.value() + "!"),
                Destination.stream("out", new Texts(), value -> value));
    streams.create("out", 1, loop);
    var running =
        FunctionRuntime.named("app")
            .on(loop, loop, loop, random)
            .leasesIn(leases)
            .checkpointsIn(checkpoints)
            .connecting(streams)
            .run(spec)
            .run(
                FunctionSpec.named("second")
                    .reading(Input.of(StreamSource.kinesis("out"), new Texts()))
                    .handledBy(
                        () -> (event, out) -> outputs.put(event.value(), event.value()),
                        Destination.<String>nowhere()))
            .start();
    assertThat(running.health().ready()).isFalse();
    assertThat(running.health().reasons()).isNotEmpty();
    put("a", "hello");
    put("b", "there");
    advance(10);
    assertThat(running.health()).isEqualTo(new Health(true, true, List.of()));
    assertThat(outputs).containsOnlyKeys("hello!", "there!");
    var stopped = running.stop().toCompletableFuture();
    advance(30);
    assertThat(stopped).isCompleted();
  }

  @Test
  void outputs_in_an_envelope_carry_their_id_and_the_trace_of_what_caused_them() {
    streams.create("out", 1, loop);
    var seen = new ArrayList<Map<String, String>>();
    var running =
        FunctionRuntime.named("app")
            .on(loop, loop, loop, random)
            .leasesIn(leases)
            .checkpointsIn(checkpoints)
            .connecting(streams)
            .run(
                FunctionSpec.named("echo")
                    .reading(Rig.input())
                    .handledBy(
                        () ->
                            (event, out) -> {
                              out.send(event.value() + "!");
                              out.send(event.value() + "?");
                            },
                        Destination.stream("out", new Texts(), value -> value)
                            .envelope(Destination.Envelope.KPL_TAGS)))
            .run(
                FunctionSpec.named("second")
                    .reading(Input.of(StreamSource.kinesis("out"), new Texts()))
                    .handledBy(
                        () -> (event, out) -> seen.add(event.headers()),
                        Destination.<String>nowhere()))
            .start();
    advance(5);
    var trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    var headers = Map.of("traceparent", trace, "private", "stays");
    var put = in.sink().put(List.of(new StreamSink.Entry("a", "hello".getBytes(UTF_8), headers)));
    advance(10);

    var cause = put.toCompletableFuture().join().get(0);
    assertThat(seen)
        .hasSize(2)
        .allSatisfy(
            found ->
                assertThat(found)
                    .containsOnlyKeys(StreamSink.Entry.ID, "traceparent")
                    .containsEntry("traceparent", trace));
    assertThat(seen)
        .extracting(found -> found.get(StreamSink.Entry.ID))
        .allSatisfy(id -> assertThat(id).contains(cause.position().sequence().value()))
        .doesNotHaveDuplicates();
    var stopped = running.stop().toCompletableFuture();
    advance(30);
    assertThat(stopped).isCompleted();
  }

  @Test
  void only_outputs_to_streams_have_an_envelope() {
    assertThatThrownBy(() -> Destination.<String>nowhere().envelope(Destination.Envelope.KPL_TAGS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("KPL_TAGS");
  }

  @Test
  void state_goes_on_with_the_next_worker_after_an_orderly_stop_and_after_a_crash() {
    var first = runtime("one").run(appending()).start();
    advance(5);
    for (int i = 0; i < 10; i++) {
      put("k" + i, "1");
    }
    advance(5);
    assertThat(first.stateOf("appending", "k3", "k3")).contains("k3:1");
    first.close();
    advance(5);
    assertThat(first.stateOf("appending", "k3", "k3")).isEmpty();

    var second = runtime("two").run(appending()).start();
    advance(10);
    for (int i = 0; i < 10; i++) {
      put("k" + i, "2");
    }
    loop.advance(Duration.ofMillis(300));
    second.crash();
    var third = runtime("three").run(appending()).start();
    advance(20);
    for (int i = 0; i < 10; i++) {
      put("k" + i, "3");
    }
    advance(5);
    for (int i = 0; i < 10; i++) {
      assertThat(outputs.values()).contains("k" + i + ":123");
      assertThat(third.stateOf("appending", "k" + i, "k" + i)).contains("k" + i + ":123");
    }
    third.close();
    advance(5);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void two_workers_of_whom_one_keeps_crashing_give_the_state_of_a_fold(long seed) {
    var chance = new SplittableRandom(seed);
    var steady = runtime("steady").run(appending()).start();
    Map<String, String> expected = new HashMap<>();
    for (int round = 0; round < 4; round++) {
      var other = runtime("other").run(appending()).start();
      int puts = chance.nextInt(60);
      for (int i = 0; i < puts; i++) {
        var key = "k" + chance.nextInt(12);
        var value = round + "-" + i + ";";
        put(key, value);
        expected.merge(key, key + ":" + value, (before, first) -> before + value);
        loop.advance(Duration.ofMillis(chance.nextInt(300)));
      }
      other.crash();
      advance(chance.nextInt(15));
    }
    advance(30);
    expected.forEach(
        (key, state) ->
            assertThat(steady.stateOf("appending", key, key))
                .as("seed %s, %s", seed, key)
                .contains(state));
    steady.close();
    advance(5);
  }

  @Test
  void windows_close_by_the_end_of_a_bounded_input_in_every_shard() {
    var running =
        runtime("one")
            .run(
                FunctionSpec.named("counts")
                    .reading(
                        Rig.input()
                            .timedBy(value -> Instant.ofEpochSecond(Long.parseLong(value)))
                            .endedBy("END"::equals))
                    .windowedBy(
                        Keys.partitionKey(), Windows.tumbling(Duration.ofMinutes(1)), new Texts())
                    .handledBy(Counting::new, Destination.nowhere()))
            .start();
    advance(5);
    for (int second = 0; second < 150; second++) {
      put("k" + second % 4, Integer.toString(second));
    }
    advance(5);
    for (var shard : in.shards().toCompletableFuture().join()) {
      for (int i = 0; ; i++) {
        if (shard.range().holds("end" + i)) {
          put("end" + i, "END");
          break;
        }
      }
    }
    advance(10);
    assertThat(outputs.values())
        .hasSize(12)
        .contains("k0 0 15", "k3 60 15", "k0 120 8", "k3 120 7");
    assertThat(events).filteredOn(FunctionEvent.WindowClosed.class::isInstance).hasSize(12);
    running.close();
    advance(5);
  }

  private static final class Counting implements WindowFunction<String, String, String> {
    @Override
    public String empty() {
      return "0";
    }

    @Override
    public String add(String sum, Event<String> event) {
      return Integer.toString(Integer.parseInt(sum) + 1);
    }

    @Override
    public String merge(String left, String right) {
      return Integer.toString(Integer.parseInt(left) + Integer.parseInt(right));
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      out.send(window.key() + " " + window.start().getEpochSecond() + " " + sum);
    }
  }

  @Test
  void state_follows_its_keys_through_a_split() {
    var running = runtime("one").run(appending()).start();
    advance(5);
    for (int i = 0; i < 20; i++) {
      put("k" + i, "1");
    }
    advance(5);
    var first = in.shards().toCompletableFuture().join().get(0);
    in.split(first.id());
    for (int i = 0; i < 20; i++) {
      put("k" + i, "2");
    }
    advance(20);
    for (int i = 0; i < 20; i++) {
      assertThat(running.stateOf("appending", "k" + i, "k" + i)).contains("k" + i + ":12");
    }
    assertThat(events).filteredOn(WorkerEvent.ShardEnded.class::isInstance).isNotEmpty();
    running.close();
    advance(5);
  }

  @Test
  void a_listener_that_throws_breaks_nothing() {
    var running =
        runtime("one")
            .observedBy(
                new RuntimeListener() {
                  @Override
                  public void on(Object event) {
                    throw new IllegalStateException("by the listener");
                  }
                })
            .run(appending())
            .start();
    put("a", "1");
    advance(10);
    assertThat(outputs.values()).containsExactly("a:1");
    running.close();
    advance(5);
  }

  @Test
  void a_state_that_can_not_be_read_is_told_by_health_and_nothing_is_skipped() {
    var first = runtime("one").run(appending()).start();
    put("a", NOT_SMALL);
    advance(10);
    first.close();
    advance(5);
    var second = runtime("two").stateIn(new InMemoryChunkStore()).run(appending()).start();
    put("a", "2");
    advance(20);
    assertThat(second.health().reasons())
        .anySatisfy(reason -> assertThat(reason).contains("shard in@").contains("missing"));
    assertThat(outputs.values()).containsExactly("a:" + NOT_SMALL);
    second.close();
    advance(5);
    var third = runtime("three").run(appending()).start();
    advance(20);
    assertThat(outputs.values()).containsExactly("a:" + NOT_SMALL, "a:" + NOT_SMALL + "2");
    third.close();
    advance(5);
  }

  @Test
  void a_dependency_that_is_down_is_told_by_health_until_it_has_answered() {
    var down = new AtomicBoolean(true);
    RecordFunction<String, String> function =
        (event, out) -> {
          if (down.get()) {
            throw new Unavailable("crm", Duration.ofSeconds(3), null);
          }
        };
    var running =
        runtime("one")
            .run(
                FunctionSpec.named("asking")
                    .reading(Rig.input())
                    .handledBy(() -> function, Destination.<String>nowhere()))
            .start();
    put("a", "1");
    advance(10);
    assertThat(running.health().ready()).isTrue();
    assertThat(running.health().reasons())
        .singleElement()
        .asString()
        .contains("function asking: crm is unavailable");
    assertThat(running.outages()).extracting(FunctionOutage::function).containsExactly("asking");

    down.set(false);
    advance(4);
    assertThat(running.health().reasons()).isEmpty();
    assertThat(running.outages()).isEmpty();
    running.close();
    advance(5);
  }

  @Test
  void a_trouble_of_one_function_is_told_while_another_reads_on_and_until_it_is_over() {
    var first = runtime("one").run(appending()).start();
    put("a", NOT_SMALL);
    advance(10);
    first.close();
    advance(5);
    var echo =
        FunctionSpec.named("echo")
            .reading(Rig.input())
            .handledBy(
                () -> (event, out) -> out.send(event.value()), Destination.<String>nowhere());
    var second =
        runtime("two").stateIn(new InMemoryChunkStore()).run(appending()).run(echo).start();
    for (int i = 0; i < 20; i++) {
      put("a", "2");
      advance(1);
      assertThat(i < 8 || second.health().reasons().toString().contains("function appending"))
          .as("after %s s: %s", i, second.health())
          .isTrue();
    }
    assertThat(second.health().reasons())
        .anySatisfy(reason -> assertThat(reason).contains("restore").contains("durable store"));
    second.close();
    advance(5);
    assertThat(second.health().reasons()).containsExactly("the worker is stopping");
    var third = runtime("three").run(appending()).run(echo).start();
    advance(20);
    assertThat(third.health().reasons()).isEmpty();
    third.close();
    advance(5);
  }

  @Test
  void an_error_of_the_virtual_machine_is_the_end_of_the_worker_and_health_says_so() {
    var running =
        runtime("one")
            .run(
                FunctionSpec.named("greedy")
                    .reading(Rig.input())
                    .handledBy(
                        () ->
                            (event, out) -> {
                              throw new OutOfMemoryError("no more");
                            },
                        Destination.<String>nowhere()))
            .start();
    put("a", "1");
    advance(10);
    var health = running.health();
    assertThat(health.alive()).isFalse();
    assertThat(health.ready()).isFalse();
    assertThat(health.reasons().get(0)).contains("OutOfMemoryError").contains("restart");
    assertThat(events)
        .as("the worker leaves by itself and takes no shard anew")
        .filteredOn(WorkerEvent.ShardFailed.class::isInstance)
        .hasSize(1);
    advance(10);
    assertThat(events).filteredOn(WorkerEvent.ShardFailed.class::isInstance).hasSize(1);
    assertThat(running.stop().toCompletableFuture()).isCompleted();
    assertThat(running.health()).isEqualTo(health);
  }

  @Test
  void a_worker_whose_id_another_process_took_stops_and_health_names_the_other() {
    var first = runtime("one").run(appending()).start();
    advance(3);
    assertThat(first.health().ready()).isTrue();
    var second = runtime("one").run(appending()).start();
    advance(20);
    assertThat(first.health().alive()).isFalse();
    assertThat(first.health().reasons().get(0)).contains("another process").contains("as one#");
    assertThat(first.stop().toCompletableFuture()).isCompleted();
    assertThat(second.health()).isEqualTo(new Health(true, true, List.of()));
    second.close();
    advance(5);
  }

  @Test
  void what_is_missing_is_named() {
    assertThatThrownBy(() -> FunctionRuntime.named("app").start())
        .hasMessageContaining("application app")
        .hasMessageContaining("run(...)");
    assertThatThrownBy(() -> FunctionRuntime.named("app").run(appending()).start())
        .hasMessageContaining("stateIn");
    assertThatThrownBy(() -> FunctionRuntime.named("app").stateIn(chunks).run(appending()).start())
        .hasMessageContaining("leasesIn");
    assertThatThrownBy(() -> FunctionRuntime.named("app").run(appending()).run(appending()))
        .hasMessageContaining("appending");
    assertThatThrownBy(() -> FunctionRuntime.named("a b")).hasMessageContaining("\"a b\"");
  }

  @Test
  void an_application_that_stops_before_it_joined_is_stopped() {
    var running = runtime("one").run(appending()).start();
    var stopped = running.stop().toCompletableFuture();
    advance(30);
    assertThat(stopped).isCompleted();
    assertThat(running.health().ready()).isFalse();
  }
}
