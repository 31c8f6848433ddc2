package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RetryPaceTest {
  private final RetryPace retry = new RetryPace();
  private final SplittableRandom random = new SplittableRandom(3);
  private long ticks = -5;

  @Test
  void does_not_wait_before_anything_failed() {
    assertThat(retry.waitNanos(ticks)).isZero();
  }

  @Test
  void waits_200_to_250_ms_within_the_first_second_and_doubles_only_then() {
    var waits = new ArrayList<Long>();
    for (int i = 0; i < 14; i++) {
      waits.add(failAndWait());
    }
    long passed = 0;
    for (int i = 0; i < waits.size() && passed < 1_000; i++) {
      assertThat(waits.get(i)).as("wait %d at %d ms", i, passed).isBetween(200L, 250L);
      passed += waits.get(i);
    }
    assertThat(waits.get(6)).isGreaterThan(390);
    assertThat(waits.subList(11, 14)).allSatisfy(w -> assertThat(w).isBetween(5_000L, 6_250L));
  }

  @Test
  void does_not_wait_alike_twice() {
    assertThat(List.of(failAndWait(), failAndWait(), failAndWait())).doesNotHaveDuplicates();
  }

  @Test
  void begins_anew_after_a_success() {
    for (int i = 0; i < 10; i++) {
      failAndWait();
    }
    retry.succeeded();
    assertThat(retry.waitNanos(ticks)).isZero();
    assertThat(failAndWait()).isBetween(200L, 250L);
  }

  @Test
  void asks_twice_a_second_where_it_is_throttled_for_longer_than_a_second() {
    var waits = throttledFor(RetryPace.THROTTLED_PATIENCE);

    assertThat(waits.subList(0, 4)).allSatisfy(w -> assertThat(w).isBetween(200L, 250L));
    assertThat(waits.subList(6, waits.size())).allSatisfy(w -> assertThat(w).isBetween(300L, 600L));
    assertThat(waits).hasSizeBetween(115, 155);
  }

  @Test
  void backs_off_to_five_seconds_where_all_calls_were_throttled_for_a_minute() {
    throttledFor(RetryPace.THROTTLED_PATIENCE);

    for (long wait = 600; wait < 2_500; wait *= 2) {
      assertThat(throttledAndWait()).isBetween(wait, 2 * wait);
    }
    assertThat(throttledFor(Duration.ofMinutes(10)))
        .allSatisfy(w -> assertThat(w).isBetween(2_500L, 5_000L))
        .anySatisfy(w -> assertThat(w).isLessThan(3_000L))
        .anySatisfy(w -> assertThat(w).isGreaterThan(4_500L));
  }

  @Test
  void does_not_wait_alike_twice_where_it_is_throttled() {
    throttledFor(Duration.ofSeconds(5));
    var nanos = new HashSet<Long>();
    for (int i = 0; i < 20; i++) {
      retry.throttled(ticks, random.nextDouble());
      nanos.add(retry.waitNanos(ticks));
      ticks += retry.waitNanos(ticks);
    }
    assertThat(nanos).hasSize(20);
  }

  @Test
  void is_patient_again_with_throttling_after_a_success() {
    throttledFor(Duration.ofMinutes(3));
    retry.succeeded();

    assertThat(retry.waitNanos(ticks)).isZero();
    assertThat(throttledAndWait()).isBetween(200L, 250L);
    assertThat(throttledFor(Duration.ofSeconds(50)))
        .allSatisfy(w -> assertThat(w).isLessThanOrEqualTo(600));
  }

  @Test
  void closes_up_when_a_service_that_was_down_answers_that_it_is_asked_too_much() {
    for (int i = 0; i < 14; i++) {
      failAndWait();
    }
    assertThat(throttledAndWait()).isBetween(300L, 600L);
  }

  @Test
  void backs_off_from_a_service_that_throttles_and_fails_in_turns_and_never_succeeds() {
    var waits = new ArrayList<Long>();
    for (int i = 0; i < 200; i++) {
      waits.add(i % 2 == 0 ? throttledAndWait() : failAndWait());
    }
    assertThat(waits.subList(10, 60)).allSatisfy(w -> assertThat(w).isBetween(300L, 1_000L));
    assertThat(waits.subList(150, 200)).allSatisfy(w -> assertThat(w).isGreaterThan(2_499));
  }

  private List<Long> throttledFor(Duration time) {
    var waits = new ArrayList<Long>();
    for (long until = ticks + time.toNanos(); ticks < until; ) {
      waits.add(throttledAndWait());
    }
    return waits;
  }

  private long throttledAndWait() {
    retry.throttled(ticks, random.nextDouble());
    return waited();
  }

  private long failAndWait() {
    retry.failed(ticks, random.nextDouble());
    return waited();
  }

  private long waited() {
    long wait = retry.waitNanos(ticks);
    ticks += wait;
    assertThat(retry.waitNanos(ticks)).isZero();
    return TimeUnit.NANOSECONDS.toMillis(wait);
  }
}
