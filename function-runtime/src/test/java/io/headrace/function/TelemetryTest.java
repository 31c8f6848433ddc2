package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.helpers.BasicMDCAdapter;
import org.slf4j.helpers.NOPMDCAdapter;

/** What stands around calls of user code: names in logs, traces, observers. */
class TelemetryTest {
  private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryStream in = streams.create("in", 1, loop);
  private final BasicMDCAdapter mdc = new BasicMDCAdapter();
  private final List<Map<String, String>> seen = new ArrayList<>();
  private final List<Object> events = new ArrayList<>();
  private Executor pool = loop;
  private CallObserver observer = CallObserver.NONE;

  private FunctionRuntime.Running run(FunctionSpec<?, ?>... specs) {
    var runtime =
        FunctionRuntime.named("app")
            .on(loop, loop, pool, new SplittableRandom(1))
            .leasesIn(new InMemoryLeaseTable())
            .checkpointsIn(new InMemoryCheckpointStore())
            .stateIn(new InMemoryChunkStore())
            .connecting(streams)
            .callsObservedBy(observer)
            .observedBy(
                new RuntimeListener() {
                  @Override
                  public void on(Object event) {
                    events.add(event);
                  }
                });
    runtime.logs = LogContext.in("app", mdc);
    for (var spec : specs) {
      runtime.run(spec);
    }
    var running = runtime.start();
    advance(5);
    return running;
  }

  private void put(String key, String value, Map<String, String> headers) {
    var unused = in.sink().put(List.of(new StreamSink.Entry(key, value.getBytes(UTF_8), headers)));
  }

  private void advance(int seconds) {
    loop.advance(Duration.ofSeconds(seconds));
  }

  private void look() {
    var now = mdc.getCopyOfContextMap();
    seen.add(now == null ? Map.of() : new HashMap<>(now));
  }

  private static FunctionSpec.Reading<String> reading(String name) {
    return FunctionSpec.named(name).reading(Rig.input());
  }

  @Test
  void a_thread_names_the_record_while_user_code_runs_and_is_as_before_afterwards() {
    var unused =
        run(
            reading("watch")
                .handledBy(() -> (event, out) -> look(), Destination.<String>nowhere()));
    mdc.put("function", "mine");
    mdc.put("tenant", "t1");

    put("secret-key", "hello", Map.of("traceparent", TRACE));
    advance(5);

    var position = in.recordsOf(in.shardsNow().get(0).id()).get(0).position();
    assertThat(seen).hasSize(1);
    assertThat(seen.get(0))
        .containsEntry("application", "app")
        .containsEntry("function", "watch")
        .containsEntry("sequence", position.toString())
        .containsEntry("attempt", "1")
        .containsEntry("traceparent", TRACE)
        .containsEntry("tenant", "t1")
        .hasEntrySatisfying("shard", shard -> assertThat(shard).contains("shardId-000000000000"))
        .hasEntrySatisfying("keyHash", hash -> assertThat(hash).matches("[0-9a-f]{8}"));
    assertThat(seen.get(0).values()).noneMatch(value -> value.contains("secret-key"));
    assertThat(mdc.getCopyOfContextMap()).isEqualTo(Map.of("function", "mine", "tenant", "t1"));
  }

  @Test
  void the_hash_of_a_key_is_the_beginning_of_its_md5() {
    assertThat(LogContext.hash("hello")).isEqualTo("5d41402a");
  }

  @Test
  void each_attempt_and_what_fails_is_named_too() {
    var unused =
        run(
            reading("failing")
                .handledBy(
                    () ->
                        (event, out) -> {
                          look();
                          if (event.attempt().number() == 1) {
                            throw new IllegalStateException("once");
                          }
                        },
                    Destination.<String>nowhere()));

    put("k", "v", Map.of());
    advance(5);

    assertThat(seen).extracting(names -> names.get("attempt")).containsExactly("1", "2");
    assertThat(mdc.getCopyOfContextMap()).isNullOrEmpty();
  }

  @Test
  void asynchronous_functions_batches_and_windows_are_named() {
    var never = new CompletableFuture<Void>();
    var unused =
        run(
            reading("async")
                .handledAsyncBy(
                    () ->
                        (event, out) -> {
                          look();
                          return never;
                        },
                    Destination.<String>nowhere()),
            reading("batch")
                .handledInBatchesBy(() -> batch -> look(), Destination.<String>nowhere()),
            reading("keyed")
                .keyedBy(Keys.partitionKey(), new Texts())
                .handledBy(
                    () ->
                        new KeyedFunction<String, String, String>() {
                          @Override
                          public String initial(String key) {
                            return "";
                          }

                          @Override
                          public Next<String> handle(
                              String state, Event<String> event, Output<String> out) {
                            look();
                            return Next.same();
                          }
                        },
                    Destination.nowhere()));

    put("k", "v", Map.of());
    advance(5);

    assertThat(seen)
        .extracting(names -> names.get("function"))
        .containsExactlyInAnyOrder("async", "batch", "keyed");
    assertThat(seen).allSatisfy(names -> assertThat(names).containsKeys("sequence", "keyHash"));
    assertThat(mdc.getCopyOfContextMap()).isNullOrEmpty();
    never.complete(null);
    advance(5);
  }

  @Test
  void an_executor_carries_names_to_its_thread_and_takes_them_away_again() {
    var tasks = new ArrayList<Runnable>();
    var carrying = LogContext.carriedTo(tasks::add, mdc);
    mdc.put("function", "watch");
    carrying.execute(this::look);
    mdc.clear();
    mdc.put("other", "thread");

    tasks.get(0).run();

    assertThat(seen).containsExactly(Map.of("function", "watch"));
    assertThat(mdc.getCopyOfContextMap()).isEqualTo(Map.of("other", "thread"));
  }

  @Test
  void a_logger_without_a_context_costs_nothing() {
    var logs = LogContext.in("app", new NOPMDCAdapter());

    assertThat(logs.enter("f", "s", null, "k", 1)).isNull();
    logs.leave(null);
  }

  @Test
  void a_malformed_traceparent_is_counted_once_and_passed_on_to_nobody() {
    streams.create("out", 1, loop);
    var headers = new ArrayList<Map<String, String>>();
    var traces = new ArrayList<Object>();
    var unused =
        run(
            reading("echo")
                .handledBy(
                    () ->
                        (event, out) -> {
                          traces.add(event.trace());
                          if (event.attempt().number() == 1) {
                            throw new IllegalStateException("once");
                          }
                          out.send(event.value());
                        },
                    Destination.stream("out", new Texts(), value -> value)
                        .envelope(Destination.Envelope.KPL_TAGS)),
            FunctionSpec.named("second")
                .reading(Input.of(io.headrace.kcl.StreamSource.kinesis("out"), new Texts()))
                .handledBy(
                    () -> (event, out) -> headers.add(event.headers()),
                    Destination.<String>nowhere()));

    put("k", "v", Map.of("traceparent", "00-short-01", "tracestate", "a=1"));
    advance(5);

    assertThat(traces).containsOnly(java.util.Optional.empty());
    assertThat(headers).hasSize(1);
    assertThat(headers.get(0)).containsOnlyKeys(StreamSink.Entry.ID);
    assertThat(events.stream().filter(FunctionEvent.TraceMalformed.class::isInstance)).hasSize(1);
  }

  @Test
  void a_malformed_traceparent_in_a_batch_is_counted() {
    var unused =
        run(reading("batch").handledInBatchesBy(() -> batch -> {}, Destination.<String>nowhere()));

    put("k", "v", Map.of("traceparent", "nonsense"));
    put("l", "w", Map.of("traceparent", TRACE));
    advance(5);

    assertThat(events.stream().filter(FunctionEvent.TraceMalformed.class::isInstance)).hasSize(1);
  }

  @Test
  void an_observer_sees_each_call_from_begin_to_end_once_and_decides_what_outputs_carry() {
    streams.create("out", 1, loop);
    var course = new ArrayList<String>();
    var carried = new ArrayList<Map<String, String>>();
    var other = "00-" + "a".repeat(32) + "-" + "b".repeat(16) + "-01";
    observer =
        call -> {
          course.add(call.function() + " begins " + call.attempt() + " " + call.trace().size());
          return new CallObserver.Observed() {
            @Override
            public void left() {
              course.add(call.function() + " left");
            }

            @Override
            public Map<String, String> passedOn(String to, Map<String, String> trace) {
              course.add(to);
              return Map.of("traceparent", other);
            }

            @Override
            public void ended(@Nullable Throwable failure) {
              course.add(
                  call.function() + " ended " + (failure == null ? "well" : failure.getMessage()));
            }
          };
        };
    var unused =
        run(
            reading("echo")
                .handledBy(
                    () ->
                        (event, out) -> {
                          out.send(event.value());
                          if (event.attempt().number() == 1) {
                            throw new IllegalStateException("once");
                          }
                        },
                    Destination.stream("out", new Texts(), value -> value)
                        .envelope(Destination.Envelope.KPL_TAGS)),
            FunctionSpec.named("second")
                .reading(Input.of(io.headrace.kcl.StreamSource.kinesis("out"), new Texts()))
                .handledBy(
                    () -> (event, out) -> carried.add(event.headers()),
                    Destination.<String>nowhere()));

    put("k", "v", Map.of("traceparent", TRACE));
    advance(5);

    assertThat(course)
        .containsExactly(
            "echo begins 1 1",
            "stream out",
            "echo left",
            "echo ended once",
            "echo begins 2 1",
            "stream out",
            "echo left",
            "echo ended well",
            "second begins 1 1",
            "second left",
            "second ended well");
    assertThat(carried).hasSize(1);
    assertThat(carried.get(0)).containsEntry("traceparent", other);
  }

  @Test
  void a_call_that_is_given_up_has_ended_once() {
    var ends = new LinkedHashMap<Integer, String>();
    observer =
        call ->
            new CallObserver.Observed() {
              @Override
              public void ended(@Nullable Throwable failure) {
                ends.merge(call.attempt(), String.valueOf(failure), (a, b) -> a + " and " + b);
              }
            };
    var never = new CompletableFuture<Void>();
    var running =
        run(
            reading("async")
                .handledAsyncBy(() -> (event, out) -> never, Destination.<String>nowhere()));
    put("k", "v", Map.of());
    advance(5);
    assertThat(ends).isEmpty();

    running.crash();
    advance(5);
    never.complete(null);
    advance(5);

    assertThat(ends).hasSize(1);
    assertThat(ends.get(1)).contains("CancellationException").doesNotContain(" and ");
  }

  @Test
  void an_observer_that_throws_changes_nothing() {
    observer =
        call -> {
          throw new IllegalStateException("broken observer");
        };
    var unused =
        run(
            reading("watch")
                .handledBy(() -> (event, out) -> look(), Destination.<String>nowhere()));

    put("k", "v", Map.of());
    advance(5);

    assertThat(seen).hasSize(1);
  }

  @Test
  @SuppressWarnings("NullAway") // What an author of an observer may write all the same.
  void an_observer_that_answers_null_changes_nothing() {
    assertChangesNothing(call -> null);
  }

  @Test
  void an_observer_that_fails_an_assertion_changes_nothing() {
    assertChangesNothing(
        call -> {
          throw new AssertionError("broken observer");
        });
  }

  @Test
  void an_observer_whose_every_answer_is_wrong_changes_nothing() {
    assertChangesNothing(call -> new Broken());
  }

  private void assertChangesNothing(CallObserver broken) {
    var out = streams.create("out", 1, loop);
    observer = broken;
    var running =
        run(
            reading("watch")
                .handledBy(
                    () ->
                        (event, to) -> {
                          to.send(event.value());
                          look();
                        },
                    Destination.stream("out", new Texts(), value -> value)
                        .envelope(Destination.Envelope.KPL_TAGS)));

    put("k", "v", Map.of("traceparent", TRACE));
    advance(5);

    assertThat(seen).hasSize(1);
    assertThat(out.recordsOf(out.shardsNow().get(0).id())).hasSize(1);
    assertThat(running.health().reasons()).isEmpty();
    assertThat(mdc.getCopyOfContextMap()).isNullOrEmpty();
  }

  /** Does all wrong that can be done. */
  private static final class Broken implements CallObserver.Observed {
    @Override
    public void left() {
      throw new AssertionError("left");
    }

    @Override
    @SuppressWarnings("NullAway")
    public Map<String, String> passedOn(String to, Map<String, String> trace) {
      return null;
    }

    @Override
    public void ended(@Nullable Throwable failure) {
      throw new StackOverflowError();
    }
  }
}
