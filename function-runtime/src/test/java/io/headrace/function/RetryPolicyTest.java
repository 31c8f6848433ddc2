package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryPolicyTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static List<Duration> waits(long seed) {
    var policy = RetryPolicy.forever().backingOff(Duration.ofMillis(100), Duration.ofSeconds(10));
    var random = new SplittableRandom(seed);
    var waits = new ArrayList<Duration>();
    for (int attempts = 1; attempts <= 12; attempts++) {
      waits.add(policy.waitAfter(attempts, random));
    }
    return waits;
  }

  @Test
  void waits_double_up_to_the_longest_and_are_the_same_for_the_same_seed() {
    var waits = waits(7);
    for (int i = 0; i < waits.size(); i++) {
      long full = Math.min(10_000, 100L << i);
      assertThat(waits.get(i)).isBetween(Duration.ofMillis(full / 2), Duration.ofMillis(full));
    }
    assertThat(waits(7)).isEqualTo(waits);
    assertThat(waits(8)).as("jitter").isNotEqualTo(waits);
  }

  @Test
  void a_record_is_too_old_from_its_age_on() {
    var patience = RetryPolicy.forever().within(Duration.ofMinutes(1)).patience();
    assertThat(patience.isTooOld(NOW.minusSeconds(59), NOW)).isFalse();
    assertThat(patience.isTooOld(NOW.minusSeconds(60), NOW)).isTrue();
    assertThat(patience.isTooOld(null, NOW)).as("a window has no age").isFalse();
    assertThat(Patience.ENDLESS.isTooOld(Instant.EPOCH, NOW)).isFalse();
  }

  @Test
  void what_is_set_stays_set_whatever_is_set_behind_it() {
    var policy =
        RetryPolicy.upTo(3)
            .within(Duration.ofHours(1))
            .unavailableOn(IOException.class)
            .pausingAbove(0.5, 10)
            .terminalOn(IllegalStateException.class)
            .backingOff(Duration.ofSeconds(1), Duration.ofSeconds(2))
            .thenSendTo(DeadLetters.toStream("letters"));
    assertThat(policy.retries()).isEqualTo(3);
    assertThat(policy.patience())
        .isEqualTo(
            new Patience(
                Duration.ofHours(1), List.of(IOException.class), 5, 10, KeyParking.DEFAULT));
    assertThat(policy.isTerminal(new IllegalStateException())).isTrue();
    assertThat(policy.withRetries(9).patience()).isEqualTo(policy.patience());
  }

  @Test
  void an_outage_is_named_by_its_exception_or_its_type() {
    var patience = RetryPolicy.forever().unavailableOn(IOException.class).patience();
    var thrown = new Unavailable("crm", Duration.ofSeconds(5), null);
    assertThat(patience.outage(new CompletionException(thrown)))
        .isEqualTo(new Patience.Outage("crm", Duration.ofSeconds(5)));
    assertThat(patience.outage(new java.net.ConnectException("refused")))
        .isEqualTo(new Patience.Outage("ConnectException", Duration.ZERO));
    assertThat(patience.outage(new IllegalStateException())).isNull();
  }

  @Test
  void retry_after_is_an_hour_at_most_and_never_negative() {
    var patience = Patience.ENDLESS;
    assertThat(patience.outage(new Unavailable("crm", Duration.ofDays(2), null)))
        .isEqualTo(new Patience.Outage("crm", Duration.ofHours(1)));
    assertThat(patience.outage(new Unavailable("crm", Duration.ofSeconds(-1), null)))
        .isEqualTo(new Patience.Outage("crm", Duration.ZERO));
  }

  @ParameterizedTest
  @CsvSource({"-0.1, 10", "1.0, 10", "NaN, 10", "0.5, 0", "0.5, 100001"})
  void a_share_that_is_none_is_refused(double share, int ofLast) {
    assertThatThrownBy(() -> RetryPolicy.forever().pausingAbove(share, ofLast))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("pausingAbove " + share + " of the last " + ofLast + ":");
  }

  @Test
  void values_out_of_range_are_named() {
    assertThatThrownBy(() -> RetryPolicy.forever().within(Duration.ZERO))
        .hasMessageContaining("within PT0S");
    assertThatThrownBy(() -> RetryPolicy.forever().within(Duration.ofDays(366)))
        .hasMessageContaining("within PT8784H");
    assertThatThrownBy(() -> RetryPolicy.forever().unavailableOn(Throwable.class))
        .hasMessageContaining("unavailableOn java.lang.Throwable: would take in errors");
    assertThatThrownBy(() -> RetryPolicy.forever().within(Duration.ofSeconds(Long.MAX_VALUE)))
        .hasMessageContaining("must be between 1 ms and 365 days");
  }

  @Test
  void an_exception_is_made_whatever_it_is_given() {
    assertThat(new Unavailable("", Duration.ZERO, null).dependency()).isEqualTo("unnamed");
    assertThat(new Unavailable("x".repeat(99), Duration.ZERO, null).dependency())
        .isEqualTo("x".repeat(64));
    assertThat(new TerminalFailure("", "why").code()).isEqualTo("TerminalFailure");
    assertThat(new TerminalFailure("x".repeat(99), "why").code()).isEqualTo("x".repeat(64));
  }

  @Test
  void what_the_runtime_asks_of_an_exception_no_subclass_changes() throws Exception {
    for (var method :
        List.of(
            Unavailable.class.getMethod("dependency"),
            Unavailable.class.getMethod("retryAfter"),
            TerminalFailure.class.getMethod("code"))) {
      assertThat(Modifier.isFinal(method.getModifiers())).as("%s", method).isTrue();
    }
  }

  @Test
  void an_outage_without_a_class_name_is_named_by_the_type_that_was_given() {
    var patience = RetryPolicy.forever().unavailableOn(IOException.class).patience();
    assertThat(patience.outage(new IOException("nameless") {}))
        .isEqualTo(new Patience.Outage("IOException", Duration.ZERO));
  }

  @Test
  void a_share_is_as_many_records_as_it_says() {
    assertThat(RetryPolicy.forever().pausingAbove(0.29, 100).patience().failuresMax())
        .isEqualTo(29);
    assertThat(RetryPolicy.forever().pausingAbove(0.999, 100).patience().failuresMax())
        .isEqualTo(99);
  }

  @Test
  void of_the_last_records_only_so_many_count() {
    var share = new FailureShare(2, 4);
    assertThat(share.add(true)).isFalse();
    assertThat(share.add(true)).isFalse();
    assertThat(share.isFull()).isFalse();
    for (int i = 0; i < 4; i++) {
      assertThat(share.add(false)).isFalse();
    }
    assertThat(share.isFull()).isTrue();
    assertThat(share.add(true)).as("the first two are forgotten").isFalse();
    assertThat(share.add(true)).isFalse();
    assertThat(share.add(true)).isTrue();
    share.clear();
    assertThat(share.add(true)).isFalse();
  }
}
