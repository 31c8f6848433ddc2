package io.headrace.harness;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The verifier on functions of two stages. */
@Timeout(60)
class AcrossVerifierTest {
  /** Counts by the last letter; forgets to keep its count in the state when it is wrong. */
  static final class Counting implements KeyedFunction<String, Integer, String> {
    private final boolean wrong;
    private int count;

    Counting(boolean wrong) {
      this.wrong = wrong;
    }

    @Override
    public Integer initial(String key) {
      return 0;
    }

    @Override
    public Next<Integer> handle(Integer state, Event<String> event, Output<String> out) {
      count++;
      int next = wrong ? count : state + 1;
      out.send(event.partitionKey() + ":" + event.value() + "=" + next);
      return Next.state(next);
    }
  }

  private static FunctionVerifier<String, String> verifier(boolean wrong) {
    return FunctionVerifier.of(
            FunctionSpec.named("counting")
                .reading(Input.of(StreamSource.kinesis("in"), new Texts()))
                .keyedBy(
                    Keys.across(text -> text.substring(text.length() - 1), "by-last-letter"),
                    Json.of(Integer.class))
                .handledBy(
                    () -> new Counting(wrong),
                    Destination.stream("out", new Texts(), text -> text)))
        .put("p", "ax")
        .put("q", "bx")
        .put("p", "ay", "cx");
  }

  @Test
  void a_function_of_two_stages_stands_every_variation() {
    verifier(false).verify();
  }

  /** Sums what comes within an hour, and tells it when that is over; a value is "key minute". */
  static final class HourSums implements KeyedFunction<String, Integer, String> {
    @Override
    public Integer initial(String key) {
      return 0;
    }

    @Override
    public Next<Integer> handle(Integer sum, Event<String> event, Output<String> out) {
      var next = Next.state(sum + 1);
      return sum == 0 ? next.wakeAt("hour", event.time().plus(Duration.ofHours(1))) : next;
    }

    @Override
    public Next<Integer> onTimer(Integer sum, WakeUp timer, Output<String> out) {
      out.send(timer.key() + " " + timer.due() + " " + sum);
      return Next.forget();
    }
  }

  private static Instant minuteOf(String text) {
    long minute = Long.parseLong(text.substring(text.indexOf(' ') + 1));
    return Instant.EPOCH.plus(Duration.ofMinutes(minute));
  }

  private static FunctionVerifier<String, String> hours(Keys<String> keys) {
    return FunctionVerifier.of(
            FunctionSpec.named("hours")
                .reading(
                    Input.of(StreamSource.kinesis("in"), new Texts())
                        .timedBy(AcrossVerifierTest::minuteOf)
                        .endedBy("end"::equals))
                .keyedBy(keys, Json.of(Integer.class))
                .handledBy(HourSums::new, Destination.stream("out", new Texts(), text -> text)))
        .put("p", "x 1", "x 50")
        .put("q", "z 100")
        .end("end");
  }

  @Test
  void the_end_of_the_input_fires_all_timers_in_every_variation_through_a_stream_and_without() {
    hours(Keys.across(text -> text.substring(0, 1), "by-first-letter")).verify();
    hours(Keys.partitionKey()).verify();
  }

  private static FunctionVerifier<AcrossHarnessTest.Flight, AcrossHarnessTest.DayOfOrigin> days() {
    var day = Instant.parse("2026-03-01T00:00:00Z");
    var zurich = new AcrossHarnessTest.Flight("ZRH", "LX", day.plusSeconds(60), 10);
    var delayed = new AcrossHarnessTest.Flight("ZRH", "LX", day.plusSeconds(70), 50);
    var geneva = new AcrossHarnessTest.Flight("GVA", "LX", day.plusSeconds(90), 0);
    return FunctionVerifier.of(AcrossHarnessTest.Delays.spec())
        .put("LX", zurich, delayed, geneva)
        .put("EK", delayed, zurich, geneva)
        .end(new AcrossHarnessTest.Flight("END", "END", day, 0));
  }

  @Test
  void windows_whose_records_are_summed_up_before_the_stream_stand_every_variation() {
    days().verify();
  }

  @Test
  void a_count_in_a_field_is_found_in_the_second_stage_too() {
    assertThatThrownBy(() -> verifier(true).verify()).isInstanceOf(AssertionError.class);
  }
}
