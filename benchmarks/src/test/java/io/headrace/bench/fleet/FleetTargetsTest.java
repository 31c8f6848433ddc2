package io.headrace.bench.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Target;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FleetTargetsTest {
  private final Results results = new Results();

  private FleetTargetsTest measured(int run, Side side, String figure, double value) {
    results.add(run, side.label(), null, new Figures().put(figure, value));
    return this;
  }

  private static FleetPlan plan(Scenario first, Scenario... more) {
    return new FleetPlan(EnumSet.of(first, more), EnumSet.allOf(Side.class), 3);
  }

  @Test
  void a_worker_that_is_killed_may_cost_one_and_a_fifth_of_the_lease_time_and_a_second() {
    measured(1, Side.HEADRACE, "kill.resume_worst_s", 13.1)
        .measured(2, Side.HEADRACE, "kill.resume_worst_s", 12.9)
        .measured(3, Side.HEADRACE, "kill.resume_worst_s", 12.0);

    Target target = FleetTargets.of(plan(Scenario.KILL), results).get(0);
    assertThat(target.limit()).isEqualTo(13);
    assertThat(target.met()).isTrue();
  }

  @Test
  void only_what_is_played_is_held_to_something() {
    assertThat(FleetTargets.of(plan(Scenario.START), results)).hasSize(1);
    assertThat(FleetTargets.of(plan(Scenario.STOP, Scenario.EXCEPTION), results)).hasSize(2);
  }

  @Test
  void what_was_not_measured_is_not_met() {
    Set<Scenario> all = EnumSet.allOf(Scenario.class);
    assertThat(FleetTargets.of(new FleetPlan(all, EnumSet.allOf(Side.class), 3), results))
        .hasSize(26)
        .noneMatch(Target::met);
  }

  @Test
  void a_ratio_is_of_figures_of_the_same_run() {
    measured(1, Side.HEADRACE, "idle.requests_s", 0.7)
        .measured(1, Side.KCL, "idle.requests_s", 16)
        .measured(2, Side.HEADRACE, "idle.requests_s", 0.1);

    assertThat(FleetTargets.ratios(results).byName())
        .hasEntrySatisfying(
            "idle.requests_s, headrace over kcl",
            ratio -> {
              assertThat(ratio.count()).isOne();
              assertThat(ratio.median()).isEqualTo(0.7 / 16);
            });
  }

  @Test
  void threads_are_compared_with_those_of_fewer_shards() {
    measured(1, Side.HEADRACE, "idle.threads", 40).measured(1, Side.HEADRACE, "threads.count", 38);

    assertThat(FleetTargets.of(plan(Scenario.IDLE, Scenario.THREADS), results))
        .filteredOn(target -> target.name().startsWith("threads"))
        .singleElement()
        .satisfies(target -> assertThat(target.measured().median()).isEqualTo(2));
  }
}
