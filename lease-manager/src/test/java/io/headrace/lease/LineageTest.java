package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.lease.RosterPart.Standing;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LineageTest {
  private static ShardId id(String name) {
    return new ShardId(name);
  }

  private static Shard shard(String name, String... parents) {
    return new Shard(id(name), Stream.of(parents).map(ShardId::new).toList(), HashRange.ALL);
  }

  private static final List<Shard> SPLIT =
      List.of(shard("a"), shard("b", "a"), shard("c", "a"), shard("d", "b", "c"));

  @Test
  void a_new_application_leases_everything_and_waits_for_listed_parents() {
    var missing = Lineage.missing(SPLIT, Map.of());

    assertThat(missing.stream().map(m -> m.shard().id().value()))
        .containsExactly("a", "b", "c", "d");
    assertThat(missing.get(0).awaits()).isEmpty();
    assertThat(missing.get(1).awaits()).containsExactly(id("a"));
    assertThat(missing.get(3).awaits()).containsExactly(id("b"), id("c"));
  }

  @Test
  void nothing_is_missing_when_all_have_leases() {
    var roster =
        Map.of(
            id("a"), Standing.ENDED,
            id("b"), Standing.RUNNABLE,
            id("c"), Standing.RUNNABLE,
            id("d"), Standing.WAITING);

    assertThat(Lineage.missing(SPLIT, roster)).isEmpty();
  }

  @Test
  void an_ancestor_of_a_lease_is_never_made_again() {
    var missing = Lineage.missing(SPLIT, Map.of(id("d"), Standing.RUNNABLE));

    assertThat(missing).isEmpty();
  }

  @Test
  void a_shard_that_waits_does_not_keep_its_parents_from_being_made() {
    var merge = List.of(shard("a"), shard("b"), shard("c", "a", "b"));
    var roster = Map.of(id("a"), Standing.ENDED, id("c"), Standing.WAITING);

    assertThat(Lineage.missing(merge, roster))
        .containsExactly(new Lineage.Missing(merge.get(1), Set.of()));
  }

  @Test
  void the_brother_of_a_leased_shard_is_made_and_waits_for_no_past_parent() {
    var missing = Lineage.missing(SPLIT.subList(0, 3), Map.of(id("b"), Standing.RUNNABLE));

    assertThat(missing).containsExactly(new Lineage.Missing(SPLIT.get(2), Set.of()));
  }

  @Test
  void a_child_of_ended_parents_waits_for_nobody() {
    var roster = Map.of(id("a"), Standing.ENDED, id("b"), Standing.ENDED, id("c"), Standing.ENDED);

    assertThat(Lineage.missing(SPLIT, roster))
        .containsExactly(new Lineage.Missing(SPLIT.get(3), Set.of()));
  }

  @Test
  void a_child_of_a_running_parent_waits_for_it() {
    assertThat(Lineage.missing(SPLIT.subList(0, 2), Map.of(id("a"), Standing.RUNNABLE)))
        .containsExactly(new Lineage.Missing(SPLIT.get(1), Set.of(id("a"))));
  }

  @Test
  void waiting_shards_are_forgotten_ones_only_when_all_parents_ended() {
    var one =
        Map.of(id("b"), Standing.ENDED, id("c"), Standing.RUNNABLE, id("d"), Standing.WAITING);
    var both = Map.of(id("b"), Standing.ENDED, id("c"), Standing.ENDED, id("d"), Standing.WAITING);

    assertThat(Lineage.forgotten(SPLIT, one)).isEmpty();
    assertThat(Lineage.forgotten(SPLIT, both)).containsExactly(id("d"));
  }
}
