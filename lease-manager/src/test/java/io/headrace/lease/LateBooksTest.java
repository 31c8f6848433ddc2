package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Books that are read while their worker lives, and come when it is known to have gone. */
class LateBooksTest {
  @Test
  void what_one_reads_that_has_left_keeps_nobody_from_writing_the_next_version() {
    var fleet = new TestFleet(1, 4);
    fleet.reads = Map.of("totals", 2);
    var ann = fleet.start("ann");
    fleet.reads = Map.of("totals", 1);
    var bob = fleet.start("bob");
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    fleet.advance(F);
    assertThat(ann.coordinator.versionToWrite("totals", 1, 2)).isEqualTo(1);
    ann.way.slowBooks = Duration.ofMillis(900);

    bob.leave(F);
    fleet.advanceUntil(F, () -> bob.left);
    fleet.advance(F);

    assertThat(ann.coordinator.versionToWrite("totals", 1, 2)).isEqualTo(2);
  }
}
