package io.headrace.bench.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Target;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConsumerTargetsTest {
  private final Results results = new Results();

  @Test
  void polling_is_held_to_the_floor_and_to_the_better_kcl() {
    add(Contestant.HEADRACE_POLLING, "backlog.cpu_us", 2.6);
    add(Contestant.SDK_POLLING, "backlog.cpu_us", 2);
    add(Contestant.KCL_POLLING_OFTEN, "backlog.cpu_us", 5.2);
    assertThat(targets(Part.POLLING)).filteredOn(Target::met).hasSize(1);
    add(Contestant.KCL_POLLING, "backlog.cpu_us", 9);
    List<Target> targets = targets(Part.POLLING);
    assertMet(targets.get(0), 1.3);
    assertThat(targets.get(1).met()).isFalse();
    assertThat(targets.get(1).measured().median()).isEqualTo(0.5);
  }

  @Test
  void fan_out_is_held_to_two_fifths_of_the_kcls_and_state_to_a_plain_loop() {
    add(Contestant.HEADRACE_FAN_OUT, "backlog.cpu_us", 1.9);
    add(Contestant.KCL_FAN_OUT, "backlog.cpu_us", 5);
    assertMet(targets(Part.FAN_OUT).get(0), 0.38);
    add(Contestant.HEADRACE_KEYED, "backlog.cpu_us", 3);
    add(Contestant.SDK_KEYED, "backlog.cpu_us", 2);
    assertMet(targets(Part.KEYED).get(0), 1.5);
  }

  @Test
  void each_consumer_is_first_in_one_round_and_the_kcl_at_its_own_pace_reads_less() {
    ConsumerPlan plan = ConsumerPlan.full(Set.of(Part.KEYED), EnumSet.allOf(Contestant.class));
    assertThat(plan.of(Part.KEYED, 1))
        .containsExactly(Contestant.SDK_KEYED, Contestant.HEADRACE_KEYED);
    assertThat(plan.of(Part.KEYED, 2))
        .containsExactly(Contestant.HEADRACE_KEYED, Contestant.SDK_KEYED);
    assertThat(Contestant.KCL_POLLING.share(5_000_000)).isEqualTo(1_000_000);
  }

  @Test
  void our_slowest_percent_is_held_to_a_quarter_of_the_median_of_the_kcl_that_polls_often() {
    add(Contestant.HEADRACE_FAN_OUT, "latency.1000.p99_ms", 20);
    add(Contestant.KCL_POLLING_OFTEN, "latency.1000.p50_ms", 100);
    add(Contestant.KCL_POLLING, "latency.1000.p50_ms", 700);
    List<Target> targets = LatencyTargets.of(results);
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
    assertThat(ConsumerTargets.of(plan(EnumSet.allOf(Part.class)), results))
        .hasSize(6)
        .noneMatch(Target::met);
    assertThat(LatencyTargets.of(results)).noneMatch(Target::met);
  }

  private List<Target> targets(Part part) {
    return ConsumerTargets.of(plan(Set.of(part)), results);
  }

  private static ConsumerPlan plan(Set<Part> parts) {
    return ConsumerPlan.full(parts, Set.of());
  }

  private static void assertMet(Target target, double value) {
    assertThat(target.met()).isTrue();
    assertThat(target.measured().median()).isEqualTo(value);
  }

  private void add(Contestant contestant, String figure, double value) {
    results.add(1, contestant.label(), null, new Figures().put(figure, value));
  }
}
