package io.headrace.checkpoint.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RideCostTest {
  /** So many commits ride, each with so many bytes more than the one before. */
  private static int commits(int bytes) {
    var cost = RideCost.first(0);
    int commits = 0;
    for (int riding = bytes; cost.allows(riding); riding += bytes) {
      cost = cost.with(riding);
      commits++;
      assertThat(commits).as("it ends").isLessThan(10_000);
    }
    return commits;
  }

  @Test
  void what_fits_into_the_first_unit_rides() {
    var cost = RideCost.first(0);
    for (int i = 0; i < 1_000; i++) {
      assertThat(cost.allows(600)).isTrue();
      cost = cost.with(600);
    }
    assertThat(cost.allows(800)).as("a second unit, when commits took one").isFalse();
  }

  @Test
  void what_grows_fast_rides_in_several_units_since_chunks_would_be_put_all_the_time() {
    assertThat(commits(600)).isEqualTo(2);
    assertThat(commits(300)).as("up to the end of the second unit").isEqualTo(5);
    assertThat(commits(60)).as("up to the end of the first").isEqualTo(11);
    assertThat(commits(6)).isEqualTo(112);
  }

  @Test
  void a_large_part_does_not_ride_when_the_one_before_was_small() {
    assertThat(RideCost.first(0).allows(5_000)).isFalse();
    assertThat(RideCost.first(0).allows(4_000)).isTrue();
    assertThat(RideCost.first(0).with(600).with(600).allows(4_000)).isFalse();
  }

  @Test
  void what_does_not_grow_is_put_into_a_chunk_now_and_then() {
    var cost = RideCost.first(0);
    int commits = 0;
    while (cost.allows(3_000)) {
      cost = cost.with(3_000);
      commits++;
      assertThat(commits).as("it ends").isLessThan(100);
    }
    assertThat(commits).as("three units more than one each").isEqualTo(10);
    assertThat(cost.allows(600)).as("what takes one unit").isTrue();
  }

  @Test
  void no_number_of_commits_is_too_large() {
    var cost = new RideCost(1L << 40, 1L << 40);
    assertThat(cost.allows(800)).isFalse();
    assertThat(cost.allows(8)).isTrue();
  }
}
