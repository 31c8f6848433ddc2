package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClaimsTest {
  @Test
  void the_first_shards_of_many_run_while_the_others_are_claimed() {
    var fleet = new TestFleet(1, 40);
    fleet.start("ann").way.slow = Duration.ofMillis(50);

    fleet.advanceUntil(Duration.ofSeconds(30), () -> fleet.gains > 0);

    assertThat(fleet.gains).isLessThanOrEqualTo(LeaseSettings.CLAIMS_MAX);
    fleet.advanceUntil(Duration.ofSeconds(10), fleet::allOwned);
  }

  @Test
  void what_is_asked_for_sets_no_timer_beyond_what_anything_is_waited_for() {
    var fleet = new TestFleet(1, 40);
    fleet.start("ann", "bob");

    fleet.advanceUntil(Duration.ofSeconds(30), fleet::allOwned);

    assertThat(fleet.workers.values())
        .allMatch(worker -> worker.lease.longest.compareTo(Duration.ofDays(1)) < 0);
  }
}
