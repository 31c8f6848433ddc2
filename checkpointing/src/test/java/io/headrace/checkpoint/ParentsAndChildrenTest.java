package io.headrace.checkpoint;

import static io.headrace.checkpoint.Shards.at;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.CommitOutcome;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Resumption;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.Start;
import io.headrace.kcl.StartingPosition;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How a function passes from the shards that end to those that follow. */
class ParentsAndChildrenTest extends TrackingCheckpointerFixture {
  private static final Shard CHILD = shard("s1", "s0");

  @Test
  void a_child_waits_for_all_parents_and_gets_what_each_left() {
    var merged = shard("s2", "s0", "s1");
    var child = open(Start.LATEST, merged, token("cid", 1));
    assertThat(seal(child))
        .isEqualTo(new Resumption.WaitingForParents(Set.of(new ShardId("s0"), new ShardId("s1"))));

    endParent("s1", token("bob", 9), parts("right"), merged);
    assertThat(seal(child)).isEqualTo(new Resumption.WaitingForParents(Set.of(new ShardId("s0"))));
    endParent("s0", token("ann", 4), parts("left"), merged);

    assertThat(seal(child))
        .isEqualTo(
            new Resumption.Ready(
                StartingPosition.TRIM_HORIZON, 2, List.of(parts("left"), parts("right"))));
  }

  @Test
  void the_fencing_token_never_falls_from_parent_to_child() {
    for (long epoch = 1; epoch <= 6; epoch++) {
      ready(open("s0", token("w", epoch)));
    }
    var parent = open("s0", token("w", 7));
    assertThat(ready(parent).fencingToken()).isEqualTo(7);
    end(parent, CHILD);

    assertThat(ready(open(Start.HORIZON, CHILD, ANN)).fencingToken()).isEqualTo(8);
  }

  @Test
  void a_child_that_has_committed_goes_on_with_its_own_parts() {
    endParent("s0", ANN, parts("parent's"), CHILD);
    var child = open(Start.HORIZON, CHILD, ANN);
    assertThat(ready(child).parts()).containsExactly(parts("parent's"));
    child.stateChanged();
    commit(child, parts("own"));

    assertThat(seal(open(Start.HORIZON, CHILD, BOB)))
        .isEqualTo(new Resumption.Ready(StartingPosition.TRIM_HORIZON, 3, List.of(parts("own"))));
  }

  @Test
  void children_of_a_parent_that_was_read_begin_at_their_oldest_record() {
    var parent = open(Start.LATEST, shard("s0"), ANN);
    ready(parent);
    run(parent, 1);
    parent.settled(at(1));
    end(parent, CHILD);

    var child = open(Start.LATEST, CHILD, ANN);
    assertThat(ready(child).from()).isEqualTo(StartingPosition.TRIM_HORIZON);
    var next = shard("s2", "s1");
    end(child, next);
    assertThat(ready(open(Start.LATEST, next, ANN)).from())
        .isEqualTo(StartingPosition.TRIM_HORIZON);
  }

  @Test
  void children_of_a_parent_without_a_record_begin_where_the_function_begins() {
    var later = Instant.parse("2026-06-01T00:00:00Z");
    var parent = open(Start.at(later), shard("s0"), ANN);
    ready(parent);
    end(parent, CHILD);

    assertThat(ready(open(Start.at(later), CHILD, ANN)).from())
        .isEqualTo(StartingPosition.at(later));
  }

  @Test
  void the_next_owner_of_an_ended_shard_learns_the_children() {
    var ann = open("s0", ANN);
    ready(ann);
    end(ann, CHILD, shard("s2", "s0"));

    assertThat(seal(open("s0", BOB)))
        .isEqualTo(new Resumption.Ended(List.of(CHILD, shard("s2", "s0"))));
  }

  @Test
  void a_shard_does_not_end_while_a_record_is_not_settled() {
    var ann = open("s0", ANN);
    ready(ann);
    run(ann, 1);

    assertThatThrownBy(() -> ann.end(CommitParts.NONE, List.of()))
        .hasMessageContaining("1 records are not settled");
  }

  private void endParent(String parent, LeaseToken token, CommitParts parts, Shard child) {
    var checkpointer = open(parent, token);
    ready(checkpointer);
    run(checkpointer, 1);
    checkpointer.settled(at(1));
    assertThat(done(checkpointer.end(parts, List.of(child))))
        .isInstanceOf(CommitOutcome.Committed.class);
  }
}
