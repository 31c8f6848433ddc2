package io.headrace.checkpoint;

import static io.headrace.checkpoint.Shards.at;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.through;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.LossyStore.Fault;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitOutcome;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Resumption;
import io.headrace.kcl.StartingPosition;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests and answers that are lost, late or doubled. */
class LostAnswersTest extends TrackingCheckpointerFixture {
  @Test
  void a_seal_whose_answer_was_lost_is_repeated() {
    var ann = open("s0", ANN);
    network.next(Fault.NONE, Fault.ANSWER_LOST);
    assertThat(fault(ann.seal())).isInstanceOf(CheckpointException.class);

    assertThat(ready(ann).fencingToken()).isEqualTo(1);
    assertThat(commitOne(ann, 1)).isInstanceOf(CommitOutcome.Committed.class);
  }

  @Test
  void a_seal_that_arrives_late_does_not_disturb_the_next_owner() {
    var ann = open("s0", ANN);
    network.next(Fault.NONE, Fault.LATE);
    fault(ann.seal());
    var bob = open("s0", BOB);
    ready(bob);

    network.arrive();

    assertThat(commitOne(bob, 1)).isInstanceOf(CommitOutcome.Committed.class);
    assertThat(seal(ann)).isEqualTo(new Resumption.Fenced(BOB));
  }

  @Test
  void a_commit_whose_answer_was_lost_is_known_to_be_applied() {
    var ann = open("s0", ANN);
    ready(ann);
    run(ann, 1);
    ann.settled(at(1));
    network.next(Fault.ANSWER_LOST);
    assertThat(fault(ann.commit(ann.capture(), parts("a")))).hasMessage("no answer");
    assertThat(ann.dirty()).isTrue();

    assertThat(commit(ann, parts("a"))).isEqualTo(new CommitOutcome.Committed(through(1)));

    assertThat(ann.dirty()).isFalse();
    assertThat(stored("s0").rev()).isEqualTo(2);
  }

  @Test
  void an_unknown_commit_is_settled_before_the_next_one() {
    for (var fault : List.of(Fault.LOST, Fault.ANSWER_LOST, Fault.LATE)) {
      var name = "shard-" + fault;
      var ann = open(name, ANN);
      ready(ann);
      run(ann, 1, 2);
      ann.settled(at(1));
      network.next(fault);
      fault(ann.commit(ann.capture(), parts("first")));
      ann.settled(at(2));

      assertThat(commit(ann, parts("second"))).isEqualTo(new CommitOutcome.Committed(through(2)));

      network.arrive();
      assertThat(stored(name).progress()).isEqualTo(through(2));
      assertThat(stored(name).parts()).contains(parts("second"));
      assertThat(stored(name).rev()).isEqualTo(3);
    }
  }

  @Test
  void late_copies_of_older_commits_change_nothing() {
    var ann = open("s0", ANN);
    ready(ann);
    network.next(Fault.TWICE, Fault.TWICE, Fault.TWICE);
    commitOne(ann, 1);
    commitOne(ann, 2);
    commitOne(ann, 3);

    network.arrive();

    assertThat(stored("s0").progress()).isEqualTo(through(3));
    assertThat(commitOne(ann, 4)).isInstanceOf(CommitOutcome.Committed.class);
  }

  @Test
  void an_unknown_commit_that_lost_to_a_new_owner_is_fenced() {
    var ann = open("s0", ANN);
    ready(ann);
    run(ann, 1);
    ann.settled(at(1));
    network.next(Fault.LATE);
    fault(ann.commit(ann.capture(), CommitParts.NONE));
    var bob = open("s0", BOB);
    ready(bob);

    network.arrive();

    assertThat(stored("s0").progress()).isEqualTo(Progress.NONE);
    assertThat(commit(ann, CommitParts.NONE)).isEqualTo(new CommitOutcome.Fenced(BOB));
    assertThat(commitOne(bob, 1)).isInstanceOf(CommitOutcome.Committed.class);
  }

  @Test
  void an_unknown_commit_is_settled_by_a_seal_too() {
    var ann = open("s0", ANN);
    ready(ann);
    run(ann, 1);
    ann.settled(at(1));
    network.next(Fault.LATE);
    fault(ann.commit(ann.capture(), parts("a")));

    assertThat(ready(ann).from()).isEqualTo(StartingPosition.after(at(1)));
    network.arrive();
    assertThat(commitOne(ann, 2)).isEqualTo(new CommitOutcome.Committed(through(2)));
  }

  @Test
  void an_end_whose_answer_was_lost_is_known_to_be_applied() {
    for (var fault : List.of(Fault.LOST, Fault.ANSWER_LOST, Fault.LATE)) {
      var name = "shard-" + fault;
      var child = shard("child-" + fault, name);
      var ann = open(name, ANN);
      ready(ann);
      run(ann, 1);
      ann.settled(at(1));
      network.next(fault);
      fault(ann.end(parts("a"), List.of(child)));

      assertThat(end(ann, child)).isEqualTo(new CommitOutcome.Committed(through(1)));
      network.arrive();
      assertThat(seal(ann)).isEqualTo(new Resumption.Ended(List.of(child)));
    }
  }

  @Test
  void an_end_of_unknown_fate_stands_though_the_lease_went_on() {
    var child = shard("s1", "s0");
    var ann = open("s0", ANN);
    ready(ann);
    network.next(Fault.ANSWER_LOST);
    fault(ann.end(parts("a"), List.of(child)));

    assertThat(seal(open("s0", BOB))).isEqualTo(new Resumption.Ended(List.of(child)));
    assertThat(seal(ann)).isEqualTo(new Resumption.Ended(List.of(child)));
  }
}
