package io.headrace.checkpoint;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.range;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.through;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.CheckpointStore.Commit;
import io.headrace.checkpoint.CheckpointStore.End;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StartingPosition;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What every store of progress promises. */
public abstract class CheckpointStoreContract {
  private static final WriteAnswer APPLIED = new WriteAnswer.Applied();
  private static final LeaseToken ANN = token("ann", 1);
  private static final LeaseToken BOB = token("bob", 2);
  private static final ProgressKey KEY = progress("s0");

  /** The store under test, empty at the beginning of each test. */
  protected abstract CheckpointStore store();

  /** Deletes an item behind the store's back. */
  protected abstract void delete(ProgressKey key);

  @Test
  void the_first_seal_makes_an_item_that_has_not_begun() {
    var item = seal(KEY, ANN);

    assertThat(item.token()).isEqualTo(ANN);
    assertThat(item.rev()).isEqualTo(1);
    assertThat(item.nonce()).isEqualTo("nonce of ann#1!1");
    assertThat(item.fencingToken()).isEqualTo(1);
    assertThat(item.progress()).isEqualTo(Progress.NONE);
    assertThat(item.parts()).isEmpty();
    assertThat(item.parents()).isEmpty();
    assertThat(item.children()).isEmpty();
  }

  @Test
  void a_newer_token_seals_anew_and_keeps_nonce_and_progress() {
    var claim = claim(KEY, seal(KEY, ANN), "a");
    answer(store().commit(commit(claim, through(7, range(9, 12)), parts("root"))));

    var item = seal(KEY, BOB);

    assertThat(item.token()).isEqualTo(BOB);
    assertThat(item.rev()).isEqualTo(3);
    assertThat(item.nonce()).isEqualTo("nonce of ann#1!1");
    assertThat(item.fencingToken()).isEqualTo(2);
    assertThat(item.progress()).isEqualTo(through(7, range(9, 12)));
    assertThat(item.parts()).contains(parts("root"));
  }

  @Test
  void a_seal_that_is_repeated_changes_nothing() {
    var first = seal(KEY, ANN);

    assertThat(seal(KEY, ANN)).isEqualTo(first);
    assertThat(answer(store().commit(commit(claim(KEY, first, "a"), through(1)))))
        .isEqualTo(APPLIED);
    assertThat(seal(KEY, ANN).fencingToken()).isEqualTo(1);
  }

  @Test
  void an_older_token_does_not_seal_and_sees_who_did() {
    var newer = seal(KEY, BOB);

    assertThat(seal(KEY, ANN)).isEqualTo(newer);
  }

  @Test
  void another_owner_of_the_same_epoch_does_not_seal() {
    seal(KEY, ANN);

    assertThat(seal(KEY, token("bob", 1)).token()).isEqualTo(ANN);
  }

  @Test
  void the_commit_of_a_zombie_is_refused_after_a_new_seal() {
    var old = claim(KEY, seal(KEY, ANN), "a");
    seal(KEY, BOB);

    assertThat(answer(store().commit(commit(old, through(99)))))
        .isEqualTo(new WriteAnswer.Lost(BOB));
    assertThat(seal(KEY, BOB).progress()).isEqualTo(Progress.NONE);
  }

  @Test
  void another_owner_of_the_same_epoch_and_revision_commits_nothing() {
    var item = seal(KEY, ANN);
    var foreign = new WriteClaim(KEY, token("bob", 1), item.rev(), item.nonce(), "b");

    assertThat(answer(store().commit(commit(foreign, through(5)))))
        .isEqualTo(new WriteAnswer.Lost(ANN));
    assertThat(seal(KEY, ANN)).isEqualTo(item);
  }

  @Test
  void another_epoch_of_the_same_owner_and_revision_commits_nothing() {
    var item = seal(KEY, ANN);
    var former = new WriteClaim(KEY, token("ann", 2), item.rev(), item.nonce(), "a");

    assertThat(answer(store().commit(commit(former, through(5)))))
        .isEqualTo(new WriteAnswer.Lost(ANN));
    assertThat(seal(KEY, ANN)).isEqualTo(item);
  }

  @Test
  void the_end_of_a_zombie_is_refused_and_tells_no_child() {
    var old = claim(KEY, seal(KEY, ANN), "a");
    seal(KEY, BOB);

    assertThat(answer(store().end(end(old, shard("s1", "s0")))))
        .isEqualTo(new WriteAnswer.Lost(BOB));
    assertThat(seal(progress("s1"), ANN).parents()).isEmpty();
  }

  @Test
  void a_late_copy_of_an_older_commit_is_refused() {
    var item = seal(KEY, ANN);
    var tenth = commit(claim(KEY, item, "tenth"), through(10));
    answer(store().commit(tenth));
    answer(store().commit(commit(next(tenth, "eleventh"), through(11))));

    // The first copy of the tenth arrives only now.
    assertThat(faultOf(store().commit(tenth)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(KEY.key())
        .hasMessageContaining("revision 3, expected 1");
    assertThat(seal(KEY, ANN).progress()).isEqualTo(through(11));
  }

  @Test
  void a_commit_that_is_sent_again_is_known_again() {
    var commit = commit(claim(KEY, seal(KEY, ANN), "a"), through(10));
    answer(store().commit(commit));

    assertThat(answer(store().commit(commit))).isEqualTo(APPLIED);
    assertThat(seal(KEY, ANN).rev()).isEqualTo(2);
  }

  @Test
  void another_commit_under_the_same_revision_is_a_fault() {
    var item = seal(KEY, ANN);
    answer(store().commit(commit(claim(KEY, item, "a"), through(10))));

    assertThat(faultOf(store().commit(commit(claim(KEY, item, "b"), through(12)))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("somebody else writes under this token");
  }

  @Test
  void an_item_that_was_deleted_and_made_again_refuses_the_former_owner() {
    var old = claim(KEY, seal(KEY, ANN), "a");
    delete(KEY);
    answer(store().seal(KEY, ANN, "another nonce"));

    assertThat(faultOf(store().commit(commit(old, through(5)))))
        .hasMessageContaining("deleted and made again");
    assertThat(seal(KEY, ANN).progress()).isEqualTo(Progress.NONE);
  }

  @Test
  void an_item_made_again_by_an_older_epoch_refuses_the_former_owner() {
    var old = claim(KEY, seal(KEY, BOB), "b");
    delete(KEY);
    seal(KEY, ANN);

    assertThat(answer(store().commit(commit(old, through(5)))))
        .isEqualTo(new WriteAnswer.Lost(ANN));
  }

  @Test
  void no_commit_and_no_end_makes_an_item() {
    var claim = claim(KEY, seal(KEY, ANN), "a");
    delete(KEY);

    assertThat(faultOf(store().commit(commit(claim, through(5)))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("is gone");
    assertThat(faultOf(store().end(end(claim, shard("s1", "s0"))))).hasMessageContaining("is gone");
    assertThat(answer(store().seal(KEY, ANN, "fresh")).nonce()).isEqualTo("fresh");
    assertThat(seal(progress("s1"), ANN).parents()).isEmpty();
  }

  @Test
  void progress_comes_back_as_it_was_stored() {
    var first = "49590338271490256608559692538361571095921575989136588898";
    var second = "49590338271490256608559692540925702759324208523137515618";
    var stored =
        new Progress(
            Optional.of(Position.parse(first + ":3")),
            List.of(
                new Progress.Range(Position.parse(first + ":5"), Position.parse(first + ":5")),
                new Progress.Range(Position.parse(second + ":0"), Position.parse(second + ":9"))));
    answer(store().commit(commit(claim(KEY, seal(KEY, ANN), "a"), stored)));

    assertThat(seal(KEY, ANN).progress()).isEqualTo(stored);
  }

  @Test
  void a_commit_replaces_the_one_before_whole() {
    var first = commit(claim(KEY, seal(KEY, ANN), "a"), through(3, range(5, 6)), parts("root"));
    answer(store().commit(first));
    answer(store().commit(commit(next(first, "b"), Progress.NONE, CommitParts.NONE)));

    var item = seal(KEY, BOB);
    assertThat(item.progress()).isEqualTo(Progress.NONE);
    assertThat(item.parts()).contains(CommitParts.NONE);
  }

  @Test
  void functions_of_one_shard_do_not_share_an_item() {
    seal(KEY, BOB);

    assertThat(seal(new ProgressKey(KEY.shard(), "other"), ANN).token()).isEqualTo(ANN);
  }

  @Test
  void an_end_tells_each_child_once_and_for_all() {
    var claim = claim(KEY, seal(KEY, BOB), "e");
    var left = new EndedParent(7, StartingPosition.TRIM_HORIZON, parts("root"));
    var children = List.of(shard("s1", "s0"), shard("s2", "s0"));

    assertThat(answer(store().end(new End(claim, through(9), left, children)))).isEqualTo(APPLIED);
    assertThat(answer(store().end(new End(claim, through(9), left, children)))).isEqualTo(APPLIED);

    for (var child : children) {
      var item = seal(progress(child.id().value()), ANN);
      assertThat(item.parents()).isEqualTo(Map.of(new ShardId("s0"), left));
      assertThat(item.fencingToken()).isEqualTo(8);
      assertThat(item.parts()).isEmpty();
    }
    var ended = seal(KEY, token("cid", 3));
    assertThat(ended.children()).contains(children);
    assertThat(ended.progress()).isEqualTo(through(9));
    assertThat(ended.token()).isEqualTo(BOB);
  }

  @Test
  void an_ended_item_takes_no_more_commits() {
    var end = end(claim(KEY, seal(KEY, ANN), "e"), shard("s1", "s0"));
    answer(store().end(end));

    var late = new WriteClaim(KEY, ANN, 2, end.claim().nonce(), "late");
    assertThat(faultOf(store().commit(commit(late, through(5)))))
        .hasMessageContaining("it is ended");
  }

  @Test
  void a_child_that_was_sealed_and_committed_before_keeps_what_it_has() {
    var child = progress("s1");
    var begun = commit(claim(child, seal(child, BOB), "b"), through(4), parts("child's"));
    answer(store().commit(begun));

    answer(store().end(end(claim(KEY, seal(KEY, ANN), "e"), shard("s1", "s0"))));

    var item = seal(child, BOB);
    assertThat(item.progress()).isEqualTo(through(4));
    assertThat(item.parts()).contains(parts("child's"));
    assertThat(item.parents()).containsOnlyKeys(new ShardId("s0"));
    // The owner of the child was not disturbed.
    assertThat(answer(store().commit(commit(next(begun, "c"), through(5))))).isEqualTo(APPLIED);
  }

  @Test
  void a_merge_child_holds_what_both_parents_left_in_either_order() {
    for (var order : List.of(List.of("s0", "s1"), List.of("s1", "s0"))) {
      var child = shard("merged-" + order.get(0), "s0", "s1");
      for (var parent : order) {
        delete(progress(parent));
        endParent(parent, child);
      }
      assertThat(seal(progress(child.id().value()), ANN).parents())
          .containsOnlyKeys(new ShardId("s0"), new ShardId("s1"));
    }
  }

  @Test
  void two_workers_may_end_the_parents_of_a_merge_at_the_same_time() {
    for (int round = 0; round < 10; round++) {
      var child = shard("merged-" + round, "left-" + round, "right-" + round);
      var left =
          end(claim(progress("left-" + round), seal(progress("left-" + round), ANN), "l"), child);
      var right =
          end(claim(progress("right-" + round), seal(progress("right-" + round), BOB), "r"), child);

      var lefts = CompletableFuture.supplyAsync(() -> answer(store().end(left)));
      var rights = CompletableFuture.supplyAsync(() -> answer(store().end(right)));

      assertThat(answer(lefts)).isEqualTo(APPLIED);
      assertThat(answer(rights)).isEqualTo(APPLIED);
      assertThat(seal(progress("merged-" + round), ANN).parents()).hasSize(2);
    }
  }

  @Test
  void the_fencing_token_of_a_child_is_above_all_of_both_parents() {
    var child = shard("s2", "s0", "s1");
    for (var left : Map.of("s0", 41L, "s1", 7L).entrySet()) {
      var claim = claim(progress(left.getKey()), seal(progress(left.getKey()), ANN), "e");
      var parent = new EndedParent(left.getValue(), StartingPosition.TRIM_HORIZON, parts("p"));
      answer(store().end(new End(claim, through(1), parent, List.of(child))));
    }

    assertThat(seal(progress("s2"), ANN).fencingToken()).isEqualTo(42);
    assertThat(seal(progress("s2"), ANN).fencingToken()).isEqualTo(42);
    assertThat(seal(progress("s2"), BOB).fencingToken()).isEqualTo(43);
  }

  @Test
  void the_first_commit_of_a_child_takes_over_what_its_parents_left() {
    endParent("s0", shard("s1", "s0"));
    var item = seal(progress("s1"), ANN);
    var commit =
        new Commit(
            claim(progress("s1"), item, "a"), through(3), parts("own"), item.parents().keySet());

    assertThat(answer(store().commit(commit))).isEqualTo(APPLIED);
    assertThat(answer(store().commit(commit))).isEqualTo(APPLIED);

    var after = seal(progress("s1"), ANN);
    assertThat(after.parts()).contains(parts("own"));
    assertThat(after.parents().get(new ShardId("s0")).parts()).isEqualTo(CommitParts.NONE);
    assertThat(after.fencingToken()).isEqualTo(item.fencingToken());
  }

  @Test
  void a_starting_position_is_resolved_once() {
    var first = StartingPosition.at(Instant.parse("2026-03-01T10:00:00.123456789Z"));

    assertThat(answer(store().startOf("totals", first))).isEqualTo(first);
    assertThat(answer(store().startOf("totals", StartingPosition.TRIM_HORIZON))).isEqualTo(first);
    assertThat(answer(store().startOf("other", StartingPosition.TRIM_HORIZON)))
        .isEqualTo(StartingPosition.TRIM_HORIZON);
  }

  @Test
  void workers_that_start_together_agree_on_the_starting_position() {
    var proposals =
        List.of(1L, 2L, 3L, 4L).stream()
            .map(Instant::ofEpochSecond)
            .map(StartingPosition::at)
            .map(at -> CompletableFuture.supplyAsync(() -> answer(store().startOf("totals", at))))
            .toList();

    assertThat(proposals.stream().map(Answers::answer).distinct()).hasSize(1);
  }

  private ProgressItem seal(ProgressKey key, LeaseToken token) {
    return answer(store().seal(key, token, "nonce of " + token));
  }

  private void endParent(String parent, Shard child) {
    assertThat(
            answer(
                store()
                    .end(
                        end(
                            claim(
                                progress(parent), seal(progress(parent), ANN), "end for " + child),
                            child))))
        .isEqualTo(APPLIED);
  }

  private static End end(WriteClaim claim, Shard... children) {
    var left = new EndedParent(1, StartingPosition.TRIM_HORIZON, parts("parent's"));
    return new End(claim, through(9), left, List.of(children));
  }

  private static WriteClaim claim(ProgressKey key, ProgressItem item, String attempt) {
    return new WriteClaim(key, item.token(), item.rev(), item.nonce(), attempt);
  }

  private static WriteClaim next(Commit before, String attempt) {
    var claim = before.claim();
    return new WriteClaim(claim.key(), claim.token(), claim.rev() + 1, claim.nonce(), attempt);
  }

  private static Commit commit(WriteClaim claim, Progress progress) {
    return commit(claim, progress, CommitParts.NONE);
  }

  private static Commit commit(WriteClaim claim, Progress progress, CommitParts parts) {
    return new Commit(claim, progress, parts, Set.of());
  }
}
