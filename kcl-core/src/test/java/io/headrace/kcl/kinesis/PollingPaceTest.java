package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PollingPaceTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final PollingPace pace = new PollingPace();
  private final List<Long> sent = new ArrayList<>();
  private long ticks = Long.MAX_VALUE - 3 * SECOND;

  @Test
  void does_not_wait_before_the_first_call() {
    assertThat(pace.waitNanos(ticks)).isZero();
  }

  @Test
  void does_not_wait_while_there_is_a_backlog() {
    for (int i = 0; i < 5; i++) {
      assertThat(pace.waitNanos(ticks)).isZero();
      call();
      pace.behindTip();
    }
    assertThat(pace.waitNanos(ticks)).isEqualTo(PollingPace.WINDOW.toNanos());
  }

  @Test
  void draws_apart_from_200_ms_to_a_second_while_nothing_comes() {
    var waits = new ArrayList<Long>();
    for (int i = 0; i < 12; i++) {
      call();
      pace.atTip(0);
      waits.add(pace.waitNanos(ticks));
      ticks += pace.waitNanos(ticks);
    }
    assertThat(waits).isSorted();
    assertThat(Duration.ofNanos(waits.get(0))).isEqualTo(Duration.ofMillis(250));
    assertThat(Duration.ofNanos(waits.get(11))).isEqualTo(PollingPace.TIP_WAIT_MAX);
  }

  @Test
  void closes_up_to_200_ms_when_records_come() {
    draws_apart_from_200_ms_to_a_second_while_nothing_comes();
    for (int i = 0; i < 3; i++) {
      call();
      pace.atTip(1);
      ticks += pace.waitNanos(ticks);
    }
    call();
    pace.atTip(1);
    assertThat(Duration.ofNanos(pace.waitNanos(ticks))).isEqualTo(PollingPace.TIP_WAIT_MIN);
  }

  @Test
  void waits_from_call_to_call_and_not_from_the_answer() {
    call();
    pace.atTip(1);
    assertThat(Duration.ofNanos(pace.waitNanos(ticks + TimeUnit.MILLISECONDS.toNanos(150))))
        .isEqualTo(Duration.ofMillis(50));
    assertThat(pace.waitNanos(ticks + SECOND)).isZero();
  }

  @Test
  void leaves_room_for_others_at_the_tip_of_a_shard_that_throttled_lately() {
    call();
    pace.atTip(1);
    call();
    pace.throttled(ticks, 0.5);
    pace.atTip(1);

    assertThat(Duration.ofNanos(pace.waitNanos(ticks))).isEqualTo(Duration.ofMillis(450));
    ticks += PollingPace.SHARED_FOR.toNanos();
    call();
    pace.atTip(1);
    assertThat(Duration.ofNanos(pace.waitNanos(ticks))).isEqualTo(PollingPace.TIP_WAIT_MIN);
  }

  @Test
  void leaves_others_their_share_of_a_shard_that_throttled_lately_behind_the_tip_too() {
    pace.throttled(ticks, 1);
    call();
    pace.behindTip();
    assertThat(Duration.ofNanos(pace.waitNanos(ticks))).isEqualTo(Duration.ofMillis(600));
    ticks += PollingPace.SHARED_FOR.toNanos();
    call();
    assertThat(pace.waitNanos(ticks)).as("nothing was throttled for long enough").isZero();
  }

  @Test
  void asks_a_quiet_shard_that_throttles_no_more_often_than_another() {
    for (int i = 0; i < 12; i++) {
      call();
      pace.atTip(0);
      ticks += pace.waitNanos(ticks);
    }
    call();
    pace.throttled(ticks, 0);
    assertThat(Duration.ofNanos(pace.waitNanos(ticks))).isEqualTo(PollingPace.TIP_WAIT_MAX);
  }

  @Test
  void never_sends_more_than_five_calls_in_any_second_whatever_comes() {
    for (long seed = 0; seed < 200; seed++) {
      var random = new SplittableRandom(seed);
      var own = new PollingPace();
      sent.clear();
      for (int i = 0; i < 200; i++) {
        ticks += own.waitNanos(ticks);
        sent.add(ticks);
        own.sent(ticks);
        switch (random.nextInt(5)) {
          case 0 -> own.behindTip();
          case 1 -> own.atTip(0);
          case 2 -> own.atTip(random.nextInt(1, 10_000));
          case 3 -> own.throttled(ticks, random.nextDouble());
          default -> ticks += random.nextLong(SECOND);
        }
      }
      for (int i = 5; i < sent.size(); i++) {
        assertThat(sent.get(i) - sent.get(i - 5))
            .as("seed %d, call %d", seed, i)
            .isGreaterThan(SECOND);
      }
    }
  }

  private void call() {
    pace.sent(ticks);
  }
}
