package io.headrace.bench.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Target;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProducerTargetsTest {
  private final Results results = new Results();

  @Test
  void the_cost_of_a_record_is_held_to_that_of_the_loop_in_the_same_round() {
    add(Contestant.SDK, "put.cpu_us", 2);
    add(Contestant.PLAIN, "put.cpu_us", 2.5);
    add(Contestant.AGGREGATED, "put.cpu_us", 3);
    List<Target> targets = targets(Part.THROUGHPUT);
    assertThat(targets).extracting(Target::met).containsExactly(true, false);
    assertThat(targets.get(0).measured().median()).isEqualTo(1.25);
  }

  @Test
  void one_lost_record_or_one_out_of_order_is_too_many() {
    add(Contestant.PLAIN, "order.lost", 0);
    add(Contestant.PLAIN, "order.reorderedPerKey", 7);
    add(Contestant.ORDERED, "order.lost", 0);
    add(Contestant.ORDERED, "order.reorderedPerKey", 1);
    add(Contestant.AGGREGATED, "order.lost", 1);
    assertThat(targets(Part.ORDER))
        .extracting(Target::met)
        .containsExactly(true, true, false, false, false);
  }

  private List<Target> targets(Part part) {
    return ProducerTargets.of(ProducerPlan.full(Set.of(part)), results);
  }

  private void add(Contestant contestant, String figure, double value) {
    results.add(1, contestant.label(), null, new Figures().put(figure, value));
  }
}
