package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Output;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Windows of arrival time, and inputs that end. */
@Timeout(60)
class WindowedHarnessTest {
  record Sum(int records) {}

  static final class Counting implements WindowFunction<String, Sum, String> {
    @Override
    public Sum empty() {
      return new Sum(0);
    }

    @Override
    public Sum add(Sum sum, Event<String> event) {
      return new Sum(sum.records() + 1);
    }

    @Override
    public Sum merge(Sum left, Sum right) {
      return new Sum(left.records() + right.records());
    }

    @Override
    public void close(Window window, Sum sum, Output<String> out) {
      out.send(window.key() + " " + window.start() + " " + sum.records());
    }
  }

  private static FunctionHarness<String, String> perMinute() {
    return perMinute(Windows.tumbling(Duration.ofMinutes(1)));
  }

  private static FunctionHarness<String, String> perMinute(Windows windows) {
    return perMinute(windows, Input.of(StreamSource.kinesis("in"), new Texts()));
  }

  private static FunctionHarness<String, String> perMinute(Windows windows, Input<String> input) {
    return FunctionHarness.of(
        FunctionSpec.named("per-minute")
            .reading(input.endedBy(text -> text.equals("end")))
            .windowedBy(Keys.partitionKey(), windows, Json.of(Sum.class))
            .handledBy(Counting::new, Destination.stream("out", new Texts(), text -> text)));
  }

  @Test
  void windows_of_arrival_time_follow_virtual_time() {
    var stream = perMinute();

    stream.putKeyed("k", "a", "b");
    stream.advance(Duration.ofSeconds(59));
    stream.putKeyed("k", "c");
    stream.advance(Duration.ofSeconds(1));
    assertThat(stream.output()).isEmpty();
    stream.putKeyed("k", "d");

    assertThat(stream.output()).containsExactly("k 2026-01-01T00:00:00Z 3");
  }

  @Test
  void a_late_record_has_its_window_told_again_through_crash_split_and_merge() {
    var stream = perMinute(Windows.tumbling(Duration.ofMinutes(1)).allowing(Duration.ofMinutes(1)));
    var first = stream.now();
    stream.putKeyed("k", "a");
    stream.advance(Duration.ofSeconds(60));
    stream.putKeyed("k", "b");
    stream.crash();
    stream.put("k", "late", first);
    stream.split();
    stream.put("k", "late", first);
    stream.merge();
    stream.advance(Duration.ofSeconds(60));
    stream.putKeyed("k", "c");
    stream.put("k", "too late", first);

    // What was told before the crash and not committed is told again, the same.
    assertThat(stream.output().stream().distinct())
        .containsExactly(
            "k 2026-01-01T00:00:00Z 1",
            "k 2026-01-01T00:00:00Z 2",
            "k 2026-01-01T00:00:00Z 3",
            "k 2026-01-01T00:01:00Z 1");
  }

  @Test
  void a_session_goes_on_through_crash_split_and_merge() {
    var stream = perMinute(Windows.session(Duration.ofMinutes(10)));
    stream.putKeyed("k", "a", "b");
    stream.crash();
    stream.putKeyed("k", "c");
    stream.split();
    stream.putKeyed("k", "d");
    stream.merge();
    stream.advance(Duration.ofMinutes(9));
    stream.putKeyed("k", "e");
    stream.advance(Duration.ofMinutes(11));
    stream.putKeyed("k", "another");

    assertThat(stream.output()).containsExactly("k 2026-01-01T00:00:00Z 5");
  }

  @Test
  void a_silent_shard_tells_its_windows_when_its_input_says_so() {
    var input = Input.of(StreamSource.kinesis("in"), new Texts());
    var stream =
        perMinute(Windows.tumbling(Duration.ofMinutes(1)), input.idleAfter(Duration.ofSeconds(10)));
    stream.putKeyed("k", "a");
    stream.advance(Duration.ofSeconds(59));
    assertThat(stream.output()).isEmpty();
    stream.advance(Duration.ofSeconds(15));

    assertThat(stream.output()).containsExactly("k 2026-01-01T00:00:00Z 1");
  }

  @Test
  void event_time_moves_when_the_test_says_so() {
    var stream = perMinute();
    stream.putKeyed("k", "a");
    stream.advanceWatermarkTo(stream.now().plusSeconds(60));

    assertThat(stream.output()).containsExactly("k 2026-01-01T00:00:00Z 1");
  }

  @Test
  void the_end_of_the_input_closes_all_windows_in_all_shards() {
    var stream = perMinute();
    stream.split();
    stream.split();
    IntStream.range(0, 20).forEach(i -> stream.putKeyed("k" + i, "a"));

    stream.putToEachShard("end");

    assertThat(stream.output()).hasSize(20).allMatch(line -> line.endsWith(" 1"));
  }
}
