package io.headrace.checkpoint;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static io.headrace.checkpoint.Shards.at;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.range;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.through;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.CheckpointStore.Commit;
import io.headrace.checkpoint.CheckpointStore.End;
import io.headrace.checkpoint.CheckpointStore.TakeOver;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StartingPosition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every store promises of functions that get another name. */
public abstract class TakeOverContract {
  protected static final LeaseToken ANN = token("ann", 1);
  protected static final LeaseToken BOB = token("bob", 2);
  protected static final LeaseToken CID = token("cid", 3);
  protected static final ProgressKey OLD = progress("s0");
  protected static final ProgressKey NEW = OLD.named("sums");
  private static final WriteAnswer APPLIED = new WriteAnswer.Applied();

  /** The store under test, empty at the beginning of each test. */
  protected abstract CheckpointStore store();

  @Test
  void a_new_name_has_all_that_the_former_one_had_and_a_higher_fencing_token() {
    var item = seal(OLD, ANN);
    commit(OLD, item, through(7, range(9, 12)), parts("root"));

    takeOver(NEW, BOB, OLD);

    var taken = seal(NEW, BOB);
    assertThat(taken.token()).isEqualTo(BOB);
    assertThat(taken.progress()).isEqualTo(through(7, range(9, 12)));
    assertThat(taken.parts()).contains(parts("root"));
    assertThat(taken.fencingToken()).isEqualTo(2);
  }

  @Test
  void nobody_seals_or_commits_under_the_former_name_any_more() {
    var item = seal(OLD, ANN);
    takeOver(NEW, BOB, OLD);

    assertThat(answer(store().commit(write(OLD, item, through(9), parts("late")))))
        .isEqualTo(new WriteAnswer.Lost(BOB));
    var letter = new Letter.Id(OLD, at(3));
    assertThat(answer(store().letters().strike(new LetterLedger.Fence(OLD, ANN), List.of(letter))))
        .isFalse();
    assertThat(faultOf(store().seal(OLD, CID, "n")))
        .isInstanceOfSatisfying(
            TakenOverException.class,
            taken -> {
              assertThat(taken.successor()).isEqualTo("sums");
              assertThat(taken.by()).isEqualTo(BOB);
            });
    assertThat(seal(NEW, BOB).progress()).isEqualTo(Progress.NONE);
  }

  @Test
  void what_is_taken_over_again_stays_as_the_new_name_has_left_it() {
    seal(OLD, ANN);
    takeOver(NEW, BOB, OLD);
    commit(NEW, seal(NEW, BOB), through(20), parts("new"));

    takeOver(NEW, CID, OLD);

    assertThat(seal(NEW, CID).progress()).isEqualTo(through(20));
  }

  @Test
  void the_former_name_takes_back_what_the_new_one_has_by_then() {
    commit(OLD, seal(OLD, ANN), through(7), parts("old"));
    takeOver(NEW, BOB, OLD);
    var ofNew = seal(NEW, BOB);
    commit(NEW, ofNew, through(20), parts("new"));

    takeOver(OLD, CID, NEW);

    var back = seal(OLD, CID);
    assertThat(back.progress()).isEqualTo(through(20));
    assertThat(back.parts()).contains(parts("new"));
    assertThat(back.fencingToken()).isEqualTo(3);
    var late = new WriteClaim(NEW, BOB, ofNew.rev() + 1, ofNew.nonce(), "late");
    assertThat(answer(store().commit(new Commit(late, through(30), CommitParts.NONE, Set.of()))))
        .isEqualTo(new WriteAnswer.Lost(CID));
    takeOver(NEW, token("dan", 4), OLD);
    assertThat(seal(NEW, token("dan", 4)).progress()).isEqualTo(through(20));
  }

  @Test
  void a_name_under_which_nothing_had_begun_can_only_take_back() {
    takeOver(NEW, BOB, OLD);
    commit(NEW, seal(NEW, BOB), through(3), parts("new"));

    assertThat(faultOf(store().seal(OLD, CID, "n"))).isInstanceOf(TakenOverException.class);
    takeOver(OLD, CID, NEW);
    assertThat(seal(OLD, CID).progress()).isEqualTo(through(3));
  }

  @Test
  void a_take_over_that_went_no_further_is_taken_back_as_nothing() {
    takeOver(NEW, BOB, OLD);

    takeOver(OLD, CID, NEW);

    assertThat(seal(OLD, CID).progress()).isEqualTo(Progress.NONE);
  }

  @Test
  void a_worker_that_has_lost_its_shard_takes_nothing_over() {
    var item = seal(OLD, CID);

    assertThat(faultOf(store().takeOver(new TakeOver(NEW, List.of("totals"), BOB))))
        .isInstanceOfSatisfying(
            TakenOverException.class, taken -> assertThat(taken.by()).isEqualTo(CID));
    assertThat(faultOf(store().takeOver(new TakeOver(NEW, List.of("totals"), token("eve", 3)))))
        .isInstanceOf(TakenOverException.class);
    assertThat(answer(store().commit(write(OLD, item, through(9), parts("root")))))
        .isEqualTo(APPLIED);
  }

  @Test
  void the_latest_of_several_former_names_is_the_one_that_counts() {
    var middle = OLD.named("middle");
    commit(OLD, seal(OLD, ANN), through(1), parts("old"));
    takeOver(middle, BOB, OLD);
    commit(middle, seal(middle, BOB), through(2), parts("middle"));

    takeOver(NEW, CID, middle, OLD);

    assertThat(seal(NEW, CID).progress()).isEqualTo(through(2));
  }

  @Test
  void a_shard_that_the_middle_name_never_had_comes_from_the_first() {
    commit(OLD, seal(OLD, ANN), through(1), parts("old"));

    takeOver(NEW, CID, OLD.named("middle"), OLD);

    assertThat(seal(NEW, CID).progress()).isEqualTo(through(1));
    assertThat(faultOf(store().seal(OLD.named("middle"), token("dan", 4), "n")))
        .isInstanceOf(TakenOverException.class);
  }

  @Test
  void of_several_names_that_know_of_a_shard_the_one_that_runs_there_is_taken_over() {
    endOf(OLD.named("middle"), List.of("totals"), shard("s1", "s0"));
    var child = progress("s1");
    var middle = child.named("middle");
    commit(child, seal(child, BOB), through(8), parts("old"));

    takeOver(child.named("sums"), CID, middle, child);

    assertThat(seal(child.named("sums"), CID).progress()).isEqualTo(through(8));
    assertThat(faultOf(store().seal(middle, token("dan", 4), "n")))
        .isInstanceOf(TakenOverException.class);
    assertThat(faultOf(store().seal(child, token("dan", 4), "n")))
        .isInstanceOf(TakenOverException.class);
  }

  @Test
  void none_of_several_names_that_only_know_of_parents_is_left_to_begin_beside() {
    endOf(NEW, List.of("middle", "totals"), shard("s1", "s0"));
    var child = NEW.in(new ShardId("s1"));
    takeOver(child, BOB, child.named("middle"), child.named("totals"));
    commit(child, seal(child, BOB), through(8), parts("new"));

    var first = child.named("totals");
    assertThat(faultOf(store().seal(first, CID, "n"))).isInstanceOf(TakenOverException.class);
    takeOver(first, CID, child);

    assertThat(seal(first, CID).progress()).isEqualTo(through(8));
  }

  @Test
  void a_function_that_was_moved_before_it_ran_leaves_no_former_name_beside_it() {
    endOf(NEW, List.of("totals"), shard("s1", "s0"));
    var child = NEW.in(new ShardId("s1"));
    var to = StartingPosition.after(through(5).through().orElseThrow());
    assertThat(answer(store().operator().move(answer(store().operator().progress(child)), to, 4)))
        .isTrue();

    takeOver(child, BOB, progress("s1"));

    assertThat(seal(child, BOB).moved().map(Moved::to)).contains(to);
    assertThat(faultOf(store().seal(progress("s1"), CID, "n")))
        .isInstanceOf(TakenOverException.class);
  }

  @Test
  void a_shard_that_the_former_name_has_ended_is_ended() {
    endOf(OLD, List.of(), shard("s1", "s0"));

    takeOver(NEW, BOB, OLD);

    assertThat(seal(NEW, BOB).children()).contains(List.of(shard("s1", "s0")));
  }

  @Test
  void parents_that_the_former_name_ends_later_count_for_who_waits_for_them() {
    var child = NEW.in(new ShardId("s2"));
    takeOver(child, BOB, OLD.in(child.shard().shard()));
    assertThat(seal(child, BOB).parents()).isEmpty();

    endOf(OLD, List.of(), shard("s2", "s0"));
    takeOver(child, BOB, OLD.in(child.shard().shard()));

    var item = seal(child, BOB);
    assertThat(item.parents()).containsOnlyKeys(new ShardId("s0"));
    assertThat(item.token()).isEqualTo(BOB);
    commit(child, item, through(1), parts("own"));
    endOf(progress("s1"), List.of(), shard("s2", "s1"));
    takeOver(child, BOB, OLD.in(child.shard().shard()));
    assertThat(seal(child, BOB).parents()).as("it has begun").hasSize(1);
  }

  @Test
  void a_child_that_runs_under_the_former_name_is_told_as_well() {
    endOf(NEW, List.of("totals"), shard("s1", "s0"));

    assertThat(seal(progress("s1"), ANN).parents()).containsOnlyKeys(new ShardId("s0"));
    assertThat(seal(NEW.in(new ShardId("s1")), BOB).parents()).containsOnlyKeys(new ShardId("s0"));
  }

  @Test
  void what_was_left_for_a_shard_that_nobody_has_begun_goes_along() {
    endOf(OLD, List.of(), shard("s1", "s0"));
    var child = NEW.in(new ShardId("s1"));

    takeOver(child, BOB, progress("s1"));

    assertThat(seal(child, BOB).parents().get(new ShardId("s0")).parts())
        .isEqualTo(parts("parent's"));
  }

  @Test
  void a_move_by_an_operator_goes_along_and_the_former_name_can_not_be_moved() {
    var to = StartingPosition.after(through(5).through().orElseThrow());
    var row = answer(store().operator().progress(OLD));
    assertThat(answer(store().operator().move(row, to, 4))).isTrue();

    takeOver(NEW, BOB, OLD);

    assertThat(seal(NEW, BOB).moved().map(Moved::to)).contains(to);
    assertThat(faultOf(store().operator().progress(OLD))).isInstanceOf(TakenOverException.class);
    var listed = answer(store().operator().progress(OLD.shard().bucket()));
    assertThat(listed.rows()).extracting(ProgressRow::key).containsExactly(NEW);
  }

  @Test
  void a_name_takes_over_from_others_only() {
    assertThatThrownBy(() -> new TakeOver(NEW, List.of(), BOB)).hasMessageContaining("at least");
    assertThatThrownBy(() -> new TakeOver(NEW, List.of("sums"), BOB)).hasMessageContaining("sums");
  }

  @Test
  void what_a_function_is_was_said_by_the_first() {
    var functions = store().operator().functions();
    answer(store().startOf("totals", StartingPosition.TRIM_HORIZON));

    assertThat(answer(functions.describe("totals", Map.of("keys", "within"))).shape())
        .containsEntry("keys", "within");
    assertThat(answer(functions.describe("totals", Map.of("keys", "across"))))
        .isEqualTo(
            new FunctionItem(
                "totals",
                Optional.of(StartingPosition.TRIM_HORIZON),
                Map.of("keys", "within"),
                Optional.empty()));
    assertThat(answer(functions.all())).extracting(FunctionItem::function).contains("totals");
  }

  @Test
  void what_a_function_is_changes_only_from_what_was_seen() {
    var functions = store().operator().functions();
    answer(functions.describe("totals", Map.of("keys", "within")));

    assertThat(
            answer(functions.redescribe("totals", Map.of("keys", "?"), Map.of("keys", "across"))))
        .isFalse();
    assertThat(
            answer(
                functions.redescribe("totals", Map.of("keys", "within"), Map.of("keys", "across"))))
        .isTrue();
    assertThat(answer(functions.all()).get(0).shape()).containsEntry("keys", "across");
  }

  @Test
  void who_follows_a_function_is_said_of_those_that_there_are() {
    var functions = store().operator().functions();
    answer(functions.describe("totals", Map.of("keys", "within")));

    answer(functions.succeed("totals", "sums"));
    answer(functions.succeed("nobody", "sums"));

    assertThat(answer(functions.all()))
        .singleElement()
        .satisfies(item -> assertThat(item.successor()).contains("sums"));
  }

  protected ProgressItem seal(ProgressKey key, LeaseToken token) {
    return answer(store().seal(key, token, "nonce of " + token));
  }

  protected void takeOver(ProgressKey key, LeaseToken token, ProgressKey... formers) {
    var names = List.of(formers).stream().map(ProgressKey::function).toList();
    answer(store().takeOver(new TakeOver(key, names, token)));
  }

  protected void commit(ProgressKey key, ProgressItem item, Progress progress, CommitParts parts) {
    assertThat(answer(store().commit(write(key, item, progress, parts)))).isEqualTo(APPLIED);
  }

  private static Commit write(
      ProgressKey key, ProgressItem item, Progress progress, CommitParts parts) {
    var claim = new WriteClaim(key, item.token(), item.rev(), item.nonce(), "a");
    return new Commit(claim, progress, parts, Set.of());
  }

  protected void endOf(ProgressKey key, List<String> formers, Shard child) {
    var item = seal(key, ANN);
    var left = new EndedParent(1, StartingPosition.TRIM_HORIZON, parts("parent's"));
    var claim = new WriteClaim(key, ANN, item.rev(), item.nonce(), "e");
    assertThat(answer(store().end(new End(claim, through(9), left, List.of(child), formers))))
        .isEqualTo(APPLIED);
  }
}
