package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class RendezvousHashTest {
  private static final StreamId ORDERS = new StreamId("orders", Instant.EPOCH);

  @Test
  void whoever_is_asked_for_is_the_best_exactly_when_the_best_is_asked_for() {
    Map<Incarnation, Integer> capacities = new HashMap<>();
    for (int i = 0; i < 9; i++) {
      capacities.put(new Incarnation("w" + i, "1"), 1 << (i % 3));
    }
    var hash = RendezvousHash.among(capacities.keySet(), capacities);

    for (int i = 0; i < 200; i++) {
      var shard = new ShardKey(ORDERS, new ShardId("shard-" + i));
      var first = hash.best(shard, who -> true);
      Predicate<Incarnation> others = who -> !who.equals(first);
      var second = hash.best(shard, others);
      for (var who : capacities.keySet()) {
        assertThat(hash.isBest(who, shard, any -> true)).isEqualTo(who.equals(first));
        assertThat(hash.isBest(who, shard, others)).isEqualTo(who.equals(second));
      }
    }
  }

  @Test
  void a_stranger_is_never_the_best() {
    var known = new Incarnation("ann", "1");
    var hash = RendezvousHash.among(List.of(known), Map.of());
    var shard = new ShardKey(ORDERS, new ShardId("shard-1"));

    assertThat(hash.isBest(new Incarnation("bob", "1"), shard, who -> true)).isFalse();
    assertThat(hash.isBest(known, shard, who -> false)).isFalse();
  }
}
