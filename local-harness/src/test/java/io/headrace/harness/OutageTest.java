package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.RecordFunction;
import io.headrace.function.RetryPolicy;
import io.headrace.function.Unavailable;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A dependency that is off for two minutes under load, through the whole runtime. */
@Timeout(60)
class OutageTest {
  private static final int RECORDS_A_SECOND = 50;
  private static final int KEYS = 40;

  private final Map<String, List<Integer>> handled = new HashMap<>();
  private boolean down;
  private int probes;
  private int put;

  private final RecordFunction<String, String> function =
      (event, out) -> {
        if (down) {
          probes++;
          throw new Unavailable("crm", Duration.ZERO, null);
        }
        handled
            .computeIfAbsent(event.partitionKey(), key -> new ArrayList<>())
            .add(Integer.parseInt(event.value()));
      };

  private FunctionHarness<String, String> stream() {
    return FunctionHarness.of(
        FunctionSpec.named("f")
            .reading(Input.of(StreamSource.kinesis("in"), new Texts()))
            .retrying(
                RetryPolicy.upTo(0).backingOff(Duration.ofMillis(100), Duration.ofSeconds(10)))
            .handledBy(() -> function, Destination.nowhere()));
  }

  private void load(FunctionHarness<String, String> stream, int seconds) {
    for (int second = 0; second < seconds; second++) {
      for (int i = 0; i < RECORDS_A_SECOND; i++) {
        stream.putKeyed("k" + put % KEYS, String.valueOf(put));
        put++;
      }
      stream.advance(Duration.ofSeconds(1));
    }
  }

  private int lag() {
    return put - handled.values().stream().mapToInt(List::size).sum();
  }

  @Test
  void an_outage_writes_no_letter_keeps_the_order_and_lag_falls_when_it_is_over() {
    var stream = stream();
    load(stream, 10);
    assertThat(lag()).isZero();

    down = true;
    load(stream, 120);
    assertThat(stream.outage())
        .hasValueSatisfying(pause -> assertThat(pause.dependency()).contains("crm"));
    assertThat(lag()).isEqualTo(120 * RECORDS_A_SECOND);
    assertThat(probes).as("calls while it was down").isLessThan(KEYS + 60);

    down = false;
    for (int second = 0; second < 11 && stream.outage().isPresent(); second++) {
      load(stream, 1);
    }
    assertThat(stream.outage()).as("10 s is the longest back-off").isEmpty();
    int before = lag();
    for (int second = 0; second < 30 && lag() > 0; second++) {
      load(stream, 1);
      assertThat(lag()).as("%s s after the end", second + 1).isLessThanOrEqualTo(before);
      before = lag();
    }
    assertThat(lag()).isZero();
    assertThat(stream.deadLetters()).isEmpty();
    handled.values().forEach(its -> assertThat(its).isSorted().doesNotHaveDuplicates());
  }
}
