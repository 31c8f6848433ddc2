package io.headrace.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Batch;
import io.headrace.function.DeadLetter;
import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RecordFunction;
import io.headrace.function.RetryPolicy;
import io.headrace.function.Side;
import io.headrace.function.TerminalFailure;
import io.headrace.function.json.Json;
import io.headrace.kcl.Start;
import io.headrace.kcl.StreamSource;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What holds for every kind of function. */
@Timeout(60)
class FunctionHarnessTest {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
  private static final Side<String> ODD = Side.named("odd", String.class);

  private static FunctionSpec.Reading<String> reading() {
    return FunctionSpec.named("f").reading(Input.of(StreamSource.kinesis("in"), new Texts()));
  }

  private static Destination<String> out() {
    return Destination.stream("out", new Texts(), text -> text);
  }

  private static FunctionSpec<String, String> plain(RecordFunction<String, String> function) {
    return reading().handledBy(() -> function, out());
  }

  private static final RecordFunction<String, String> ECHO = (e, out) -> out.send(e.value());

  @Test
  void time_begins_at_a_round_moment_and_stands_still_while_records_are_handled() {
    var stream = FunctionHarness.of(plain(ECHO));
    assertThat(stream.now()).isEqualTo(BEGIN);

    stream.put("a", "b");
    assertThat(stream.now()).isEqualTo(BEGIN);

    stream.advance(Duration.ofMinutes(90));
    assertThat(stream.now()).isEqualTo(BEGIN.plus(Duration.ofMinutes(90)));
    assertThat(stream.clock().instant()).isEqualTo(stream.now());
  }

  @Test
  void records_of_a_key_come_out_in_the_order_of_putting() {
    var stream = FunctionHarness.of(plain(ECHO));

    stream.put("a", "b", "c");
    stream.putKeyed("other", "d");

    assertThat(stream.output()).containsExactly("a", "b", "c", "d");
  }

  @Test
  void output_that_was_taken_does_not_come_again() {
    var stream = FunctionHarness.of(plain(ECHO));

    stream.put("a");
    assertThat(stream.takeOutput()).containsExactly("a");
    stream.put("b");

    assertThat(stream.takeOutput()).containsExactly("b");
    assertThat(stream.output()).isEmpty();
  }

  @Test
  void an_event_carries_key_arrival_and_identity() {
    var seen = new ArrayList<Event<String>>();
    var stream = FunctionHarness.of(plain((event, out) -> seen.add(event)));

    stream.put("card-1", "a", BEGIN.minusSeconds(60));

    assertThat(seen).hasSize(1);
    assertThat(seen.get(0).partitionKey()).isEqualTo("card-1");
    assertThat(seen.get(0).arrivedAt()).isEqualTo(BEGIN.minusSeconds(60));
    assertThat(seen.get(0).time()).isEqualTo(BEGIN.minusSeconds(60));
    assertThat(seen.get(0).id().stream()).startsWith("in");
    assertThat(seen.get(0).attempt().number()).isEqualTo(1);
  }

  @Test
  void a_failed_record_is_tried_again_when_time_passes_and_its_key_waits_for_it() {
    var failures = new AtomicInteger(2);
    var stream =
        FunctionHarness.of(
            plain(
                (event, out) -> {
                  if (event.value().equals("bad") && failures.getAndDecrement() > 0) {
                    throw new IllegalStateException("not yet");
                  }
                  out.send(event.value() + " " + event.attempt().number());
                }));

    stream.put("bad", "behind");
    stream.putKeyed("other", "free");
    assertThat(stream.output()).containsExactly("free 1");

    stream.advance(Duration.ofSeconds(1));
    assertThat(stream.output()).containsExactly("free 1", "bad 3", "behind 1");
  }

  @Test
  void a_record_that_fails_for_ever_does_not_hold_up_put_nor_advance() {
    var attempts = new AtomicInteger();
    var stream =
        FunctionHarness.of(
            plain(
                (event, out) -> {
                  attempts.incrementAndGet();
                  throw new IllegalStateException("never");
                }));

    stream.put("a");
    assertThat(attempts).hasValue(1);

    stream.advance(Duration.ofHours(1));
    assertThat(attempts.get()).isBetween(60, 200);
    assertThat(stream.deadLetters()).isEmpty();
  }

  @Test
  void what_a_failed_attempt_sent_is_dropped() {
    var first = new AtomicInteger(1);
    var stream =
        FunctionHarness.of(
            plain(
                (event, out) -> {
                  out.send("sent");
                  if (first.getAndDecrement() > 0) {
                    throw new IllegalStateException("after sending");
                  }
                }));

    stream.put("a");
    assertThat(stream.output()).isEmpty();
    stream.advance(Duration.ofSeconds(1));
    assertThat(stream.output()).containsExactly("sent");
  }

  @Test
  void a_record_beyond_its_retries_is_a_dead_letter_with_its_bytes(@TempDir Path folder) {
    var stream =
        FunctionHarness.of(
            reading()
                .retrying(RetryPolicy.upTo(2).thenSendTo(DeadLetters.inFile(folder)))
                .handledBy(
                    () ->
                        (Event<String> event, Output<String> out) -> {
                          throw new IllegalStateException("never");
                        },
                    out()));

    stream.putKeyed("card-1", "a");
    assertThat(stream.deadLetters()).isEmpty();
    stream.advance(Duration.ofSeconds(1));

    assertThat(stream.deadLetters()).hasSize(1);
    var letter = stream.deadLetters().get(0);
    assertThat(letter.attempts()).isEqualTo(3);
    assertThat(letter.partitionKey()).isEqualTo("card-1");
    assertThat(letter.payloadBytes()).isEqualTo("a".getBytes(UTF_8));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void a_terminal_failure_is_a_dead_letter_at_once_and_the_key_goes_on() {
    var stream =
        FunctionHarness.of(
            plain(
                (event, out) -> {
                  if (event.value().equals("bad")) {
                    throw new TerminalFailure("Bad", "it is bad");
                  }
                  out.send(event.value());
                }));

    stream.put("bad", "good");

    assertThat(stream.deadLetters()).extracting(DeadLetter::code).containsExactly("Bad");
    assertThat(stream.output()).containsExactly("good");
  }

  @Test
  void bytes_that_the_codec_refuses_are_a_dead_letter() {
    var stream = FunctionHarness.of(plain(ECHO));

    stream.putBytes("k", "!".getBytes(UTF_8));
    stream.put("good");

    assertThat(stream.deadLetters()).extracting(DeadLetter::code).containsExactly("Undecodable");
    assertThat(stream.output()).containsExactly("good");
  }

  @Test
  void a_side_is_kept_apart() {
    var spec =
        reading()
            .sendingSide(ODD, out())
            .handledBy(
                () ->
                    (Event<String> event, Output<String> out) -> {
                      if (event.value().length() % 2 == 1) {
                        out.send(ODD, event.value());
                      } else {
                        out.send(event.value());
                      }
                    },
                out());
    var stream = FunctionHarness.of(spec);

    stream.put("a", "bb", "ccc");

    assertThat(stream.output()).containsExactly("bb");
    assertThat(stream.output(ODD)).containsExactly("a", "ccc");
  }

  @Test
  void an_output_that_its_destination_could_not_write_fails_as_in_production() {
    var spec =
        reading()
            .retrying(RetryPolicy.upTo(0))
            .handledBy(() -> ECHO, Destination.stream("out", new Texts(), text -> "k".repeat(300)));
    var stream = FunctionHarness.of(spec);

    stream.put("a");

    assertThat(stream.output()).isEmpty();
    assertThat(stream.deadLetters()).hasSize(1);
    assertThat(stream.deadLetters().get(0).message()).contains("partition key of 300 characters");
  }

  @Test
  void outputs_to_nowhere_and_to_callbacks_are_seen_here_only() {
    var called = new AtomicInteger();
    var callback =
        FunctionHarness.of(
            reading()
                .handledBy(
                    () -> ECHO, Destination.callback((String text) -> called.incrementAndGet())));
    var nowhere =
        FunctionHarness.of(reading().handledBy(() -> ECHO, Destination.<String>nowhere()));

    callback.put("a");
    nowhere.put("b");

    assertThat(callback.output()).containsExactly("a");
    assertThat(called).hasValue(0);
    assertThat(nowhere.output()).containsExactly("b");
  }

  @Test
  void a_batch_is_handed_over_when_it_is_full_or_has_waited() {
    var sizes = new ArrayList<Integer>();
    var spec =
        reading()
            .batching(3, Duration.ofSeconds(10))
            .handledInBatchesBy(
                () ->
                    (Batch<String, String> batch) -> {
                      sizes.add(batch.size());
                      batch.forEach(event -> batch.out(event).send(event.value()));
                    },
                out());
    var stream = FunctionHarness.of(spec);

    stream.put("a", "b");
    assertThat(sizes).isEmpty();
    stream.put("c", "d");
    assertThat(sizes).containsExactly(3);
    stream.advance(Duration.ofSeconds(10));

    assertThat(sizes).containsExactly(3, 1);
    assertThat(stream.output()).containsExactly("a", "b", "c", "d");
  }

  @Test
  void in_a_batch_only_the_records_that_failed_are_delivered_again() {
    var deliveries = new ArrayList<List<String>>();
    var spec =
        reading()
            .batching(10, Duration.ofSeconds(1))
            .handledInBatchesBy(
                () ->
                    (Batch<String, String> batch) -> {
                      var values = new ArrayList<String>();
                      for (var event : batch) {
                        values.add(event.value());
                        if (event.value().equals("bad") && event.attempt().number() == 1) {
                          batch.fail(event, new IllegalStateException("once"));
                        }
                      }
                      deliveries.add(values);
                    },
                Destination.<String>nowhere());
    var stream = FunctionHarness.of(spec);

    stream.putKeyed("a", "one");
    stream.putKeyed("b", "bad");
    stream.putKeyed("c", "two");
    stream.advance(Duration.ofSeconds(5));

    assertThat(deliveries).containsExactly(List.of("one", "bad", "two"), List.of("bad"));
  }

  @Test
  void a_function_that_takes_a_clock_is_given_virtual_time() {
    var stream =
        FunctionHarness.of(
            (Clock clock) -> plain((event, out) -> out.send(clock.instant().toString())));

    stream.advance(Duration.ofHours(3));
    stream.put("a");

    assertThat(stream.output()).containsExactly("2026-01-01T03:00:00Z");
  }

  record Payment(String card, long cents) {}

  record Login(String card, String device) {}

  @Test
  void a_value_goes_to_the_input_that_reads_it_back() {
    var seen = new ArrayList<String>();
    var spec =
        FunctionSpec.named("signals")
            .<Object>reading(
                Input.of(StreamSource.kinesis("payments"), Json.of(Payment.class)),
                Input.of(StreamSource.kinesis("logins"), Json.of(Login.class)))
            .handledBy(
                () ->
                    (Event<Object> event, Output<String> out) ->
                        seen.add(event.id().stream().replaceAll("@.*", "") + " " + event.value()),
                Destination.<String>nowhere());
    var stream = FunctionHarness.of(spec);

    stream.put(new Payment("c1", 5), new Login("c1", "phone"));

    assertThat(seen)
        .containsExactlyInAnyOrder(
            "payments " + new Payment("c1", 5), "logins " + new Login("c1", "phone"));
    assertThatThrownBy(() -> stream.put(new Thread()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("java.lang.Thread")
        .hasMessageContaining("payments")
        .hasMessageContaining("logins");
  }

  @Test
  void a_function_without_state_has_none() {
    var stream = FunctionHarness.of(plain(ECHO));
    stream.put("a");

    assertThat(stream.stateOf(FunctionHarness.KEY, String.class)).isEmpty();
  }

  @Test
  void an_error_of_the_virtual_machine_comes_out_of_the_test() {
    var stream =
        FunctionHarness.of(
            plain(
                (event, out) -> {
                  throw new OutOfMemoryError("planted");
                }));

    assertThatThrownBy(() -> stream.put("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("function f can't go on")
        .hasRootCauseInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void a_function_that_can_be_closed_is_closed() {
    final class Closing implements RecordFunction<String, String>, AutoCloseable {
      boolean closed;

      @Override
      public void handle(Event<String> event, Output<String> out) {}

      @Override
      public void close() {
        closed = true;
      }
    }
    var function = new Closing();

    try (var stream = FunctionHarness.of(plain(function))) {
      stream.put("a");
      assertThat(function.closed).isFalse();
    }
    assertThat(function.closed).isTrue();
  }

  @Test
  void a_new_version_goes_on_behind_what_the_old_one_handled() {
    var stream = FunctionHarness.of(plain(ECHO));
    stream.put("a");

    stream.redeployWith(plain((event, out) -> out.send("2 " + event.value())));
    stream.put("b");

    assertThat(stream.output()).containsExactly("a", "2 b");
  }

  @Test
  void a_function_that_begins_at_the_tip_gets_what_comes_then() {
    var stream = FunctionHarness.of(plain(ECHO));
    stream.put("old");
    stream.advance(Duration.ofMinutes(1));

    stream.redeployWith(
        FunctionSpec.named("another")
            .reading(Input.of(StreamSource.kinesis("in"), new Texts()).startingAt(Start.LATEST))
            .handledBy(() -> (event, out) -> out.send("another " + event.value()), out()));
    stream.put("new");

    assertThat(stream.output()).containsExactly("old", "another new");
  }

  @Test
  void records_in_other_shards_are_handled_after_a_split_and_a_merge() {
    var stream = FunctionHarness.of(plain(ECHO));
    var keys = Arrays.asList("a", "b", "c", "d", "e", "f", "g", "h");

    keys.forEach(key -> stream.putKeyed(key, key + 1));
    stream.split();
    stream.split();
    keys.forEach(key -> stream.putKeyed(key, key + 2));
    stream.merge();
    keys.forEach(key -> stream.putKeyed(key, key + 3));

    for (var key : keys) {
      assertThat(stream.output())
          .filteredOn(value -> value.startsWith(key))
          .containsExactly(key + 1, key + 2, key + 3);
    }
  }

  @Test
  void one_shard_cannot_be_merged() {
    var stream = FunctionHarness.of(plain(ECHO));

    assertThatThrownBy(stream::merge)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("split it before");
  }

  @Test
  void the_children_of_a_shard_wait_for_its_failing_record_and_nothing_is_lost() {
    var broken = new AtomicInteger(1);
    var stream =
        FunctionHarness.of(
            plain(
                (event, out) -> {
                  if (event.value().equals("bad") && broken.get() == 1) {
                    throw new IllegalStateException("until mended");
                  }
                  out.send(event.value());
                }));

    stream.put("bad");
    stream.split();
    stream.put("after");
    stream.advance(Duration.ofMinutes(5));
    assertThat(stream.output()).isEmpty();

    broken.set(0);
    stream.advance(Duration.ofMinutes(2));
    assertThat(stream.output()).containsExactly("bad", "after");
  }

  @Test
  void after_a_crash_what_was_not_committed_is_delivered_again() {
    var stream = FunctionHarness.of(plain(ECHO));
    stream.put("a");
    stream.advance(Duration.ofSeconds(10));
    stream.put("b");

    stream.crash();
    stream.put("c");

    assertThat(stream.output()).containsExactly("a", "b", "b", "c");
  }
}
