package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Orders;
import io.headrace.kcl.Incarnation;
import io.headrace.lease.Stored;
import io.headrace.lease.WorkerItem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a picture makes of items as they are read. */
class FleetPictureTest {
  private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

  @Test
  void a_worker_without_leases_is_a_standby() {
    var worker = worker(false);

    assertThat(picture(worker).standing(worker)).isEqualTo(FleetPicture.Standing.STANDBY);
  }

  @Test
  void
      a_worker_whose_leases_may_be_those_that_cannot_be_read_runs_unless_it_says_that_it_has_none() {
    var worker = worker(false);
    var standby = worker(true);
    var fault = "attribute e of item app!L: must be a number";

    assertThat(picture(worker, fault).standing(worker)).isEqualTo(FleetPicture.Standing.RUNS);
    assertThat(picture(standby, fault).standing(standby)).isEqualTo(FleetPicture.Standing.STANDBY);
  }

  private static FleetPicture picture(Stored<WorkerItem> worker, String... faults) {
    return new FleetPicture(
        NOW, List.of(worker), List.of(), List.of(), Map.of(), Orders.NONE, List.of(faults));
  }

  private static Stored<WorkerItem> worker(boolean standby) {
    var item =
        new WorkerItem(
            new Incarnation("w1", "1"),
            WorkerItem.State.ACTIVE,
            Duration.ofSeconds(10),
            0,
            0,
            1,
            0,
            List.of(),
            null,
            Duration.ZERO,
            standby);
    return new Stored<>(item, "nonce", 1, "w@" + NOW.getEpochSecond());
  }
}
