package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.DeadLetter;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.EventId;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Misrouted;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Records that a producer packed into one, through crashes and splits. */
class AggregatedHarnessTest {
  private static final int RECORDS = 100;
  private static final int KEYS = 10;
  private static final String POISON = "50";

  private final Map<String, List<EventId>> deliveries = new LinkedHashMap<>();
  private boolean broken = true;

  /** Fails on one value while it is broken; else keeps all that it saw, by key. */
  private final class Joining implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      deliveries.computeIfAbsent(event.value(), value -> new ArrayList<>()).add(event.id());
      if (broken && event.value().equals(POISON)) {
        throw new IllegalStateException("broken");
      }
      out.send(event.value());
      return Next.state(state + event.value() + " ");
    }
  }

  @Test
  void the_records_of_an_aggregate_share_a_sequence_number_and_count_through_their_places() {
    broken = false;
    try (var stream = FunctionHarness.of(spec(Misrouted.DEAD_LETTER))) {
      stream.putAggregated(aggregate());

      assertThat(deliveries).hasSize(RECORDS);
      var sequence = deliveries.get("0").get(0).sequence();
      IntStream.range(0, RECORDS)
          .forEach(
              i ->
                  assertThat(deliveries.get(Integer.toString(i)))
                      .singleElement()
                      .satisfies(
                          id -> {
                            assertThat(id.sequence()).isEqualTo(sequence);
                            assertThat(id.subSequence()).isEqualTo(i);
                          }));
    }
  }

  @Test
  void a_crash_in_the_midst_of_an_aggregate_repeats_none_of_its_records_that_were_committed() {
    try (var stream = FunctionHarness.of(spec(Misrouted.DEAD_LETTER))) {
      stream.putAggregated(aggregate());
      stream.advance(Duration.ofSeconds(6));
      assertThat(deliveries).as("all but those behind the poisoned one").hasSize(96);

      stream.crash();
      broken = false;
      stream.advance(Duration.ofMinutes(2));

      for (int i = 0; i < RECORDS; i++) {
        var value = Integer.toString(i);
        if (!value.equals(POISON)) {
          assertThat(deliveries.get(value)).as(value).hasSize(1);
        }
      }
      assertThat(stream.output()).hasSize(RECORDS).doesNotHaveDuplicates();
      for (int key = 0; key < KEYS; key++) {
        assertThat(stream.stateOf("key-" + key, String.class)).contains(stateOf(key));
      }
    }
  }

  @Test
  void a_crash_before_any_commit_repeats_the_aggregate_and_state_holds_each_record_once() {
    broken = false;
    try (var stream = FunctionHarness.of(spec(Misrouted.DEAD_LETTER))) {
      stream.putAggregated(aggregate());

      stream.crash();
      stream.advance(Duration.ofSeconds(10));

      assertThat(deliveries.values())
          .allMatch(ids -> ids.size() == 2 && ids.get(0).equals(ids.get(1)));
      for (int key = 0; key < KEYS; key++) {
        assertThat(stream.stateOf("key-" + key, String.class)).contains(stateOf(key));
      }
    }
  }

  @Test
  void after_a_split_what_an_aggregate_brings_into_the_wrong_child_is_a_dead_letter() {
    broken = false;
    try (var stream = FunctionHarness.of(spec(Misrouted.DEAD_LETTER))) {
      stream.split();
      stream.putAggregated(aggregate());

      assertThat(stream.deadLetters())
          .isNotEmpty()
          .allSatisfy(letter -> assertThat(letter.code()).isEqualTo("Misrouted"))
          .extracting(DeadLetter::partitionKey)
          .doesNotContain("key-0");
      assertThat(stream.output().size() + stream.deadLetters().size()).isEqualTo(RECORDS);
    }
  }

  @Test
  void after_a_split_they_are_dropped_where_the_input_says_so() {
    broken = false;
    try (var stream = FunctionHarness.of(spec(Misrouted.DROP))) {
      stream.split();
      stream.putAggregated(aggregate());

      assertThat(stream.deadLetters()).isEmpty();
      assertThat(stream.output()).isNotEmpty().hasSizeLessThan(RECORDS);
      stream.advance(Duration.ofSeconds(6));
      stream.crash();
      assertThat(deliveries.values()).as("nothing is left over").allMatch(ids -> ids.size() == 1);
    }
  }

  @Test
  void an_aggregate_of_nothing_is_refused() {
    try (var stream = FunctionHarness.of(spec(Misrouted.DEAD_LETTER))) {
      assertThatThrownBy(stream::putAggregated)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("at least one record");
    }
  }

  private FunctionSpec<String, String> spec(Misrouted fate) {
    return FunctionSpec.named("join")
        .reading(Input.<String>of(StreamSource.kinesis("in"), new Texts()).misrouted(fate))
        .keyedBy(Keys.partitionKey(), new Texts())
        .handledBy(Joining::new, Destination.nowhere());
  }

  /** {@code key-0=0, key-1=1 … key-9=99}. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Map.Entry<String, String>[] aggregate() {
    return IntStream.range(0, RECORDS)
        .mapToObj(i -> Map.entry("key-" + i % KEYS, Integer.toString(i)))
        .toArray(Map.Entry[]::new);
  }

  private static String stateOf(int key) {
    var state = new StringBuilder();
    for (int i = key; i < RECORDS; i += KEYS) {
      state.append(i).append(' ');
    }
    return state.toString();
  }
}
