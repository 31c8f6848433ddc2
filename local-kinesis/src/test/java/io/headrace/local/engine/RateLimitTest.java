package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final long T0 = 1_769_044_922_500L;

  @Test
  void a_full_bucket_gives_its_burst_and_then_as_much_as_flows_in() {
    RateLimit limit = new RateLimit(1000, 1000);

    assertThat(limit.take(1000, T0)).isTrue();
    assertThat(limit.take(1, T0)).isFalse();
    assertThat(limit.take(1, T0 + 1)).isTrue();
    assertThat(limit.take(1, T0 + 1)).isFalse();
    assertThat(limit.take(999, T0 + 1000)).isTrue();
    assertThat(limit.take(1, T0 + 1000)).isFalse();
  }

  @Test
  void what_does_not_fit_takes_nothing() {
    RateLimit limit = new RateLimit(10, 10);

    assertThat(limit.take(6, T0)).isTrue();
    assertThat(limit.take(5, T0)).isFalse();
    assertThat(limit.take(4, T0)).isTrue();
  }

  @Test
  void more_than_the_burst_passes_when_the_bucket_is_full_and_is_owed() {
    RateLimit limit = new RateLimit(10, 10);

    assertThat(limit.take(1, T0)).isTrue();
    assertThat(limit.take(30, T0)).isFalse();
    assertThat(limit.take(30, T0 + 100)).isTrue();
    assertThat(limit.millisUntilOpen(T0 + 100)).isEqualTo(2000);
  }

  @Test
  void a_charge_above_the_burst_costs_its_whole_time() {
    RateLimit limit = new RateLimit(2 << 20, 2 << 20);

    limit.charge(10 << 20, T0);

    assertThat(limit.millisUntilOpen(T0)).isEqualTo(5000);
    assertThat(limit.isOpen(T0 + 4999)).isFalse();
    assertThat(limit.isOpen(T0 + 5000)).isTrue();
  }

  @Test
  void charges_within_the_burst_use_what_was_saved() {
    RateLimit limit = new RateLimit(1000, 1000);

    limit.charge(600, T0);
    assertThat(limit.isOpen(T0)).isTrue();
    limit.charge(600, T0);
    assertThat(limit.millisUntilOpen(T0)).isEqualTo(200);
  }

  @Test
  void a_rate_of_less_than_one_a_second_is_exact_too() {
    RateLimit limit = new RateLimit(0.1, 1);

    assertThat(limit.take(1, T0)).isTrue();
    assertThat(limit.take(1, T0 + 9_999)).isFalse();
    assertThat(limit.take(1, T0 + 10_000)).isTrue();
  }

  @Test
  void a_rest_of_years_and_a_clock_set_back_leave_a_full_bucket_and_no_more() {
    RateLimit limit = new RateLimit(1e12, 1000);

    assertThat(limit.take(1000, 0)).isTrue();
    assertThat(limit.take(1000, Long.MAX_VALUE / 2)).isTrue();
    assertThat(limit.take(1, T0)).isFalse();
    assertThat(limit.has(1000, Long.MAX_VALUE / 2 + 1)).isTrue();
    assertThat(limit.take(1000, Long.MAX_VALUE)).isTrue();
    assertThat(limit.take(1, Long.MAX_VALUE)).isFalse();
  }

  @Test
  void a_rate_that_makes_no_sense_is_refused_with_its_value() {
    assertThatThrownBy(() -> new RateLimit(0, 1)).hasMessageContaining("is 0.0");
    assertThatThrownBy(() -> new RateLimit(Double.NaN, 1)).hasMessageContaining("is NaN");
    assertThatThrownBy(() -> new RateLimit(1, 0)).hasMessageContaining("is 0.0");
  }

  @Property
  void never_gives_more_than_one_large_amount_and_what_flowed_in(
      @ForAll @Size(max = 200) List<@IntRange(max = 300) Integer> steps) {
    RateLimit limit = new RateLimit(50, 200);
    long now = T0;
    long given = 0;
    for (int step : steps) {
      now += step % 7 * 100L;
      if (limit.take(step, now)) {
        given += step;
      }
      assertThat(given).isLessThanOrEqualTo(300 + (now - T0) * 50 / 1000);
    }
  }
}
