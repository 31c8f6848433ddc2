package io.headrace.bench.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CourseTest {
  private final List<Delivery> deliveries = new ArrayList<>();
  private long number;

  private CourseTest handled(String worker, String shard, long... ticks) {
    for (long tick : ticks) {
      deliveries.add(new Delivery(tick, worker, shard, "49", number++));
    }
    return this;
  }

  private Course course() {
    return new Course(deliveries);
  }

  @Test
  void a_move_is_from_the_last_record_of_one_to_the_first_of_the_other() {
    handled("b", "s1", 170, 220).handled("a", "s1", 50, 100);

    assertThat(course().moves(0, 1_000)).containsExactly(new Course.Move("s1", "a", "b", 170, 70));
  }

  @Test
  void moves_outside_of_the_time_do_not_count() {
    handled("a", "s1", 50).handled("b", "s1", 100).handled("c", "s1", 200);

    assertThat(course().moves(150, 300)).extracting(Course.Move::to).containsExactly("c");
    assertThat(course().moves(0, 150)).extracting(Course.Move::to).containsExactly("b");
  }

  @Test
  void a_shard_that_comes_back_has_moved_twice() {
    handled("a", "s1", 50, 300).handled("b", "s1", 100, 200);

    assertThat(course().moves(0, 1_000)).extracting(Course.Move::from).containsExactly("a", "b");
  }

  @Test
  void a_shard_goes_on_with_the_first_record_that_another_worker_handles_afterwards() {
    handled("a", "s1", 50, 120).handled("b", "s1", 400, 450);

    assertThat(course().resumed("s1", "a", 100)).hasValue(400);
    assertThat(course().resumed("s1", "a", 450)).isEmpty();
    assertThat(course().resumed("s2", "a", 0)).isEmpty();
  }

  @Test
  void a_silence_counts_from_the_record_before_it_even_where_that_lies_before_the_time() {
    handled("a", "s1", 50, 100).handled("b", "s1", 700, 750);

    assertThat(course().longestSilence("s1", 200, 760)).isEqualTo(600);
  }

  @Test
  void a_silence_that_has_not_ended_counts_as_far_as_the_time_goes() {
    handled("a", "s1", 50, 100, 150);

    assertThat(course().longestSilence("s1", 60, 900)).isEqualTo(750);
    assertThat(course().longestSilence("s2", 60, 900)).isEqualTo(840);
  }

  @Test
  void a_worker_without_shards_counts_when_they_are_compared() {
    handled("a", "s1", 50).handled("a", "s2", 60);

    assertThat(course().spread(Set.of("a"), 100)).isZero();
    assertThat(course().spread(Set.of("a", "b"), 100)).isEqualTo(2);
  }

  @Test
  void shards_of_the_dead_count_for_nobody_who_lives() {
    handled("dead", "s1", 50).handled("a", "s2", 60);

    assertThat(course().held(Set.of("a"), 100)).containsEntry("a", 1).containsEntry("dead", 1);
  }

  @Test
  void shards_that_have_ended_can_be_left_out() {
    handled("a", "parent", 10).handled("a", "s1", 20).handled("b", "s2", 30);

    assertThat(course().spread(Set.of("a", "b"), 100)).isOne();
    assertThat(course().only(Set.of("s1", "s2")).spread(Set.of("a", "b"), 100)).isZero();
  }

  @Test
  void workers_are_level_since_the_move_after_which_they_never_were_uneven_again() {
    handled("a", "s1", 10, 510).handled("a", "s2", 20, 520).handled("a", "s3", 30);
    handled("a", "s4", 40);
    handled("b", "s3", 300).handled("b", "s4", 400);

    assertThat(course().levelSince(Set.of("a", "b"), 100, 600)).hasValue(400);
    assertThat(course().levelSince(Set.of("a", "b"), 100, 350)).isEmpty();
  }

  @Test
  void workers_that_are_level_all_the_time_are_so_since_its_beginning() {
    handled("a", "s1", 10, 510).handled("b", "s2", 20, 520);

    assertThat(course().levelSince(Set.of("a", "b"), 100, 600)).hasValue(100);
  }

  @Test
  void workers_that_exchange_shards_one_after_the_other_are_level_again_only_then() {
    handled("a", "s1", 10).handled("a", "s2", 20, 450).handled("b", "s2", 200);
    handled("b", "s1", 440);

    assertThat(course().levelSince(Set.of("a", "b"), 100, 600)).hasValue(450);
  }
}
