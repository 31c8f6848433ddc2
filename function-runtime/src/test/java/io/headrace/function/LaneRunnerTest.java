package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.loop.BoundedPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LaneRunnerTest {
  private final List<String> calls = new ArrayList<>();
  private final AtomicInteger failures = new AtomicInteger();

  /** Fails {@code failures} times on "poison", sends everything else on. */
  private final RecordFunction<String, String> function =
      (event, out) -> {
        calls.add(event.value() + " " + event.attempt().number());
        out.send("out of " + event.value());
        if (event.value().equals("poison") && failures.getAndDecrement() > 0) {
          throw new IllegalStateException("poison");
        }
        if (event.value().equals("terminal")) {
          throw new TerminalFailure("NotWanted", "terminal");
        }
      };

  private Rig rig(RetryPolicy retry) {
    return new Rig(
            1, Rig.reading().retrying(retry).handledBy(() -> function, Destination.nowhere()))
        .start();
  }

  @Test
  void a_record_is_handled_and_its_outputs_are_out_before_it_is_settled() {
    var rig = rig(RetryPolicy.forever());
    rig.outputsDown = true;
    var position = rig.put("a", "1");

    rig.advance(5_000);
    assertThat(rig.settled).isEmpty();
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class)).isNotEmpty();
    assertThat(calls).as("the function is not called again").containsExactly("1 1");

    rig.outputsDown = false;
    rig.drain();
    assertThat(rig.settled).containsEntry(position, Outcome.HANDLED);
    assertThat(rig.outputs).containsExactly(Map.entry("in/shardId-000000000000/1:0#0", "out of 1"));
  }

  @Test
  void a_failing_key_waits_in_growing_steps_while_all_others_go_on() {
    var rig = rig(RetryPolicy.forever().backingOff(Duration.ofMillis(100), Duration.ofSeconds(1)));
    failures.set(5);
    rig.putAll("a=poison", "a=2", "b=3", "c=4");
    rig.advance(10);
    assertThat(calls).containsExactlyInAnyOrder("poison 1", "3 1", "4 1");

    rig.drain();
    assertThat(calls)
        .containsSubsequence("poison 1", "poison 2", "poison 3", "poison 4", "poison 5", "poison 6")
        .endsWith("2 1");
    var waits =
        rig.events(FunctionEvent.RetryScheduled.class).stream()
            .map(e -> e.in().toMillis())
            .toList();
    assertThat(waits).hasSize(5);
    assertThat(waits.get(0)).isBetween(50L, 100L);
    assertThat(waits.get(3)).isBetween(400L, 800L);
    assertThat(waits.get(4)).isBetween(500L, 1000L);
  }

  @Test
  void outputs_of_a_failed_attempt_are_dropped() {
    var rig = rig(RetryPolicy.forever());
    failures.set(3);
    rig.put("a", "poison");
    rig.drain();
    assertThat(rig.outputsSent).isEqualTo(1);
  }

  @Test
  void a_terminal_failure_is_never_retried_and_lies_in_the_letters_before_it_is_settled() {
    var rig = rig(RetryPolicy.forever());
    rig.lettersDown = true;
    var position = rig.put("a", "terminal");
    rig.put("a", "next");
    rig.put("b", "other");
    rig.advance(60_000);
    assertThat(rig.settled).hasSize(1).doesNotContainKey(position);

    rig.lettersDown = false;
    rig.drain();
    assertThat(rig.settled).containsEntry(position, Outcome.DEAD_LETTERED);
    assertThat(calls).filteredOn(call -> call.startsWith("terminal")).hasSize(1);
    assertThat(rig.outputs.values()).doesNotContain("out of terminal");
    assertThat(rig.letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.code()).isEqualTo("NotWanted");
              assertThat(letter.cause()).isEqualTo(TerminalFailure.class.getName());
              assertThat(letter.attempts()).isEqualTo(1);
              assertThat(letter.partitionKey()).isEqualTo("a");
              assertThat(letter.id()).isEqualTo("in/shardId-000000000000/1:0");
              assertThat(letter.payloadBytes()).isEqualTo("terminal".getBytes(UTF_8));
            });
  }

  @Test
  void a_payload_that_can_not_be_decoded_is_a_letter_with_its_bytes() {
    var rig = rig(RetryPolicy.forever());
    rig.put("a", "bad one");
    rig.drain();
    assertThat(calls).isEmpty();
    assertThat(rig.letters).singleElement().extracting(DeadLetter::code).isEqualTo("Undecodable");
    assertThat(rig.letters.get(0).payloadBytes()).isEqualTo("bad one".getBytes(UTF_8));
  }

  @Test
  void up_to_two_retries_are_three_attempts() {
    var rig = rig(RetryPolicy.upTo(2));
    failures.set(100);
    rig.put("a", "poison");
    rig.drain();
    assertThat(calls).containsExactly("poison 1", "poison 2", "poison 3");
    assertThat(rig.letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.code()).isEqualTo("RetryAttemptsExhausted");
              assertThat(letter.cause()).isEqualTo(IllegalStateException.class.getName());
              assertThat(letter.attempts()).isEqualTo(3);
            });
  }

  @Test
  void an_exception_type_may_be_declared_terminal() {
    var rig = rig(RetryPolicy.forever().terminalOn(IllegalStateException.class));
    failures.set(100);
    rig.put("a", "poison");
    rig.drain();
    assertThat(rig.letters)
        .singleElement()
        .extracting(DeadLetter::code)
        .isEqualTo("IllegalStateException");
  }

  @Test
  void nothing_is_called_while_the_lease_is_in_doubt_and_no_attempt_is_lost_to_it() {
    var rig = rig(RetryPolicy.upTo(0));
    rig.leaseHeld = false;
    rig.put("a", "1");
    rig.advance(5_000);
    assertThat(calls).isEmpty();
    rig.leaseHeld = true;
    rig.drain();
    assertThat(calls).containsExactly("1 1");
  }

  @Test
  void an_abandoned_handler_tells_nothing_any_more() {
    var stage = new CompletableFuture<Void>();
    var rig = async((event, out) -> stage.thenRun(() -> out.send("late")));
    rig.put("a", "1");
    rig.advance(1);
    rig.handler().abandon();
    stage.complete(null);
    rig.advance(60_000);
    assertThat(rig.settled).isEmpty();
    assertThat(rig.outputs).isEmpty();
    assertThat(stage).isCompleted();
  }

  @Test
  void an_error_of_the_virtual_machine_gives_the_shard_up() {
    var rig =
        plain(
            (event, out) -> {
              throw new OutOfMemoryError("no more");
            });
    rig.put("a", "1");
    rig.advance(1_000);
    assertThat(rig.failed).isInstanceOf(OutOfMemoryError.class);
    assertThat(rig.settled).isEmpty();
  }

  @Test
  void nothing_begins_any_more_once_the_shard_is_given_up() {
    var rig =
        plain(
            (event, out) -> {
              calls.add(event.value());
              throw new OutOfMemoryError("no more");
            });
    for (int i = 0; i < 20; i++) {
      rig.put("key" + i, "v" + i);
    }
    rig.advance(60_000);
    assertThat(rig.failed).isInstanceOf(OutOfMemoryError.class);
    assertThat(calls).as("of 20 keys").hasSize(1);
  }

  @Test
  void an_exception_that_can_not_say_what_it_is_still_leaves_a_letter() {
    var rig =
        plain(
            (event, out) -> {
              throw new TerminalFailure("Mute", "x") {
                private static final long serialVersionUID = 1;

                @Override
                public String getMessage() {
                  throw new IllegalStateException("mute");
                }
              };
            });
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.letters).singleElement().extracting(DeadLetter::code).isEqualTo("Mute");
  }

  @Test
  void a_letter_is_written_while_user_code_holds_every_thread() {
    var rig =
        new Rig(
            1,
            Rig.reading()
                .handledBy(
                    () ->
                        (event, out) -> {
                          throw new TerminalFailure("NotWanted", "x");
                        },
                    Destination.<String>nowhere()));
    var free = new AtomicInteger(1);
    rig.pool =
        task -> {
          if (free.getAndDecrement() > 0) {
            rig.loop.execute(task);
          }
        };
    rig.start();
    rig.put("a", "1");
    rig.advance(1_000);
    assertThat(rig.letters).isEmpty();
    assertThat(free).as("the tap writes in the pool: the letter has come as far").hasValue(-1);
  }

  @Test
  void a_stack_that_overflows_is_the_records_failure() {
    var rig =
        plain(
            (event, out) -> {
              if (event.attempt().number() == 1) {
                throw new StackOverflowError();
              }
            });
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.failed).isNull();
  }

  @Test
  void an_output_that_can_not_be_encoded_is_the_records_failure() {
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(RetryPolicy.upTo(0))
                    .handledBy(() -> (e, out) -> out.send(null), Destination.nowhere()))
            .start();
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.letters).hasSize(1);
  }

  @Test
  void an_output_used_after_its_call_throws() {
    var kept = new ArrayList<Output<String>>();
    var rig = plain((event, out) -> kept.add(out));
    rig.put("a", "1");
    rig.drain();
    assertThatThrownBy(() -> kept.get(0).send("late"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("function f");
  }

  @Test
  void a_side_without_a_destination_is_named() {
    var side = Side.named("extra", String.class);
    var failures = new ArrayList<Throwable>();
    var rig =
        plain(
            (event, out) -> {
              try {
                out.send(side, "x");
              } catch (IllegalArgumentException refused) {
                failures.add(refused);
              }
            });
    rig.put("a", "1");
    rig.drain();
    assertThat(failures).singleElement().asString().contains("side extra").contains("sendingSide");
  }

  @Test
  void a_stage_that_fails_is_unwrapped_before_it_is_classified() {
    var rig =
        async(
            (event, out) ->
                CompletableFuture.failedFuture(
                    new CompletionException(
                        new CompletionException(new TerminalFailure("Inner", "x")))));
    rig.put("a", "1");
    rig.drain();
    assertThat(rig.letters).singleElement().extracting(DeadLetter::code).isEqualTo("Inner");
  }

  @Test
  void async_calls_of_different_keys_wait_together_and_those_of_one_key_one_after_another() {
    var stages = new HashMap<String, CompletableFuture<Void>>();
    var rig =
        async(
            (event, out) -> {
              var stage = new CompletableFuture<Void>();
              stages.put(event.value(), stage);
              return stage;
            });
    for (int i = 0; i < 100; i++) {
      rig.put("key" + i, "v" + i);
    }
    rig.put("key0", "second");
    rig.advance(1);
    assertThat(stages).hasSize(100).doesNotContainKey("second");
    stages.get("v0").complete(null);
    rig.advance(1);
    assertThat(stages).containsKey("second");
    List.copyOf(stages.values()).forEach(stage -> stage.complete(null));
    rig.drain();
  }

  @Test
  void an_async_attempt_that_is_out_of_time_is_cancelled_and_tried_again() {
    var stages = new ArrayList<CompletableFuture<Void>>();
    var outs = new ArrayList<Output<String>>();
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .timingOutAfter(Duration.ofSeconds(2))
                    .handledAsyncBy(
                        () ->
                            (event, out) -> {
                              assertThat(event.attempt().remaining())
                                  .isEqualTo(Duration.ofSeconds(2));
                              outs.add(out);
                              var stage = new CompletableFuture<Void>();
                              stages.add(stage);
                              return stage;
                            },
                        Destination.<String>nowhere()))
            .start();
    rig.put("a", "1");
    rig.advance(1_999);
    assertThat(stages.get(0)).isNotDone();
    rig.advance(1_000);
    assertThat(stages).hasSize(2);
    assertThat(stages.get(0)).isCancelled();
    assertThat(rig.events(FunctionEvent.Overdue.class)).hasSize(1);
    assertThat(rig.events(FunctionEvent.RecordFailed.class))
        .singleElement()
        .extracting(FunctionEvent.RecordFailed::code)
        .isEqualTo("TimedOut");
    assertThatThrownBy(() -> outs.get(0).send("late")).isInstanceOf(IllegalStateException.class);
    stages.get(1).complete(null);
    rig.drain();
  }

  @Test
  void a_blocking_attempt_that_is_out_of_time_is_interrupted_and_its_result_discarded()
      throws Exception {
    var entered = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    try (var threads = new BoundedPool("test", 1, 10)) {
      var rig =
          new Rig(
              1,
              Rig.reading()
                  .timingOutAfter(Duration.ofSeconds(1))
                  .handledBy(
                      () ->
                          (event, out) -> {
                            if (event.attempt().number() == 1) {
                              out.send("of the first attempt");
                              entered.countDown();
                              try {
                                never.await();
                              } catch (InterruptedException swallowed) {
                                return;
                              }
                            }
                            assertThat(Thread.currentThread().isInterrupted()).isFalse();
                            out.send("of the second");
                          },
                      Destination.<String>nowhere()));
      rig.pool = threads;
      rig.start();
      rig.put("a", "1");
      assertThat(rig.loop.runUntil(() -> entered.getCount() == 0, 60_000)).isTrue();
      rig.advance(1_000);
      assertThat(
              rig.loop.runUntil(
                  () -> !rig.events(FunctionEvent.RetryScheduled.class).isEmpty(), 60_000))
          .isTrue();
      rig.advance(1_000);
      assertThat(rig.loop.runUntil(() -> rig.settled.size() == 1, 60_000)).isTrue();
      assertThat(rig.outputs.values()).containsExactly("of the second");
    }
  }

  @Test
  void a_full_pool_is_asked_again() {
    var refusals = new AtomicInteger(3);
    var rig = new Rig(1, Rig.reading().handledBy(() -> function, Destination.nowhere()));
    rig.pool =
        task -> {
          if (refusals.getAndDecrement() > 0) {
            throw new RejectedExecutionException("full");
          }
          rig.loop.execute(task);
        };
    rig.start();
    rig.put("a", "1");
    rig.drain();
    assertThat(calls).containsExactly("1 1");
  }

  @Test
  void the_end_of_a_bounded_input_is_not_handed_to_the_function() {
    var rig =
        new Rig(
                1,
                FunctionSpec.named("f")
                    .reading(Rig.input().endedBy("END"::equals))
                    .handledBy(() -> function, Destination.nowhere()))
            .start();
    var position = rig.put("a", "END");
    rig.drain();
    assertThat(calls).isEmpty();
    assertThat(rig.settled).containsEntry(position, Outcome.FILTERED);
  }

  private static Rig plain(RecordFunction<String, String> function) {
    return new Rig(1, Rig.reading().handledBy(() -> function, Destination.nowhere())).start();
  }

  private static Rig async(AsyncRecordFunction<String, String> function) {
    return new Rig(1, Rig.reading().handledAsyncBy(() -> function, Destination.nowhere())).start();
  }
}
