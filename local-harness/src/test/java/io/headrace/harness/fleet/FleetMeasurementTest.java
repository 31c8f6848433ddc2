package io.headrace.harness.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.harness.fleet.FleetFigures.Target;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A small fleet; {@code ./headrace simulate --scale} measures 40 workers and 1,000 shards. */
class FleetMeasurementTest {
  @Test
  void starts_moves_stops_and_deaths_take_no_longer_than_they_may() {
    var figures = FleetSimulation.ofProbes().measure(4, 24);

    var values =
        figures.targets().stream().collect(Collectors.toMap(Target::name, target -> target));
    assertThat(values).hasSize(13);
    for (var name :
        new String[] {
          "freshStartSeconds",
          "joinBalancedSeconds",
          "moveGapSeconds",
          "orderlyStopGapSeconds",
          "failoverGapSeconds",
          "rollingRestartGapSeconds",
          "childStartSeconds"
        }) {
      assertThat(values.get(name).met()).as("%s", values.get(name)).isTrue();
      assertThat(values.get(name).value()).as(name).isPositive();
    }
    // A dead worker is missed for its lease time, no more and no less.
    assertThat(values.get("failoverGapSeconds").value()).isGreaterThan(8);
  }

  @Test
  void workers_without_shards_cost_little_and_inherit_in_time() {
    var figures = FleetSimulation.ofProbes().measureStandbys(12, 4);

    assertThat(figures.targets()).hasSize(6).allMatch(Target::met);
  }

  @Test
  void a_standby_fleet_has_more_workers_than_shards() {
    assertThatThrownBy(() -> FleetSimulation.ofProbes().measureStandbys(5, 4))
        .hasMessageContaining("5 workers and 4 shards: must be 2 more than shards at least");
  }

  @Test
  void a_fleet_that_is_too_small_is_refused() {
    assertThatThrownBy(() -> FleetSimulation.ofProbes().measure(2, 20))
        .hasMessageContaining("2 workers and 20 shards: must be at least 3 and 20");
  }
}
