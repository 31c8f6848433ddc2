package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
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

  private long failAndWait() {
    retry.failed(ticks, random.nextDouble());
    long wait = retry.waitNanos(ticks);
    ticks += wait;
    assertThat(retry.waitNanos(ticks)).isZero();
    return TimeUnit.NANOSECONDS.toMillis(wait);
  }
}
