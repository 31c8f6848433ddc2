package io.headrace.bench.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.headrace.bench.fleet.QuietFleet;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CostTargetsTest {
  private final Results results = new Results();

  @Test
  void a_month_has_730_hours_of_units_at_their_prices() {
    // A million write units in 730 hours are 0.38 a second.
    double aMillion = 1e6 / (730 * 3_600);
    assertThat(Prices.DYNAMODB.month(aMillion, 0)).isCloseTo(0.625, within(1e-9));
    assertThat(Prices.DYNAMODB.month(aMillion, 2 * aMillion)).isCloseTo(0.875, within(1e-9));
  }

  @Test
  void no_more_than_a_twentieth_of_the_requests_of_either_kcl_is_met_and_more_is_missed() {
    idle(QuietFleet.HEADRACE, 1);
    idle(QuietFleet.KCL, 20);
    idle(QuietFleet.KCL_TUNED, 19);
    CostPlan plan = CostPlan.quick(EnumSet.of(Part.FLEET));
    assertThat(CostTargets.of(plan, results))
        .extracting(target -> target.met())
        .containsExactly(true, false);
    assertThat(Report.exitCode(CostTargets.of(plan, results))).isEqualTo(Report.MISSED);
  }

  @Test
  void commits_have_a_limit_but_for_those_that_store_records_and_what_was_not_counted_is_not_met() {
    CostPlan plan = CostPlan.quick(EnumSet.of(Part.COMMITS));
    for (CommitCase each : CommitCase.all()) {
      results.add(1, each.label(), null, new Figures().put(CommitUnits.UNITS, 2));
    }
    assertThat(CostTargets.of(plan, results))
        .hasSize(CommitCase.all().size() - 3)
        .allMatch(target -> target.met());
    assertThat(Report.exitCode(CostTargets.of(plan, new Results()))).isEqualTo(Report.NOT_MEASURED);
  }

  @Test
  void money_is_told_of_each_side_that_was_measured() {
    results.add(
        1,
        QuietFleet.KCL,
        null,
        new Figures().put("idle.write_units_s", 100).put("idle.read_units_s", 0));
    Map<String, Double> month = CostTargets.month(results, Prices.DYNAMODB);
    assertThat(month).containsOnlyKeys("kcl, idle");
    assertThat(month.get("kcl, idle")).isCloseTo(164.25, within(1e-9));
  }

  private void idle(String side, double requests) {
    results.add(1, side, null, new Figures().put("idle.requests_s", requests));
  }
}
