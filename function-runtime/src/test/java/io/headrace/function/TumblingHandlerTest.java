package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.KinesisTimeWindowEvent;
import com.amazonaws.services.lambda.runtime.events.TimeWindowEventResponse;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.StreamRecord;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tumbling windows of a Lambda handler, of a minute; the clock begins at 2026-01-01T00:00:00Z. */
class TumblingHandlerTest {
  /** What the handler saw: records, state before, and the marks of the event. */
  private static final List<String> CALLS = new ArrayList<>();

  private static final Set<String> FAILING = new TreeSet<>();
  private static final Set<String> NAMED = new TreeSet<>();
  private static final Set<String> STATELESS = new TreeSet<>();
  private static final Set<String> LARGE = new TreeSet<>();

  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);
  private static final HashRange LEFT =
      new HashRange(BigInteger.ZERO, HALF.subtract(BigInteger.ONE));
  private static final HashRange RIGHT =
      new HashRange(HALF, BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE));

  @BeforeEach
  void forget() {
    CALLS.clear();
    FAILING.clear();
    NAMED.clear();
    STATELESS.clear();
    LARGE.clear();
  }

  /** Joins the numbers of a window's records in its state. */
  public static class Joining
      implements RequestHandler<KinesisTimeWindowEvent, TimeWindowEventResponse> {
    @Override
    public TimeWindowEventResponse handleRequest(KinesisTimeWindowEvent event, Context context) {
      var numbers = new ArrayList<String>();
      event.getRecords().forEach(r -> numbers.add(r.getKinesis().getSequenceNumber()));
      var before = event.getState().getOrDefault("seen", "");
      CALLS.add(
          event.getShardId().replace("shardId-00000000000", "")
              + " "
              + event.getWindow().getStart()
              + " "
              + numbers
              + " after ["
              + (before.length() > 100 ? "large" : before)
              + "]"
              + (event.getIsFinalInvokeForWindow() ? " final" : "")
              + (event.getIsWindowTerminatedEarly() ? " early" : ""));
      if (numbers.stream().anyMatch(FAILING::contains)
          || (event.getIsFinalInvokeForWindow() && FAILING.contains("final"))) {
        throw new IllegalStateException("fails");
      }
      var response = new TimeWindowEventResponse();
      var done = new ArrayList<String>();
      for (var number : numbers) {
        if (NAMED.contains(number)) {
          response.setBatchItemFailures(
              List.of(new TimeWindowEventResponse.BatchItemFailure(number)));
          break;
        }
        done.add(number);
      }
      if (numbers.stream().noneMatch(STATELESS::contains)) {
        Map<String, String> state = new HashMap<>(event.getState());
        state.put("seen", before + String.join("", done));
        if (done.stream().anyMatch(LARGE::contains)) {
          state.put("seen", "x".repeat(TumblingLane.STATE_BYTES_MAX));
        }
        response.setState(state);
      }
      return response;
    }
  }

  @Test
  void state_goes_from_call_to_call_and_a_record_behind_the_window_ends_it() {
    var rig = rig(RetryPolicy.forever());

    put(rig, 10, 20);
    put(rig, 30);
    put(rig, 61);
    rig.drain();

    assertThat(CALLS)
        .containsExactly(
            "0 2026-01-01T00:00:00Z [1, 2] after []",
            "0 2026-01-01T00:00:00Z [3] after [12]",
            "0 2026-01-01T00:00:00Z [] after [123] final",
            "0 2026-01-01T00:01:00Z [4] after []");
    assertThat(rig.settled.values()).hasSize(4).containsOnly(Outcome.HANDLED);
  }

  @Test
  void records_that_came_together_and_belong_to_two_windows_make_two_batches() {
    var rig = rig(RetryPolicy.forever());

    put(rig, 59, 60, 59);
    rig.drain();

    assertThat(CALLS)
        .containsExactly(
            "0 2026-01-01T00:00:00Z [1] after []",
            "0 2026-01-01T00:00:00Z [] after [1] final",
            "0 2026-01-01T00:01:00Z [2, 3] after []");
  }

  @Test
  void the_clock_ends_a_window_when_nothing_more_comes() {
    var rig = rig(RetryPolicy.forever());

    put(rig, 10);
    rig.advance(59_000);
    assertThat(CALLS).hasSize(1);
    rig.advance(10_000);

    assertThat(CALLS.get(1)).isEqualTo("0 2026-01-01T00:00:00Z [] after [1] final");
    assertThat(rig.stateChanges).as("a commit without a record").isPositive();
    rig.advance(600_000);
    assertThat(CALLS).as("no window is empty").hasSize(2);
  }

  @Test
  void a_failed_call_holds_up_the_shard_and_comes_again_with_the_same_state() {
    var rig = rig(RetryPolicy.forever());
    put(rig, 10);
    FAILING.add("2");

    put(rig, 20);
    put(rig, 30);
    rig.advance(50);
    FAILING.clear();
    rig.drain();

    assertThat(CALLS)
        .startsWith(
            "0 2026-01-01T00:00:00Z [1] after []",
            "0 2026-01-01T00:00:00Z [2] after [1]",
            "0 2026-01-01T00:00:00Z [2] after [1]")
        .endsWith("0 2026-01-01T00:00:00Z [3] after [12]");
  }

  @Test
  void an_answer_without_state_is_a_failed_call() {
    var rig = rig(RetryPolicy.upTo(0));
    STATELESS.add("2");

    put(rig, 10);
    var second = put(rig, 20).get(0);
    put(rig, 30);
    rig.drain();

    assertThat(rig.settled).containsEntry(second, Outcome.DEAD_LETTERED);
    assertThat(CALLS.get(2)).isEqualTo("0 2026-01-01T00:00:00Z [3] after [1]");
  }

  @Test
  void after_a_partial_answer_the_rest_comes_again_with_the_state_of_what_is_done() {
    var rig = rig(RetryPolicy.forever());
    NAMED.add("2");

    var put = put(rig, 10, 20, 30);
    rig.advance(50);
    assertThat(rig.settled).containsOnlyKeys(put.get(0));
    NAMED.clear();
    rig.drain();

    assertThat(CALLS.get(0)).isEqualTo("0 2026-01-01T00:00:00Z [1, 2, 3] after []");
    assertThat(CALLS).endsWith("0 2026-01-01T00:00:00Z [2, 3] after [1]");
  }

  @Test
  void retries_are_not_counted_anew_after_a_partial_answer() {
    var rig = rig(RetryPolicy.upTo(2));
    NAMED.add("2");

    put(rig, 10, 20, 30);
    rig.drain();

    assertThat(CALLS).hasSize(3);
    assertThat(rig.letters).extracting(DeadLetter::attempts).containsExactly(3, 3);
    assertThat(rig.letters)
        .extracting(letter -> new String(letter.payloadBytes(), UTF_8))
        .containsExactly("20", "30");
  }

  @Test
  void a_window_that_can_not_be_ended_leaves_its_state_in_a_letter() {
    var rig = rig(RetryPolicy.upTo(1));
    FAILING.add("final");

    put(rig, 10);
    put(rig, 70);
    rig.drain();

    assertThat(rig.letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.id()).isEqualTo("shardId-000000000000/window/2026-01-01T00:00:00Z");
              assertThat(new String(letter.payloadBytes(), UTF_8)).isEqualTo("{\"seen\":\"1\"}");
              assertThat(letter.attempts()).isEqualTo(2);
            });
    assertThat(CALLS).endsWith("0 2026-01-01T00:01:00Z [2] after []");
  }

  @Test
  void a_state_that_is_too_large_ends_the_window_early_and_it_goes_on_without_one() {
    var rig = rig(RetryPolicy.forever());
    LARGE.add("1");

    put(rig, 10);
    put(rig, 20);
    rig.drain();

    assertThat(CALLS)
        .containsExactly(
            "0 2026-01-01T00:00:00Z [1] after []",
            "0 2026-01-01T00:00:00Z [] after [large] final early",
            "0 2026-01-01T00:00:00Z [2] after []");
  }

  @Test
  void after_a_crash_state_and_records_go_on_from_the_same_commit() {
    var rig = rig(RetryPolicy.forever());
    put(rig, 10);
    rig.drain();
    rig.commit();
    rig.advance(1_000);
    put(rig, 20);
    rig.drain();

    rig.crash();
    rig.drain();

    assertThat(CALLS)
        .containsExactly(
            "0 2026-01-01T00:00:00Z [1] after []",
            "0 2026-01-01T00:00:00Z [2] after [1]",
            "0 2026-01-01T00:00:00Z [2] after [1]");
  }

  @Test
  void a_window_that_is_open_at_the_end_of_a_shard_is_ended_by_one_of_the_children() {
    var parent = rig(RetryPolicy.forever());
    put(parent, 10);
    parent.drain();

    var left = parent.child("shardId-000000000001", LEFT, parent);
    var right = parent.child("shardId-000000000002", RIGHT, parent);
    for (var child : List.of(right, left)) {
      child.put("k", "20", BEGIN.plusSeconds(20));
      child.drain();
    }

    assertThat(CALLS)
        .containsExactlyInAnyOrder(
            "0 2026-01-01T00:00:00Z [1] after []",
            "2 2026-01-01T00:00:00Z [1000001] after []",
            "0 2026-01-01T00:00:00Z [] after [1] final",
            "1 2026-01-01T00:00:00Z [1000001] after []");
  }

  @Test
  void a_child_of_two_ends_the_windows_of_both() {
    var first = new Rig(1, spec(RetryPolicy.forever()));
    first.shard = new Shard(first.shard.id(), List.of(), LEFT);
    first.start().restore();
    put(first, 10);
    first.drain();
    var second = first.child("shardId-000000000005", RIGHT);
    second.put("k", "20", BEGIN.plusSeconds(20));
    second.drain();

    var child = first.child("shardId-000000000009", HashRange.ALL, first, second);
    child.advance(1_000);

    assertThat(CALLS.subList(2, CALLS.size()))
        .containsExactly(
            "0 2026-01-01T00:00:00Z [] after [1] final",
            "5 2026-01-01T00:00:00Z [] after [1000001] final");
  }

  @Test
  void a_record_that_is_too_old_is_in_no_window_and_one_that_grows_too_old_leaves_its_batch() {
    var rig =
        rig(
            RetryPolicy.forever()
                .within(Duration.ofSeconds(30))
                .backingOff(Duration.ofMillis(100), Duration.ofSeconds(1)));
    FAILING.add("2");

    put(rig, -60);
    put(rig, 0, 20);
    rig.drain();

    assertThat(rig.letters)
        .extracting(letter -> new String(letter.payloadBytes(), UTF_8) + " " + letter.code())
        .containsExactly("-60 RecordAgeExceeded", "0 RecordAgeExceeded");
    assertThat(rig.letters.get(0).attempts()).isZero();
    assertThat(rig.letters.get(1).attempts()).isPositive();
    assertThat(CALLS).endsWith("0 2026-01-01T00:00:00Z [3] after []");
  }

  @Test
  void a_dependency_that_is_down_costs_no_attempt() {
    var rig = rig(RetryPolicy.upTo(0).unavailableOn(IllegalStateException.class));
    FAILING.add("1");

    put(rig, 10);
    rig.advance(1_000);
    assertThat(rig.settled).isEmpty();
    FAILING.clear();
    rig.drain();

    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED);
    assertThat(rig.letters).isEmpty();
  }

  @Test
  void while_a_batch_waits_for_more_the_clock_ends_no_window() {
    var rig = rig(reading().batching(10, Duration.ofSeconds(60)));

    put(rig, 10);
    rig.advance(64_000);
    // Came when the first batch was full already, and waited a minute for others.
    put(rig, 50);
    rig.advance(64_000);
    assertThat(CALLS)
        .containsExactly(
            "0 2026-01-01T00:00:00Z [1] after []", "0 2026-01-01T00:00:00Z [2] after [1]");
    rig.advance(2_000);

    assertThat(CALLS).endsWith("0 2026-01-01T00:00:00Z [] after [12] final");
  }

  @Test
  void a_worker_that_is_behind_and_filters_most_ends_no_window_by_the_clock() {
    var rig = rig(reading("{\"partitionKey\": [\"k\"]}").batching(10, Duration.ZERO));

    put(rig, -600);
    for (int second = -599; second < -570; second++) {
      rig.put("other", "filtered", BEGIN.plusSeconds(second));
      rig.advance(1_000);
    }
    put(rig, -570);
    rig.advance(1_000);
    assertThat(CALLS)
        .containsExactly(
            "0 2025-12-31T23:50:00Z [1] after []", "0 2025-12-31T23:50:00Z [31] after [1]");

    rig.put("other", "filtered", BEGIN.plusSeconds(-536));
    rig.advance(1_000);
    assertThat(CALLS).hasSize(2);
    rig.put("other", "filtered", BEGIN.plusSeconds(-535));
    rig.advance(10);

    assertThat(CALLS).endsWith("0 2025-12-31T23:50:00Z [] after [131] final");
  }

  @Test
  void a_window_whose_end_failed_gets_nothing_more_before_it_has_ended() {
    var rig = rig(RetryPolicy.forever());
    FAILING.add("final");
    put(rig, 10);
    rig.advance(61_000);

    put(rig, 50);
    rig.advance(1_000);
    FAILING.clear();
    rig.drain();

    int last = CALLS.lastIndexOf("0 2026-01-01T00:00:00Z [] after [1] final");
    assertThat(CALLS.subList(1, last)).allMatch(call -> call.endsWith("final"));
    assertThat(CALLS.get(last + 1)).isEqualTo("0 2026-01-01T00:00:00Z [2] after []");
  }

  @Test
  void a_call_gets_no_more_than_its_payload_may_be() {
    var rig = rig(reading().batching(10, Duration.ZERO).maxPayloadBytes(4));

    put(rig, 10, 20, 30);
    rig.drain();

    assertThat(CALLS)
        .startsWith(
            "0 2026-01-01T00:00:00Z [1, 2] after []", "0 2026-01-01T00:00:00Z [3] after [12]");
  }

  @Test
  void a_mapping_without_report_batch_item_failures_hears_none() {
    var rig = rig(reading().lambdaCompatible());
    NAMED.add("2");

    put(rig, 10, 20);
    rig.drain();

    assertThat(CALLS).startsWith("0 2026-01-01T00:00:00Z [1, 2] after []").hasSizeLessThan(3);
    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED);
  }

  @Test
  void what_would_bring_a_window_out_of_order_is_refused() {
    var bisecting = EventSourceMapping.defaults().bisectBatchOnFunctionError(true);

    assertThatThrownBy(() -> spec(reading().parallelizationFactor(2)))
        .hasMessage(
            "function f, parallelizationFactor 2: a tumbling window has one call at a time in each"
                + " shard; leave it out");
    assertThatThrownBy(() -> spec(reading().lambdaCompatible(bisecting)))
        .hasMessage(
            "function f, bisectBatchOnFunctionError true: batches of a tumbling window are tried"
                + " again whole; leave it out");
  }

  @Test
  void what_was_not_called_goes_back_when_the_shard_leaves() {
    var rig = rig(RetryPolicy.forever());
    FAILING.add("1");
    var put = put(rig, 10, 70);
    rig.advance(10);

    rig.leave();

    assertThat(rig.returned).containsExactlyInAnyOrderElementsOf(put);
    assertThat(rig.settled).isEmpty();
  }

  private static Rig rig(RetryPolicy retry) {
    return new Rig(1, spec(retry)).start().restore();
  }

  private static Rig rig(FunctionSpec.Reading<String> reading) {
    return new Rig(1, spec(reading)).start().restore();
  }

  private static FunctionSpec.Reading<String> reading(String... patterns) {
    var input = patterns.length == 0 ? Rig.input() : Rig.input().filteredBy(patterns);
    return FunctionSpec.named("f").reading(input);
  }

  /**
   * Puts records that arrived so many seconds after the beginning, and hands them over together.
   */
  private static List<Position> put(Rig rig, int... seconds) {
    var records = new ArrayList<StreamRecord>();
    for (int second : seconds) {
      records.add(rig.record("k", Integer.toString(second), BEGIN.plusSeconds(second)));
    }
    rig.records.addAll(records);
    rig.hand(records);
    rig.advance(0);
    return records.stream().map(StreamRecord::position).toList();
  }

  private static FunctionSpec<String, String> spec(RetryPolicy retry) {
    return spec(reading().batching(10, Duration.ZERO).retrying(retry));
  }

  /** The rig wants texts as outputs, and a handler has none. */
  @SuppressWarnings("unchecked")
  private static FunctionSpec<String, String> spec(FunctionSpec.Reading<String> reading) {
    var handler =
        LambdaHandler.named(Joining.class.getName()).tumblingWindow(Duration.ofMinutes(1));
    return (FunctionSpec<String, String>) (FunctionSpec<?, ?>) reading.handledByLambda(handler);
  }
}
