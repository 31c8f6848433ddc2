package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.DeadLetter;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.WakeUp;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records that say a time which no clock shows, as some producers do for one that is not known. */
@Timeout(120)
class EventTimesTest {
  private static final String POISON = "poison";
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  /** The latest day that the calendar has a next one of. */
  private static final Instant LAST_DAY = Instant.parse("+999999999-12-30T00:00:00Z");

  private static final List<Instant> UNHEARD_OF =
      List.of(Instant.MIN, Instant.MAX, Instant.MAX.minusNanos(1), LAST_DAY);

  record Reading(String id, Instant at) {}

  static final class Listing implements WindowFunction<Reading, String, String> {
    @Override
    public String empty() {
      return "";
    }

    @Override
    public String add(String sum, Event<Reading> event) {
      return sum + event.value().id();
    }

    @Override
    public String merge(String left, String right) {
      return left + right;
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      out.send(sum);
    }
  }

  /** Tells with a timer what has come of a key within an hour of its first record. */
  static final class WithinTheHour implements KeyedFunction<Reading, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String list, Event<Reading> event, Output<String> out) {
      var next = Next.state(list + event.value().id());
      return list.isEmpty() ? next.wakeAt("hour", event.time().plusSeconds(3600)) : next;
    }

    @Override
    public Next<String> onTimer(String list, WakeUp timer, Output<String> out) {
      out.send(list);
      return Next.forget();
    }
  }

  private static FunctionSpec.Reading<Reading> reading(Keys<Reading> keys) {
    var input = Input.of(StreamSource.kinesis("in"), Json.of(Reading.class)).timedBy(Reading::at);
    return FunctionSpec.named("times")
        .reading(keys instanceof Keys.Across ? input : input.idleAfter(Duration.ofMinutes(5)));
  }

  private static FunctionSpec<Reading, String> windows(Keys<Reading> keys) {
    return reading(keys)
        .windowedBy(
            keys,
            Windows.daily(ZoneOffset.UTC)
                .waiting(Duration.ofDays(366))
                .allowing(Duration.ofDays(366)),
            Json.of(String.class))
        .handledBy(Listing::new, Destination.nowhere());
  }

  private static FunctionSpec<Reading, String> timers(Keys<Reading> keys) {
    return reading(keys)
        .keyedBy(keys, Json.of(String.class))
        .handledBy(WithinTheHour::new, Destination.nowhere());
  }

  private static Keys<Reading> across() {
    return Keys.across(reading -> "all", "in-by-all");
  }

  /** What is told of records around one of such a time: as if that had never come. */
  private static void toldAsIfItHadNotCome(
      FunctionSpec<Reading, String> spec, Instant time, Duration later, String told) {
    try (var stream = FunctionHarness.of(spec)) {
      stream.putKeyed("k", new Reading("a", NOON));
      stream.putKeyed("k", new Reading(POISON, time));
      stream.advance(Duration.ofMinutes(1));
      stream.putKeyed("k", new Reading("b", NOON.plusSeconds(60)));
      stream.advance(Duration.ofMinutes(1));
      assertThat(stream.output()).as("%s", time).isEmpty();
      stream.putKeyed("k", new Reading("c", NOON.plus(later)));
      stream.advance(Duration.ofMinutes(1));

      assertThat(stream.output()).as("%s", time).containsExactly(told);
      assertThat(stream.deadLetters())
          .as("%s", time)
          .extracting(DeadLetter::code)
          .containsExactly("NoEventTime");
    }
  }

  @Test
  void windows_go_on_behind_a_time_that_no_clock_shows() {
    for (var time : UNHEARD_OF) {
      toldAsIfItHadNotCome(windows(Keys.partitionKey()), time, Duration.ofDays(800), "ab");
      toldAsIfItHadNotCome(windows(across()), time, Duration.ofDays(800), "ab");
    }
  }

  /** The record that shows that the time has come goes before a timer of its key. */
  @Test
  void timers_go_on_behind_a_time_that_no_clock_shows() {
    for (var time : UNHEARD_OF) {
      toldAsIfItHadNotCome(timers(Keys.partitionKey()), time, Duration.ofHours(2), "abc");
      toldAsIfItHadNotCome(timers(across()), time, Duration.ofHours(2), "abc");
    }
  }
}
