package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Incarnation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class LeaseBalancerProperties {
  private static Map<Incarnation, Integer> numbered(List<Integer> values) {
    var map = new HashMap<Incarnation, Integer>();
    for (int i = 0; i < values.size(); i++) {
      map.put(new Incarnation("w" + i, "1"), values.get(i));
    }
    return map;
  }

  @Property
  void any_fleet_settles_in_one_plan_and_then_nothing_moves(
      @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 0, max = 1000) Integer> holdings,
      @ForAll @Size(min = 20, max = 20) List<@IntRange(min = 0, max = 6) Integer> capacityBits) {
    var held = numbered(holdings);
    var capacities = numbered(capacityBits.stream().map(bits -> 1 << bits).toList());

    for (var transfer : LeaseBalancer.transfers(held, capacities)) {
      held.merge(transfer.from(), -transfer.count(), Integer::sum);
      held.merge(transfer.to(), transfer.count(), Integer::sum);
    }

    assertThat(LeaseBalancer.transfers(held, capacities)).isEmpty();
  }

  @Property
  void carried_out_in_bounded_steps_nobody_gives_and_takes_and_it_settles(
      @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 0, max = 1000) Integer> holdings) {
    var held = numbered(holdings);
    Map<Incarnation, Integer> equal = Map.of();
    var givers = new HashSet<Incarnation>();
    var takers = new HashSet<Incarnation>();

    int rounds = 0;
    for (var plan = LeaseBalancer.transfers(held, equal);
        !plan.isEmpty();
        plan = LeaseBalancer.transfers(held, equal)) {
      var room = new HashMap<Incarnation, Integer>();
      held.forEach((who, count) -> room.put(who, LeaseBalancer.offersMax(count)));
      for (var transfer : plan) {
        int count = Math.min(transfer.count(), room.get(transfer.from()));
        room.merge(transfer.from(), -count, Integer::sum);
        held.merge(transfer.from(), -count, Integer::sum);
        held.merge(transfer.to(), count, Integer::sum);
        givers.add(transfer.from());
        takers.add(transfer.to());
      }
      assertThat(++rounds).isLessThanOrEqualTo(60);
    }

    assertThat(givers).noneMatch(takers::contains);
    int most = held.values().stream().mapToInt(i -> i).max().orElseThrow();
    int least = held.values().stream().mapToInt(i -> i).min().orElseThrow();
    assertThat(most - least).isLessThanOrEqualTo(1);
  }

  @Property
  void targets_add_up_to_all_leases(
      @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 0, max = 1000) Integer> holdings,
      @ForAll @IntRange(min = 0, max = 500) int free) {
    var held = numbered(holdings);

    var targets = LeaseBalancer.targets(held, Map.of(), free);

    assertThat(targets.values().stream().mapToInt(i -> i).sum())
        .isEqualTo(holdings.stream().mapToInt(i -> i).sum() + free);
  }

  @Property
  void a_worker_of_double_capacity_is_to_have_double(@ForAll @IntRange(min = 0, max = 300) int n) {
    var held = numbered(List.of(0, 3 * n));

    var targets = LeaseBalancer.targets(held, numbered(List.of(2, 1)), 0);

    assertThat(targets.values()).containsExactly(2 * n, n);
  }
}
