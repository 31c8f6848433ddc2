package io.headrace.bench.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.bench.consumer.Contestant;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Target;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScaleTest {
  private final Results results = new Results();

  @Test
  void a_fleet_at_rest_asks_for_its_heartbeats_and_its_looks_and_for_nothing_else() {
    Map<String, Double> figures = new SimulatedFleet(7, 2, 20).run().byName();
    // A beat every 4 s and a look every 2 s, of two workers for twenty shards.
    assertThat(figures.get("rest.requests_shard")).isBetween(0.07, 0.076);
    assertThat(figures.get("start.seconds")).isLessThan(3);
  }

  @Test
  void what_a_fleet_allocates_for_a_shard_at_rest_does_not_grow_with_its_shards() {
    double few = new SimulatedFleet(7, 2, 40).run().byName().get("rest.allocated_bytes_shard");
    double many = new SimulatedFleet(7, 2, 800).run().byName().get("rest.allocated_bytes_shard");
    assertThat(many).isLessThan(few);
  }

  @Test
  void requests_and_processor_time_are_held_to_those_of_a_hundred_shards() {
    for (ScalePlan.Fleet fleet : ScalePlan.full(Set.of()).fleets()) {
      add(fleet.label(), "rest.requests_shard", 0.015);
      add(fleet.label(), "rest.cpu_us_shard", fleet.workers());
    }
    assertThat(ScaleTargets.of(ScalePlan.full(Set.of(Part.FLEET)), results))
        .extracting(Target::met)
        .containsExactly(true, false, true, false);
  }

  @Test
  void heap_and_threads_are_held_to_what_a_thousand_quiet_shards_take_beyond_a_few() {
    String few = ScalePlan.label(Contestant.HEADRACE_POLLING, 10);
    String many = ScalePlan.label(Contestant.HEADRACE_POLLING, 1_000);
    add(few, "rest.heap_mib", 10);
    add(many, "rest.heap_mib", 10 + 990 / 16.0);
    add(few, "rest.threads", 40);
    add(many, "rest.threads", 43);
    ThreadsPlan plan = ThreadsPlan.full(ThreadsPlan.ALL);

    assertThat(ThreadsTargets.of(plan, 2, results))
        .extracting(Target::met)
        .containsExactly(true, false, false, false);
    assertThat(ThreadsTargets.ratios(plan, results).byName())
        .containsOnlyKeys("rest.threads, " + many, "rest.heap_mib, " + many);
  }

  @Test
  void the_kcl_has_no_thousand_shards_and_a_quick_look_has_none_either() {
    assertThat(ThreadsPlan.full(ThreadsPlan.ALL).cases())
        .extracting(ThreadsPlan.Case::shards)
        .containsExactly(10, 10, 10, 100, 100, 100, 1_000, 1_000);
    assertThat(ThreadsPlan.quick(Set.of(Contestant.HEADRACE_POLLING)).cases())
        .extracting(ThreadsPlan.Case::shards)
        .containsExactly(10, 100);
  }

  @Test
  void what_was_not_measured_is_not_met() {
    assertThat(ScaleTargets.of(ScalePlan.full(EnumSet.allOf(Part.class)), results))
        .hasSize(5)
        .noneMatch(Target::met);
  }

  @Test
  void a_quick_run_is_judged_by_what_it_measures() {
    assertThat(ScaleTargets.of(ScalePlan.quick(EnumSet.allOf(Part.class)), results))
        .extracting(Target::name)
        .hasSize(3)
        .noneMatch(name -> name.contains("10,000"));
  }

  private void add(String of, String figure, double value) {
    results.add(1, of, null, new Figures().put(figure, value));
  }
}
