package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.AsyncKeyedFunction;
import io.headrace.function.AsyncRecordFunction;
import io.headrace.function.DeadLetter;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.RetryPolicy;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Functions that answer on threads of their own, as a client of a service does. */
@Timeout(60)
class AsyncHarnessTest {
  private final ExecutorService elsewhere = Executors.newFixedThreadPool(4);

  @AfterEach
  void end() throws InterruptedException {
    elsewhere.shutdownNow();
    assertThat(elsewhere.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  private static FunctionSpec.Reading<String> reading() {
    return FunctionSpec.named("f").reading(Input.of(StreamSource.kinesis("in"), new Texts()));
  }

  private static Destination<String> out() {
    return Destination.stream("out", new Texts(), text -> text);
  }

  private static FunctionSpec<String, String> async(AsyncRecordFunction<String, String> function) {
    return reading().handledAsyncBy(() -> function, out());
  }

  @Test
  void put_waits_for_answers_from_other_threads() {
    var stream =
        FunctionHarness.of(
            async(
                (event, out) ->
                    CompletableFuture.runAsync(
                        () -> out.send(event.value() + Thread.currentThread().isDaemon()),
                        elsewhere)));

    for (int i = 0; i < 100; i++) {
      stream.putKeyed("k" + i, "a", "b");
      assertThat(stream.takeOutput()).containsExactly("afalse", "bfalse");
    }
  }

  @Test
  void calls_of_different_keys_wait_together() {
    var open = new AtomicInteger();
    var most = new AtomicInteger();
    var gate = new CompletableFuture<Void>();
    var stream =
        FunctionHarness.of(
            async(
                (event, out) -> {
                  most.accumulateAndGet(open.incrementAndGet(), Math::max);
                  return gate.thenRun(open::decrementAndGet);
                }));
    stream.awaitingAnswers(Duration.ZERO);

    stream.putKeyed("a", "1", "2");
    stream.putKeyed("b", "3");
    assertThat(open).hasValue(2);
    gate.complete(null);
    stream.advance(Duration.ZERO);

    assertThat(open).hasValue(0);
    assertThat(most).hasValue(2);
  }

  @Test
  void a_failed_stage_is_tried_again() {
    var failures = new AtomicInteger(1);
    var stream =
        FunctionHarness.of(
            async(
                (event, out) ->
                    CompletableFuture.runAsync(
                        () -> {
                          if (failures.getAndDecrement() > 0) {
                            throw new IllegalStateException("once");
                          }
                          out.send(event.value());
                        },
                        elsewhere)));

    stream.put("a");
    assertThat(stream.output()).isEmpty();
    stream.advance(Duration.ofSeconds(1));

    assertThat(stream.output()).containsExactly("a");
  }

  @Test
  void a_call_that_never_answers_is_named_in_the_failure() {
    var stream =
        FunctionHarness.of(async((event, out) -> new CompletableFuture<Void>()))
            .awaitingAnswers(Duration.ofMillis(50));

    assertThatThrownBy(() -> stream.put("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "function f: 1 of its calls did not answer within PT0.05S of real time;"
                + " if that is meant, set awaitingAnswers(Duration.ZERO)");
  }

  @Test
  void a_call_can_run_out_of_virtual_time() {
    var calls = new ArrayList<CompletableFuture<Void>>();
    var spec =
        reading()
            .timingOutAfter(Duration.ofSeconds(2))
            .retrying(RetryPolicy.upTo(1))
            .handledAsyncBy(
                () ->
                    (Event<String> event, Output<String> out) -> {
                      calls.add(new CompletableFuture<>());
                      return calls.get(calls.size() - 1);
                    },
                out());
    var stream = FunctionHarness.of(spec).awaitingAnswers(Duration.ZERO);

    stream.put("a");
    stream.advance(Duration.ofSeconds(1));
    assertThat(calls).hasSize(1);
    stream.advance(Duration.ofSeconds(10));

    assertThat(calls).hasSize(2).allMatch(CompletableFuture::isCancelled);
    assertThat(stream.deadLetters()).extracting(DeadLetter::attempts).containsExactly(2);
  }

  @Test
  void a_call_that_a_crash_interrupted_is_made_again_and_its_late_answer_has_no_effect() {
    var calls = new ArrayList<CompletableFuture<Void>>();
    var stream =
        FunctionHarness.of(
                async(
                    (event, out) -> {
                      var call = new CompletableFuture<Void>();
                      calls.add(call);
                      return call.thenRun(() -> out.send(event.value()));
                    }))
            .awaitingAnswers(Duration.ZERO);

    stream.put("a");
    stream.crash();
    calls.get(0).complete(null);
    stream.advance(Duration.ZERO);
    assertThat(stream.output()).isEmpty();

    calls.get(1).complete(null);
    stream.advance(Duration.ZERO);
    assertThat(stream.output()).containsExactly("a");
    assertThat(calls).hasSize(2);
  }

  @Test
  void blocking_code_may_run_on_an_executor_of_the_user() {
    var threads = new ArrayList<String>();
    var spec =
        reading()
            .invokingOn(elsewhere)
            .handledBy(
                () ->
                    (Event<String> event, Output<String> out) -> {
                      threads.add(Thread.currentThread().getName());
                      out.send(event.value());
                    },
                out());
    var stream = FunctionHarness.of(spec);

    stream.put("a", "b");

    assertThat(stream.output()).containsExactly("a", "b");
    assertThat(threads).noneMatch(name -> name.equals(Thread.currentThread().getName()));
  }

  /** Adds what it was told to the state, elsewhere. */
  private final class Joining implements AsyncKeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return key + ":";
    }

    @Override
    public CompletionStage<Next<String>> handle(
        String state, Event<String> event, Output<String> out) {
      return CompletableFuture.supplyAsync(
          () -> {
            out.send(state + event.value());
            return Next.state(state + event.value());
          },
          elsewhere);
    }
  }

  @Test
  void an_asynchronous_keyed_function_sees_the_state_of_the_record_before() {
    var spec =
        reading()
            .keyedBy(Keys.partitionKey(), new Texts())
            .handledAsyncBy(Joining::new, Destination.<String>nowhere());
    var stream = FunctionHarness.of(spec);

    stream.putKeyed("k", "a", "b", "c");
    stream.putKeyed("l", "d");

    assertThat(stream.stateOf("k", String.class)).contains("k:abc");
    assertThat(stream.output()).isEqualTo(List.of("k:a", "k:ab", "k:abc", "l:d"));
  }
}
