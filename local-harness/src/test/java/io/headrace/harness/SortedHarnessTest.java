package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.WakeUp;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records in the order of their event time, and producers' duplicates. */
@Timeout(60)
class SortedHarnessTest {
  record Reading(String sensor, int second, String id) {
    Instant time() {
      return Instant.parse("2026-01-01T00:00:00Z").plusSeconds(second);
    }
  }

  static final class Listing implements KeyedFunction<Reading, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String list, Event<Reading> event, Output<String> out) {
      out.send(event.value().id());
      return Next.state(list + event.value().id());
    }
  }

  private static Input<Reading> input() {
    return Input.of(StreamSource.kinesis("readings"), Json.of(Reading.class))
        .timedBy(Reading::time);
  }

  /** Readings of then have no id. */
  private static final Instant UNNAMED = new Reading("s", 3, "").time();

  private static FunctionSpec<Reading, String> sorted() {
    return FunctionSpec.named("sorted")
        .reading(input())
        .sortedWithin(Duration.ofSeconds(5))
        .inFlight(10)
        .keyedBy(Keys.across(Reading::sensor, "by-sensor"), Json.of(String.class))
        .handledBy(Listing::new, Destination.stream("out", new Texts(), text -> text));
  }

  private static FunctionSpec<Reading, String> once() {
    return FunctionSpec.named("once")
        .reading(input().deduplicatedBy(Reading::id, Duration.ofMinutes(10)))
        .keyedBy(Keys.partitionKey(), Json.of(String.class))
        .handledBy(Listing::new, Destination.stream("out", new Texts(), text -> text));
  }

  @Test
  void records_of_a_key_come_in_the_order_of_their_event_time() {
    var stream = FunctionHarness.of(sorted());

    stream.putKeyed("a", new Reading("s", 3, "c"));
    stream.putKeyed("b", new Reading("s", 1, "a"));
    stream.advance(Duration.ofSeconds(4));
    stream.putKeyed("c", new Reading("s", 2, "b"));
    assertThat(stream.output()).isEmpty();
    stream.advance(Duration.ofSeconds(1));

    assertThat(stream.output()).containsExactly("a", "b", "c");
  }

  @Test
  void what_waits_when_a_worker_crashes_is_sorted_by_the_next() {
    var stream = FunctionHarness.of(sorted());
    stream.putKeyed("a", new Reading("s", 3, "c"));
    stream.putKeyed("b", new Reading("s", 1, "a"));

    stream.crash();
    stream.advance(Duration.ofSeconds(10));

    assertThat(stream.stateOf("s", String.class)).contains("ac");
  }

  @Test
  void where_there_is_no_room_to_wait_the_earlier_half_goes_on() {
    var stream = FunctionHarness.of(sorted());

    IntStream.range(0, 30)
        .forEach(i -> stream.putKeyed("k" + i, new Reading("s", 30 - i, "," + (30 - i))));
    assertThat(stream.output()).isNotEmpty();
    stream.advance(Duration.ofSeconds(10));

    assertThat(stream.output()).hasSize(30);
    assertThat(stream.deadLetters()).isEmpty();
  }

  @Test
  void records_with_an_empty_id_are_no_duplicates_of_each_other() {
    var stream =
        FunctionHarness.of(
            FunctionSpec.named("once")
                .reading(
                    input()
                        .deduplicatedBy(
                            reading -> reading.time().equals(UNNAMED) ? "" : reading.id(),
                            Duration.ofMinutes(10)))
                .keyedBy(Keys.partitionKey(), Json.of(String.class))
                .handledBy(Listing::new, Destination.stream("out", new Texts(), text -> text)));

    stream.putKeyed("a", new Reading("s", 1, "x"));
    stream.putKeyed("a", new Reading("s", 2, "x"));
    stream.putKeyed("a", new Reading("s", 3, "y"));
    stream.putKeyed("a", new Reading("s", 3, "z"));

    assertThat(stream.output()).containsExactly("x", "y", "z");
  }

  private static final AtomicBoolean broken = new AtomicBoolean();

  /** Sets a timer with its first record, and fails at "x" while it is told to. */
  static final class Waking implements KeyedFunction<Reading, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String list, Event<Reading> event, Output<String> out) {
      var id = event.value().id();
      if (id.equals("x") && broken.get()) {
        throw new IllegalStateException("not yet");
      }
      out.send(id);
      var next = Next.state(list + id);
      return id.equals("set") ? next.wakeAt("t", event.time().plusSeconds(14)) : next;
    }

    @Override
    public Next<String> onTimer(String list, WakeUp timer, Output<String> out) {
      out.send("timer");
      return Next.same();
    }
  }

  /**
   * What is sorted comes in another order than it lies in the shard: so a record that lies behind
   * one that is still to come says nothing of it.
   */
  @Test
  void a_timer_waits_for_the_records_before_it_when_a_worker_crashes() {
    var stream =
        FunctionHarness.of(
            FunctionSpec.named("sorted")
                .reading(input())
                .sortedWithin(Duration.ofSeconds(5))
                .keyedBy(Keys.across(Reading::sensor, "by-sensor"), Json.of(String.class))
                .handledBy(Waking::new, Destination.stream("out", new Texts(), text -> text)));
    broken.set(true);
    stream.putKeyed("a", new Reading("s", 1, "set"));
    stream.putKeyed("a", new Reading("s", 10, "x"));
    stream.putKeyed("a", new Reading("other", 20, "y"));
    stream.advance(Duration.ofSeconds(20));
    assertThat(stream.takeOutput()).containsExactlyInAnyOrder("set", "y");

    stream.putKeyed("a", new Reading("other", 3, "z"));
    broken.set(false);
    stream.crash();
    stream.advance(Duration.ofSeconds(20));

    assertThat(stream.takeOutput()).filteredOn(id -> !id.equals("z")).containsExactly("x", "timer");
  }

  @Test
  void sorting_is_refused_where_records_do_not_come_together() {
    var reading = FunctionSpec.named("f").reading(input()).sortedWithin(Duration.ofSeconds(1));

    assertThatThrownBy(
            () ->
                reading
                    .keyedBy(Keys.partitionKey(), Json.of(String.class))
                    .handledBy(Listing::new, Destination.<String>nowhere()))
        .hasMessageContaining(
            "function f, sortedWithin PT1S: is for keyed functions by Keys.across");
    assertThatThrownBy(
            () -> FunctionSpec.named("f").reading(input()).sortedWithin(Duration.ofMinutes(2)))
        .hasMessageContaining("sortedWithin PT2M: must be between 1 ms and 1 min");
  }

  @Test
  void a_record_that_its_producer_put_twice_is_handled_once() {
    var stream = FunctionHarness.of(once());

    stream.putKeyed("k", new Reading("s", 1, "a"), new Reading("s", 1, "a"));
    stream.putKeyed("k", new Reading("s", 2, "b"));
    stream.putKeyed("k", new Reading("s", 1, "a"));

    assertThat(stream.stateOf("k", String.class)).contains("ab");
  }

  @Test
  void ids_are_remembered_through_commits_crashes_splits_and_merges() {
    var stream = FunctionHarness.of(once());
    stream.putKeyed("k", new Reading("s", 1, "a"));
    stream.advance(Duration.ofSeconds(6));
    stream.putKeyed("k", new Reading("s", 1, "b"));

    stream.crash();
    stream.putKeyed("k", new Reading("s", 1, "a"), new Reading("s", 1, "b"));
    stream.split();
    stream.putKeyed("k", new Reading("s", 1, "a"), new Reading("s", 1, "c"));
    stream.merge();
    stream.putKeyed("k", new Reading("s", 1, "c"), new Reading("s", 1, "b"));

    assertThat(stream.stateOf("k", String.class)).contains("abc");
  }

  @Test
  void an_id_is_new_again_when_its_span_is_over() {
    var stream = FunctionHarness.of(once());
    stream.putKeyed("k", new Reading("s", 1, "a"));

    stream.advance(Duration.ofMinutes(10));
    stream.putKeyed("k", new Reading("s", 1, "a"));

    assertThat(stream.stateOf("k", String.class)).contains("aa");
  }

  @Test
  void what_can_not_be_decoded_is_no_duplicate() {
    var stream = FunctionHarness.of(once());

    stream.putBytes("k", new byte[] {1});
    stream.putBytes("k", new byte[] {1});

    assertThat(stream.deadLetters()).hasSize(2);
  }
}
