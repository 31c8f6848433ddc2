package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineageTest {
  @Test
  void puts_parents_before_children_whatever_the_names() {
    Shard child = shard("a", "c");
    Shard grandchild = shard("b", "a", "d");
    assertThat(Lineage.parentsFirst(List.of(grandchild, child, shard("d"), shard("c"))))
        .extracting(s -> s.id().value())
        .containsExactly("c", "d", "a", "b");
  }

  @Test
  void takes_a_shard_whose_parents_are_forgotten_as_a_first_one() {
    Shard orphan = shard("b", "gone", "lost");
    assertThat(Lineage.parentsFirst(List.of(orphan))).containsExactly(orphan);
  }

  @Test
  void orders_any_forest_however_it_was_shuffled() {
    for (long seed = 0; seed < 100; seed++) {
      var random = new Random(seed);
      var shards =
          new ArrayList<>(
              IntStream.range(0, 50)
                  .mapToObj(
                      i ->
                          i < 4
                              ? shard("s" + i)
                              : shard("s" + i, "s" + random.nextInt(i / 2), "s" + (i - 1)))
                  .toList());
      var ordered = Lineage.parentsFirst(shards);
      Collections.shuffle(shards, random);
      assertThat(Lineage.parentsFirst(shards)).as("seed %d", seed).isEqualTo(ordered);
      var seen = new HashSet<ShardId>();
      for (Shard shard : ordered) {
        assertThat(seen).as("seed %d", seed).containsAll(shard.parents());
        seen.add(shard.id());
      }
    }
  }

  @Test
  void refuses_shards_that_are_each_others_parents_and_names_them() {
    var circle = List.of(shard("a", "b"), shard("b", "a"), shard("c"));
    assertThatThrownBy(() -> Lineage.parentsFirst(circle)).hasMessageContaining("[a, b]");
  }

  @Test
  void refuses_a_shard_that_is_named_twice() {
    assertThatThrownBy(() -> Lineage.parentsFirst(List.of(shard("a"), shard("a"))))
        .hasMessageContaining("shard a is named twice");
  }

  private static Shard shard(String id, String... parents) {
    return new Shard(
        new ShardId(id), Arrays.stream(parents).map(ShardId::new).toList(), HashRange.ALL);
  }
}
