package io.headrace.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.EventId;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.Side;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Functions that are keyed by something else than the partition key, through a stream. */
@Timeout(60)
class AcrossHarnessTest {
  record Flight(String origin, String carrier, Instant departed, int delayMinutes) {}

  record Sum(long flights, long minutes, long late) {}

  record DayOfOrigin(
      String origin, Instant day, long flights, double meanDelay, double shareLate, int revision) {}

  /** The second program of the design, as it is written there. */
  static final class Delays implements WindowFunction<Flight, Sum, DayOfOrigin> {
    static final Side<Flight> TOO_LATE = Side.named("too-late", Flight.class);

    @Override
    public Sum empty() {
      return new Sum(0, 0, 0);
    }

    @Override
    public Sum add(Sum s, Event<Flight> e) {
      var f = e.value();
      return new Sum(
          s.flights + 1, s.minutes + f.delayMinutes(), s.late + (f.delayMinutes() > 15 ? 1 : 0));
    }

    @Override
    public Sum merge(Sum a, Sum b) {
      return new Sum(a.flights + b.flights, a.minutes + b.minutes, a.late + b.late);
    }

    @Override
    public void close(Window w, Sum s, Output<DayOfOrigin> out) {
      out.send(
          new DayOfOrigin(
              w.key(),
              w.start(),
              s.flights,
              (double) s.minutes / s.flights,
              (double) s.late / s.flights,
              0));
    }

    static FunctionSpec<Flight, DayOfOrigin> spec() {
      return FunctionSpec.named("delays-per-origin")
          .reading(
              Input.of(StreamSource.kinesis("flights"), Json.of(Flight.class))
                  .timedBy(Flight::departed)
                  .endedBy(flight -> flight.origin().equals("END")))
          .windowedBy(
              Keys.across(Flight::origin, "flights-by-origin"),
              Windows.daily(ZoneOffset.UTC).waiting(Duration.ofHours(1)).lateTo(TOO_LATE),
              Json.of(Sum.class))
          .sendingSide(
              TOO_LATE, Destination.stream("late-flights", Json.of(Flight.class), Flight::origin))
          .handledBy(
              Delays::new,
              Destination.stream("delays", Json.of(DayOfOrigin.class), DayOfOrigin::origin));
    }
  }

  private static final Instant DAY = Instant.parse("2026-03-01T00:00:00Z");

  private static Flight flight(String origin, String carrier, int hour, int delay) {
    return new Flight(origin, carrier, DAY.plus(Duration.ofHours(hour)), delay);
  }

  private static void put(FunctionHarness<Flight, DayOfOrigin> stream, Flight flight) {
    stream.putKeyed(flight.carrier(), flight);
  }

  private static final Flight END = new Flight("END", "END", DAY, 0);

  @Test
  void days_close_by_the_slowest_shard_of_the_input() {
    var stream = FunctionHarness.of(Delays.spec());
    stream.split();
    // "a" and "b" lie in different halves of the hash range.
    put(stream, flight("ZRH", "a", 8, 10));
    put(stream, flight("ZRH", "b", 9, 20));
    put(stream, flight("GVA", "b", 26, 0));
    stream.advance(Duration.ofSeconds(2));
    assertThat(stream.output()).as("one shard is at eight o'clock still").isEmpty();

    put(stream, flight("GVA", "a", 27, 0));
    stream.advance(Duration.ofSeconds(2));

    assertThat(stream.output()).containsExactly(new DayOfOrigin("ZRH", DAY, 2, 15, 0.5, 0));
    assertThat(stream.deadLetters()).isEmpty();
  }

  @Test
  void a_shard_that_falls_silent_holds_windows_back_for_a_minute() {
    var stream = FunctionHarness.of(Delays.spec());
    stream.split();
    put(stream, flight("ZRH", "a", 8, 10));
    put(stream, flight("ZRH", "a", 26, 10));
    stream.advance(Duration.ofSeconds(50));
    assertThat(stream.output()).as("nothing was heard of the other shard").isEmpty();

    stream.advance(Duration.ofSeconds(30));

    assertThat(stream.output()).containsExactly(new DayOfOrigin("ZRH", DAY, 1, 10, 0, 0));
  }

  @Test
  void what_comes_behind_the_watermark_of_all_goes_to_the_side() {
    var stream = FunctionHarness.of(Delays.spec());
    put(stream, flight("ZRH", "a", 8, 10));
    put(stream, flight("ZRH", "a", 26, 0));
    stream.advance(Duration.ofSeconds(2));
    var late = flight("ZRH", "b", 9, 99);

    put(stream, late);
    stream.advance(Duration.ofSeconds(2));

    assertThat(stream.output()).containsExactly(new DayOfOrigin("ZRH", DAY, 1, 10, 0, 0));
    assertThat(stream.output(Delays.TOO_LATE)).containsExactly(late);
  }

  @Test
  void sums_are_right_through_splits_merges_crashes_and_redeployments_of_both_stages() {
    var stream = FunctionHarness.of(Delays.spec());
    var expected = new TreeMap<String, long[]>();
    var disturbances =
        List.<Runnable>of(
            stream::split,
            stream::crash,
            stream::split,
            () -> stream.redeployWith(Delays.spec()),
            stream::merge,
            stream::crash,
            stream::merge);
    int number = 0;
    for (var disturbance : disturbances) {
      for (int i = 0; i < 40; i++) {
        var flight = flight("origin-" + i % 7, "carrier-" + i % 5, number % 24, number % 31);
        put(stream, flight);
        var sum = expected.computeIfAbsent(flight.origin(), origin -> new long[2]);
        sum[0]++;
        sum[1] += flight.delayMinutes();
        number++;
      }
      stream.advance(Duration.ofMillis(700));
      disturbance.run();
    }

    stream.putToEachShard(END);
    stream.advance(Duration.ofSeconds(10));

    var days = new TreeMap<String, long[]>();
    for (var day : stream.output()) {
      days.put(
          day.origin(), new long[] {day.flights(), Math.round(day.meanDelay() * day.flights())});
    }
    assertThat(days.keySet()).isEqualTo(expected.keySet());
    days.forEach((origin, sum) -> assertThat(sum).as(origin).isEqualTo(expected.get(origin)));
    assertThat(stream.output(Delays.TOO_LATE)).isEmpty();
    assertThat(stream.deadLetters()).isEmpty();
  }

  /** Text that {@link Texts} refuses. */
  static final class Shouted implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(UTF_8);
    }
  }

  /** Counts by the last letter, and tells who it saw. */
  static final class Counting implements KeyedFunction<String, Integer, String> {
    private final List<EventId> ids;

    Counting(List<EventId> ids) {
      this.ids = ids;
    }

    @Override
    public Integer initial(String key) {
      return 0;
    }

    @Override
    public Next<Integer> handle(Integer count, Event<String> event, Output<String> out) {
      ids.add(event.id());
      out.send(event.partitionKey() + ":" + event.value() + "=" + (count + 1));
      return Next.state(count + 1);
    }

    static FunctionSpec<String, String> spec(List<EventId> ids) {
      return FunctionSpec.named("counting")
          .reading(
              Input.of(StreamSource.kinesis("left"), new Texts()),
              Input.of(StreamSource.kinesis("right"), new Shouted()))
          .keyedBy(
              Keys.across(text -> text.substring(text.length() - 1), "by-last-letter"),
              Json.of(Integer.class))
          .handledBy(() -> new Counting(ids), Destination.stream("out", new Texts(), text -> text));
    }
  }

  @Test
  void a_key_is_counted_over_partition_keys_and_inputs() {
    var ids = new ArrayList<EventId>();
    var stream = FunctionHarness.of(Counting.spec(ids));

    stream.putKeyed("p", "ax");
    stream.putKeyed("q", "bx");
    stream.putKeyed("p", "ay");
    stream.putKeyed("r", "!x");

    assertThat(stream.output()).containsExactly("p:ax=1", "q:bx=2", "p:ay=1", "r:!x=3");
    assertThat(stream.stateOf("x", Integer.class)).contains(3);
    assertThat(ids).extracting(EventId::stream).containsExactly("left", "left", "left", "right");
  }

  @Test
  void what_is_carried_twice_after_a_crash_is_counted_once() {
    var stream = FunctionHarness.of(Counting.spec(new ArrayList<>()));
    stream.putKeyed("p", "ax", "bx", "cx");

    stream.crash();
    stream.putKeyed("p", "dx");
    stream.advance(Duration.ofSeconds(10));

    assertThat(stream.stateOf("x", Integer.class)).contains(4);
  }

  @Test
  void what_can_not_be_decoded_is_a_letter_of_the_first_stage_and_a_key_that_fails_too() {
    var stream = FunctionHarness.of(Delays.spec());

    stream.putBytes("k", "no json".getBytes(UTF_8));
    stream.putBytes(
        "k",
        "{\"origin\":null,\"carrier\":\"c\",\"departed\":0,\"delayMinutes\":1}".getBytes(UTF_8));
    stream.advance(Duration.ofSeconds(2));

    assertThat(stream.deadLetters()).extracting(letter -> letter.code()).contains("Undecodable");
    assertThat(stream.deadLetters()).hasSize(2);
  }

  private static FunctionSpec<String, String> counting(Codec<String> codec) {
    return FunctionSpec.named("counting")
        .reading(Input.of(StreamSource.kinesis("in"), codec))
        .keyedBy(
            Keys.across(text -> text.substring(text.length() - 1), "by-last-letter"),
            Json.of(Integer.class))
        .handledBy(
            () -> new Counting(new ArrayList<>()),
            Destination.stream("out", new Texts(), text -> text));
  }

  @Test
  void a_letter_of_the_first_stage_is_carried_and_counted_once_when_it_is_played_again() {
    var stream = FunctionHarness.of(counting(new Texts()));
    stream.putBytes("p", "!x".getBytes(UTF_8));
    stream.putKeyed("p", "ax");
    stream.advance(Duration.ofSeconds(10));
    assertThat(stream.stateOf("x", Integer.class)).contains(1);

    stream.redeployWith(counting(new Shouted()));
    assertThat(stream.redrive()).isEqualTo(1);
    assertThat(stream.redrive()).isZero();

    assertThat(stream.stateOf("x", Integer.class)).contains(2);
  }

  @Test
  void keys_that_no_stream_takes_have_a_state_like_others() {
    var longKey = "k".repeat(10_000);
    var spec =
        FunctionSpec.named("long-keys")
            .reading(Input.of(StreamSource.kinesis("in"), new Texts()))
            .keyedBy(
                Keys.across(text -> text.equals("none") ? "" : longKey, "by-long-key"),
                Json.of(Integer.class))
            .<String>handledBy(
                () -> new Counting(new ArrayList<>()),
                Destination.stream("out", new Texts(), text -> "k"));
    var stream = FunctionHarness.of(spec);

    stream.putKeyed("p", "a", "none");
    stream.putKeyed("q", "b");

    assertThat(stream.output()).containsExactlyInAnyOrder("p:a=1", "p:none=1", "q:b=2");
    assertThat(stream.deadLetters()).isEmpty();
  }
}
