package io.headrace.checkpoint;

import static io.headrace.checkpoint.Shards.at;
import static io.headrace.checkpoint.Shards.key;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.range;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.through;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.LossyStore.Fault;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitOutcome;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Resumption;
import io.headrace.kcl.Start;
import io.headrace.kcl.StartingPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where a function begins, how it goes on, and when it commits. */
class TrackingCheckpointerTest extends TrackingCheckpointerFixture {
  @Test
  void a_fresh_function_begins_where_it_was_told_to() {
    assertThat(seal(open("s0", ANN)))
        .isEqualTo(new Resumption.Ready(StartingPosition.TRIM_HORIZON, 1, List.of()));
  }

  @Test
  void a_given_time_is_kept() {
    var time = Instant.parse("2026-04-01T00:00:00Z");

    assertThat(ready(open(Start.at(time), shard("s0"), ANN)).from())
        .isEqualTo(StartingPosition.at(time));
  }

  @Test
  void latest_is_resolved_once_for_all_workers_shards_and_restarts() {
    var resolved = StartingPosition.at(BEGIN.minusSeconds(5));
    assertThat(ready(open(Start.LATEST, shard("s0"), ANN)).from()).isEqualTo(resolved);

    // Ten silent minutes, nothing to commit, and the owner dies.
    loop.advance(Duration.ofMinutes(10));

    assertThat(ready(open(Start.LATEST, shard("s0"), BOB)).from()).isEqualTo(resolved);
    assertThat(ready(open(Start.LATEST, shard("s1"), BOB)).from()).isEqualTo(resolved);
  }

  @Test
  void the_start_is_asked_for_once_a_worker_but_again_after_a_failure() {
    var factory = factory(Start.LATEST);
    network.next(Fault.LOST);
    var first = factory.open(key("s0"), shard("s0"), ANN);
    assertThat(fault(first.seal())).isInstanceOf(CheckpointException.class);

    ready(first);
    ready(factory.open(key("s1"), shard("s1"), ANN));

    assertThat(network.requests()).isEqualTo(4);
  }

  @Test
  void who_is_prepared_asks_for_the_start_before_the_first_seal() {
    var factory = factory(Start.LATEST);
    var prepared = factory.prepare();
    loop.runUntilIdle();
    assertThat(prepared.toCompletableFuture()).isCompleted();
    assertThat(network.requests()).isEqualTo(1);

    ready(factory.open(key("s0"), shard("s0"), ANN));

    assertThat(network.requests()).as("and the seal").isEqualTo(2);
  }

  @Test
  void the_next_owner_goes_on_behind_the_commit() {
    var ann = open("s0", ANN);
    ready(ann);
    run(ann, 1, 2, 3, 4);
    ann.settled(at(1));
    ann.settled(at(2));
    ann.settled(at(4));
    assertThat(commit(ann, parts("root")))
        .isEqualTo(new CommitOutcome.Committed(through(2, range(4, 4))));

    var bob = open("s0", BOB);
    assertThat(seal(bob))
        .isEqualTo(new Resumption.Ready(StartingPosition.after(at(2)), 2, List.of(parts("root"))));
    assertThat(bob.begin(at(3))).isTrue();
    assertThat(bob.begin(at(4))).isFalse();
    assertThat(bob.begin(at(5))).isTrue();
  }

  @Test
  void a_seal_may_be_repeated_and_the_fencing_token_stays() {
    var ann = open("s0", ANN);

    assertThat(ready(ann).fencingToken()).isEqualTo(1);
    assertThat(ready(ann).fencingToken()).isEqualTo(1);
  }

  @Test
  void a_zombie_is_fenced_in_whatever_it_does() {
    var ann = open("s0", ANN);
    ready(ann);
    run(ann, 1);
    ann.settled(at(1));
    ready(open("s0", BOB));

    assertThat(commit(ann, CommitParts.NONE)).isEqualTo(new CommitOutcome.Fenced(BOB));
    assertThat(end(ann, shard("s1", "s0"))).isEqualTo(new CommitOutcome.Fenced(BOB));
    assertThat(seal(ann)).isEqualTo(new Resumption.Fenced(BOB));
  }

  @Test
  void two_owners_of_one_epoch_never_run_both() {
    ready(open("s0", ANN));

    assertThat(seal(open("s0", token("bob", 1)))).isEqualTo(new Resumption.Fenced(ANN));
  }

  @Test
  void what_has_not_changed_is_never_due() {
    var ann = open("s0", ANN);
    ready(ann);
    loop.advance(Duration.ofHours(1));

    assertThat(ann.due(loop.ticks())).isFalse();
    assertThat(ann.dirty()).isFalse();
  }

  @Test
  void a_commit_is_due_after_the_interval_or_so_many_records_a_second_after_the_last() {
    var ann = open("s0", ANN);
    ready(ann);
    run(ann, 1, 2, 3);
    ann.settled(at(1));
    assertThat(ann.due(loop.ticks())).isFalse();
    loop.advance(Duration.ofSeconds(5));
    assertThat(ann.due(loop.ticks())).isTrue();

    commit(ann, CommitParts.NONE);
    ann.settled(at(2));
    ann.settled(at(3));
    assertThat(ann.due(loop.ticks())).isFalse();
    loop.advance(Duration.ofSeconds(1));
    assertThat(ann.due(loop.ticks())).isFalse();
    ann.stateChanged();
    assertThat(ann.due(loop.ticks())).isTrue();

    commit(ann, CommitParts.NONE);
    run(ann, 4, 5, 6);
    ann.settled(at(4));
    ann.settled(at(5));
    ann.settled(at(6));
    assertThat(ann.due(loop.ticks())).isFalse();
    loop.advance(Duration.ofSeconds(1));
    assertThat(ann.due(loop.ticks())).isTrue();
  }

  @Test
  void what_happens_while_a_commit_is_under_way_stays_to_be_committed() {
    var ann = open("s0", ANN);
    ready(ann);
    run(ann, 1, 2);
    ann.settled(at(1));
    var captured = ann.capture();
    ann.settled(at(2));

    assertThat(done(ann.commit(captured, CommitParts.NONE)))
        .isEqualTo(new CommitOutcome.Committed(through(1)));
    assertThat(ann.dirty()).isTrue();
    commit(ann, CommitParts.NONE);
    assertThat(ann.dirty()).isFalse();
  }

  @Test
  void a_failed_commit_waits_for_the_interval_again() {
    var ann = open("s0", ANN);
    ready(ann);
    run(ann, 1);
    ann.settled(at(1));
    loop.advance(Duration.ofSeconds(5));
    network.next(Fault.LOST);
    fault(ann.commit(ann.capture(), CommitParts.NONE));

    assertThat(ann.due(loop.ticks())).isFalse();
    loop.advance(Duration.ofSeconds(5));
    assertThat(ann.due(loop.ticks())).isTrue();
  }

  @Test
  void one_write_is_under_way_at_a_time() {
    var ann = open("s0", ANN);
    ready(ann);
    ann.stateChanged();
    loop.advance(Duration.ofSeconds(5));
    var first = ann.commit(ann.capture(), CommitParts.NONE);

    assertThat(ann.due(loop.ticks())).isFalse();
    assertThatThrownBy(() -> ann.commit(Progress.NONE, CommitParts.NONE))
        .hasMessageContaining("under way");
    done(first);
  }

  @Test
  void too_many_holes_put_the_commit_off_and_lose_nothing() {
    var ann = open("s0", ANN);
    ready(ann);
    int holes = TrackingCheckpointer.RANGES_MAX + 1;
    for (int n = 1; n <= 2 * holes; n++) {
      ann.begin(at(n));
    }
    for (int n = 1; n <= holes; n++) {
      ann.settled(at(2L * n));
    }
    loop.advance(Duration.ofMinutes(1));

    assertThat(ann.due(loop.ticks())).isFalse();
    assertThat(fault(ann.commit(ann.capture(), CommitParts.NONE)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("513 finished ranges, at most 512");
    ann.settled(at(1));
    loop.advance(Duration.ofMinutes(1));
    assertThat(ann.due(loop.ticks())).isTrue();
    assertThat(commit(ann, CommitParts.NONE)).isInstanceOf(CommitOutcome.Committed.class);
  }

  @Test
  void parts_that_do_not_fit_are_refused_before_they_are_sent() {
    var ann = open("s0", ANN);
    ready(ann);
    var big = CommitParts.of("root", new byte[TrackingCheckpointer.PARTS_BYTES_MAX + 1]);

    assertThat(fault(ann.commit(ann.capture(), big)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("root=65537");
    ann.stateChanged();
    assertThat(commit(ann, parts("small"))).isInstanceOf(CommitOutcome.Committed.class);
  }

  @Test
  void nothing_is_handed_over_before_the_seal() {
    var ann = open("s0", ANN);

    assertThatThrownBy(() -> ann.begin(at(1))).hasMessageContaining("before its seal");
    assertThatThrownBy(ann::capture).hasMessageContaining("before its seal");
    assertThat(ann.due(loop.ticks())).isFalse();
  }
}
