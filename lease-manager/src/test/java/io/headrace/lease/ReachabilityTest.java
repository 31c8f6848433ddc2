package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReachabilityTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private final Reachability table = new Reachability(Duration.ofSeconds(3));

  @Test
  void an_outage_is_told_once_although_some_requests_are_answered() {
    assertThat(table.unanswered(0)).isTrue();
    for (int second = 1; second < 20; second++) {
      assertThat(table.answered(second * SECOND)).isFalse();
      assertThat(table.unanswered(second * SECOND + 1)).isFalse();
    }
  }

  @Test
  void an_outage_is_over_when_all_was_answered_for_a_while() {
    assertThat(table.answered(0)).isFalse();
    assertThat(table.unanswered(SECOND)).isTrue();
    assertThat(table.answered(3 * SECOND)).isFalse();
    assertThat(table.answered(4 * SECOND)).isTrue();
    assertThat(table.answered(5 * SECOND)).isFalse();
    assertThat(table.unanswered(6 * SECOND)).isTrue();
  }
}
