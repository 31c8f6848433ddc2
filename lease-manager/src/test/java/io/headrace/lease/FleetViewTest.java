package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Incarnation;
import io.headrace.lease.FleetView.Verdict;
import io.headrace.lease.WorkerItem.State;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class FleetViewTest {
  private static final Duration F = Duration.ofSeconds(10);

  /** 2.5 polls. */
  private static final Duration GAP_MAX = Duration.ofSeconds(5);

  private static final Incarnation ME = new Incarnation("me", "1");
  private static final Incarnation BOB = new Incarnation("bob", "1");

  private final FleetView view = new FleetView(GAP_MAX);

  private static long seconds(long seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }

  private static Stored<WorkerItem> at(long revision, WorkerItem item) {
    return new Stored<>(item, "n", revision, "t");
  }

  private static WorkerItem bob() {
    return WorkerItem.starting(BOB, F);
  }

  private void poll(long second, Stored<WorkerItem> item) {
    view.observe(seconds(second), List.of(item));
  }

  @Test
  void a_worker_silent_for_its_lease_time_over_all_polls_is_suspect() {
    for (int second = 0; second <= 8; second += 2) {
      poll(second, at(41, bob()));
    }

    assertThat(view.suspects(seconds(10) - 1, ME)).isEmpty();
    assertThat(view.suspects(seconds(10), ME)).hasSize(1);
    assertThat(view.ticksToNextSuspect(seconds(8), ME)).hasValue(seconds(2));
  }

  @Test
  void an_older_answer_is_no_sign_of_life() {
    poll(0, at(41, bob()));
    poll(2, at(42, bob()));
    poll(4, at(41, bob()));
    poll(6, at(42, bob()));
    poll(8, at(41, bob()));
    poll(10, at(42, bob()));

    assertThat(view.suspects(seconds(12), ME)).hasSize(1);
  }

  @Test
  void silence_does_not_count_while_the_observer_could_not_look() {
    poll(0, at(41, bob()));
    poll(6, at(41, bob())); // more than 2.5 polls

    assertThat(view.suspects(seconds(10), ME)).isEmpty();
    poll(8, at(41, bob()));
    poll(10, at(41, bob()));
    poll(12, at(41, bob()));
    poll(14, at(41, bob()));
    assertThat(view.suspects(seconds(16), ME)).hasSize(1);
  }

  @Test
  void nobody_is_suspected_on_old_knowledge() {
    poll(0, at(41, bob()));

    assertThat(view.suspects(seconds(60), ME)).isEmpty();
  }

  @Test
  void a_worker_whose_heartbeat_is_overdue_is_quiet_long_before_it_is_suspect() {
    for (int second = 0; second <= 8; second += 2) {
      poll(second, at(41, bob()));
    }

    assertThat(view.isQuiet(seconds(7), BOB)).isFalse();
    assertThat(view.isQuiet(seconds(7) + 1, BOB)).isTrue();
    assertThat(view.suspects(seconds(7) + 1, ME)).isEmpty();
    assertThat(view.isQuiet(0, new Incarnation("bob", "2"))).as("not known").isTrue();
  }

  @Test
  void who_left_in_order_before_this_observers_eyes_and_came_back_soon_is_being_restarted() {
    var next = WorkerItem.starting(new Incarnation("bob", "2"), F);
    poll(0, at(41, bob()));
    poll(2, at(42, bob().publishing(State.DRAINING, 0, 0, 0)));
    poll(4, at(43, bob().publishing(State.DEPARTED, 0, 0, 0)));
    assertThat(view.isRestarting(seconds(4))).isFalse();

    poll(30, at(44, next));
    assertThat(view.isRestarting(seconds(30))).isTrue();
    assertThat(view.isRestarting(seconds(89))).isTrue();
    assertThat(view.isRestarting(seconds(90))).as("6 lease times later").isFalse();
  }

  @Test
  void who_was_buried_or_had_left_before_this_observer_came_is_not_being_restarted() {
    var next = WorkerItem.starting(new Incarnation("bob", "2"), F);
    poll(0, at(41, bob().publishing(State.DEPARTED, 0, 0, 0)));
    poll(2, at(42, next));
    assertThat(view.isRestarting(seconds(2))).isFalse();
    assertThat(view.newcomers(seconds(2))).containsExactly(next.incarnation());

    poll(4, at(43, next.buried(List.of())));
    poll(6, at(44, WorkerItem.starting(new Incarnation("bob", "3"), F)));
    assertThat(view.isRestarting(seconds(6))).isFalse();
  }

  @Test
  void a_worker_missing_from_one_answer_is_not_forgotten() {
    poll(0, at(41, bob()));
    view.observe(seconds(2), List.of());

    assertThat(view.active()).containsExactly(BOB);
  }

  @Test
  void nobody_suspects_itself() {
    for (int second = 0; second <= 20; second += 2) {
      view.observe(seconds(second), List.of(at(1, WorkerItem.starting(ME, F))));
    }

    assertThat(view.suspects(seconds(20), ME)).isEmpty();
  }

  @Test
  void leases_of_the_living_are_held_and_of_the_buried_and_departed_claimable() {
    poll(0, at(1, bob()));
    assertThat(view.verdict(0, BOB)).isEqualTo(Verdict.HELD);

    poll(1, at(2, bob().publishing(State.DRAINING, 0, 0, 0)));
    assertThat(view.verdict(0, BOB)).isEqualTo(Verdict.HELD);

    poll(2, at(3, bob().buried(List.of(ME))));
    assertThat(view.verdict(0, BOB)).isEqualTo(Verdict.CLAIMABLE);
  }

  @Test
  void leases_of_a_replaced_life_are_free_after_its_lease_time() {
    poll(0, at(1, bob()));
    poll(2, at(2, WorkerItem.replacing(bob(), new Incarnation("bob", "2"), F)));

    assertThat(view.verdict(seconds(12) - 1, BOB)).isEqualTo(Verdict.HELD);
    assertThat(view.verdict(seconds(12), BOB)).isEqualTo(Verdict.CLAIMABLE);
  }

  @Test
  void leases_of_a_replaced_life_that_had_departed_are_free_at_once() {
    var departed = bob().publishing(State.DEPARTED, 0, 0, 0);
    poll(2, at(2, WorkerItem.replacing(departed, new Incarnation("bob", "2"), F)));

    assertThat(view.verdict(seconds(2), BOB)).isEqualTo(Verdict.CLAIMABLE);
  }

  @Test
  void an_owner_newer_than_the_view_is_not_taken_for_an_old_one() {
    poll(0, at(1, bob()));
    var newer = new Incarnation("bob", "2");

    assertThat(view.verdict(seconds(100), newer)).isEqualTo(Verdict.UNKNOWN);
    var read = at(2, WorkerItem.replacing(bob(), newer, F));
    assertThat(view.verdictAfterRead(seconds(100), newer, null, read)).isEqualTo(Verdict.HELD);
  }

  @Test
  void a_life_long_before_all_that_is_known_is_waited_for_once() {
    var third = WorkerItem.replacing(bob(), new Incarnation("bob", "3"), F);
    poll(0, at(9, third));
    var ancient = new Incarnation("bob", "0");

    assertThat(view.verdict(seconds(5), ancient)).isEqualTo(Verdict.UNKNOWN);
    assertThat(view.verdictAfterRead(seconds(5), ancient, null, at(9, third)))
        .isEqualTo(Verdict.HELD);
    assertThat(view.verdictAfterRead(seconds(10), ancient, null, at(9, third)))
        .isEqualTo(Verdict.CLAIMABLE);
  }

  @Test
  void lives_shorter_than_the_lease_time_do_not_start_the_wait_again() {
    var item = bob();
    for (int life = 2; life < 8; life++) {
      item = WorkerItem.replacing(item, new Incarnation("bob", "" + life), F);
      poll(2L * life, at(life, item));
    }

    // The first life was replaced at 4 s; later ones keep coming.
    assertThat(view.verdict(seconds(15), BOB)).isEqualTo(Verdict.UNKNOWN);
    assertThat(view.verdictAfterRead(seconds(15), BOB, null, at(7, item)))
        .isEqualTo(Verdict.CLAIMABLE);
  }

  @Test
  void moves_need_the_agreement_of_all_active_workers() {
    var me = WorkerItem.starting(ME, F);
    poll(0, at(1, bob()));
    view.observe(seconds(1), List.of(at(1, me)));
    assertThat(view.agreed(seconds(3))).isFalse();

    int hash = view.membersHash();
    view.observe(seconds(2), at(2, me.publishing(State.ACTIVE, 0, 0, hash)));
    assertThat(view.agreed(seconds(3))).isFalse();
    view.observe(seconds(3), at(2, bob().publishing(State.ACTIVE, 0, 0, hash)));
    assertThat(view.agreed(seconds(3))).isTrue();
  }

  @Test
  void the_living_are_the_same_list_until_one_says_more_than_that_it_lives() {
    poll(0, at(1, bob()));
    var living = view.living();

    poll(2, at(2, bob()));
    assertThat(view.living()).isSameAs(living);
    poll(4, at(3, bob().publishing(State.ACTIVE, 7, 0, 0)));
    assertThat(view.living()).extracting(WorkerItem::book).containsExactly(7L);
    poll(6, at(4, bob().publishing(State.DRAINING, 7, 0, 0)));
    assertThat(view.anyLeaving()).isTrue();
  }

  @Test
  void each_item_is_its_workers_in_whatever_order_answers_come() {
    var me = at(1, WorkerItem.starting(ME, F));
    view.observe(seconds(0), List.of(at(1, bob()), me));
    view.observe(seconds(4), List.of(me, at(1, bob())));
    view.observe(seconds(8), List.of(me, at(2, bob())));
    view.observe(seconds(10), List.of(at(2, bob())));

    assertThat(view.suspects(seconds(10), BOB)).containsExactly(me);
    assertThat(view.suspects(seconds(10), ME)).isEmpty();
  }

  @Test
  void who_was_forgotten_and_comes_again_is_met_anew() {
    var gone = at(5, bob().buried(List.of()));
    poll(0, gone);
    view.forget(gone);
    assertThat(view.living()).isEmpty();

    poll(2, at(1, bob()));
    assertThat(view.living()).extracting(WorkerItem::incarnation).containsExactly(BOB);
    assertThat(view.newcomers(seconds(2))).containsExactly(BOB);
  }

  @Test
  void an_answer_older_than_the_deletion_of_an_item_changes_nothing() {
    for (int second = 0; second <= 10; second += 2) {
      poll(second, at(41, bob()));
    }
    view.missed(seconds(10), at(41, bob()));
    poll(11, at(41, bob()));
    for (int second = 12; second <= 20; second += 2) {
      view.observe(seconds(second), List.of());
    }

    assertThat(view.suspects(seconds(20), ME)).hasSize(1);
    assertThat(view.isQuiet(seconds(11), BOB)).isTrue();
    view.missed(seconds(20), at(41, bob()));
    assertThat(view.verdictAfterRead(seconds(20), BOB, null, null)).isEqualTo(Verdict.CLAIMABLE);
  }

  @Test
  void a_replaced_life_with_a_longer_lease_time_keeps_its_leases_for_that() {
    var slow = WorkerItem.starting(BOB, F.multipliedBy(6));
    poll(0, at(1, slow));
    // Its item was deleted, or one came between that was not seen.
    var after = WorkerItem.starting(new Incarnation("bob", "3"), F);
    poll(2, new Stored<>(after, "another", 1, "t"));

    assertThat(view.verdict(seconds(62) - 1, BOB)).isEqualTo(Verdict.HELD);
    assertThat(view.verdict(seconds(62), BOB)).isEqualTo(Verdict.CLAIMABLE);
  }

  @Test
  void who_lives_in_an_older_copy_that_was_put_back_holds_its_leases() {
    var buried = bob().buried(List.of());
    var next = new Incarnation("bob", "2");
    poll(0, at(17, buried));
    var read = at(2, WorkerItem.replacing(buried, next, F));
    assertThat(view.verdict(seconds(60), next)).isEqualTo(Verdict.UNKNOWN);

    assertThat(view.verdictAfterRead(seconds(60), next, null, read)).isEqualTo(Verdict.HELD);
  }

  @Test
  void a_consistent_read_of_an_older_copy_that_was_put_back_is_news_unless_more_was_heard() {
    var known = at(17, bob().buried(List.of()));
    var read = at(2, WorkerItem.replacing(known.item(), new Incarnation("bob", "2"), F));
    poll(0, known);
    view.reread(seconds(1), null, read);
    assertThat(view.living()).isEmpty();

    view.reread(seconds(2), known, read);
    assertThat(view.living()).containsExactly(read.item());
    assertThat(view.reread(seconds(3), read, read)).isTrue();
  }
}
