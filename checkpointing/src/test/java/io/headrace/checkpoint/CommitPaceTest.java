package io.headrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommitPaceTest {
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;

  private final CommitPace pace = new CommitPace();

  private void sendThroughASecond(long begin, int commits) {
    for (int i = 0; i < commits; i++) {
      pace.sent(begin + i * SECOND / commits);
    }
  }

  @Test
  void without_throttling_no_commit_waits() {
    sendThroughASecond(0, 5_000);

    assertThat(pace.perSecond()).isEqualTo(CommitPace.UNLIMITED);
    assertThat(pace.waitNanos(SECOND)).isZero();
  }

  @Test
  void throttling_halves_what_was_sent_in_the_last_second() {
    sendThroughASecond(0, 400);

    pace.throttled(SECOND - MILLI);

    assertThat(pace.perSecond()).isEqualTo(200);
  }

  @Test
  void many_refusals_of_one_moment_are_one_cut() {
    sendThroughASecond(0, 400);
    for (int i = 0; i < 30; i++) {
      pace.throttled(SECOND + i * MILLI);
    }

    assertThat(pace.perSecond()).isEqualTo(200);
  }

  @Test
  void it_never_falls_below_one_a_second() {
    sendThroughASecond(0, 3);
    for (int i = 1; i < 20; i++) {
      pace.throttled(2L * i * SECOND);
    }

    assertThat(pace.perSecond()).isEqualTo(1);
  }

  @Test
  void seconds_that_go_well_raise_it_step_by_step_until_there_is_no_bound_again() {
    sendThroughASecond(0, 400);
    pace.throttled(SECOND);
    long before = pace.perSecond();
    int seconds = 0;
    while (pace.perSecond() != CommitPace.UNLIMITED) {
      pace.accepted((2L + seconds) * SECOND);
      assertThat(pace.perSecond()).isGreaterThan(before);
      before = pace.perSecond();
      seconds++;
    }

    assertThat(seconds).isBetween(10, 60);
  }

  @Test
  void with_a_bound_commits_are_spread_evenly() {
    sendThroughASecond(0, 20);
    pace.throttled(SECOND);
    long now = 2 * SECOND;

    assertThat(pace.waitNanos(now)).isZero();
    pace.sent(now);
    assertThat(pace.waitNanos(now)).isEqualTo(SECOND / pace.perSecond());
  }
}
