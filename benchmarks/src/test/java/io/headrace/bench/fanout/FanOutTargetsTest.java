package io.headrace.bench.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Target;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FanOutTargetsTest {
  private final Results results = new Results();

  @Test
  void the_cost_of_a_record_is_held_to_two_fifths_of_the_kcls() {
    add(Contestant.HEADRACE_FAN_OUT, "backlog.cpu_us", 1.9);
    add(Contestant.KCL_FAN_OUT, "backlog.cpu_us", 5);
    assertThat(targets(Part.BACKLOG)).singleElement().satisfies(target -> assertMet(target, 0.38));
  }

  @Test
  void our_slowest_percent_is_held_to_a_quarter_of_the_median_of_the_kcl_that_polls_often() {
    add(Contestant.HEADRACE_FAN_OUT, "latency.1000.p99_ms", 20);
    add(Contestant.KCL_POLLING_OFTEN, "latency.1000.p50_ms", 100);
    add(Contestant.KCL_POLLING, "latency.1000.p50_ms", 700);
    List<Target> targets = targets(Part.LATENCY);
    assertThat(targets).hasSize(4);
    assertThat(targets).filteredOn(Target::met).hasSize(2);
    assertThat(targets)
        .filteredOn(target -> target.name().contains("1,000 records a second, p99 over"))
        .singleElement()
        .satisfies(target -> assertMet(target, 0.2));
    assertMet(targets.get(3), 20);
  }

  @Test
  void what_was_not_measured_is_not_met() {
    assertThat(targets(Part.BACKLOG)).noneMatch(Target::met);
    assertThat(targets(Part.LATENCY)).noneMatch(Target::met);
  }

  private List<Target> targets(Part part) {
    return FanOutTargets.of(FanOutPlan.full(Set.of(part), Set.of()), results);
  }

  private static void assertMet(Target target, double value) {
    assertThat(target.met()).isTrue();
    assertThat(target.measured().median()).isEqualTo(value);
  }

  private void add(Contestant contestant, String figure, double value) {
    results.add(1, contestant.label(), null, new Figures().put(figure, value));
  }
}
