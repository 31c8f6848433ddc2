package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FetchLimitTest {
  private final FetchLimit limit = new FetchLimit();

  @Test
  void supposes_large_records_at_first() {
    assertThat(limit.recordsFor(10_240 * 100)).isEqualTo(87);
  }

  @Test
  void asks_for_one_record_at_least_and_ten_thousand_at_most() {
    assertThat(limit.recordsFor(1)).isEqualTo(1);
    assertThat(limit.recordsFor(Long.MAX_VALUE)).isEqualTo(10_000);
  }

  @Test
  void believes_the_first_page_of_some_records_rather_than_its_guess() {
    limit.observed(FetchLimit.SAMPLE_MIN, 400 * FetchLimit.SAMPLE_MIN);
    assertThat(limit.recordsFor(1_000_000)).isEqualTo(2_187);
    limit.observed(FetchLimit.SAMPLE_MIN, 200 * FetchLimit.SAMPLE_MIN);
    assertThat(limit.recordsFor(1_000_000)).as("then by halves").isEqualTo(2_916);
  }

  @Test
  void does_not_take_a_few_records_for_all_that_come() {
    limit.observed(1, 400);
    assertThat(limit.recordsFor(1_000_000)).isBetween(160, 170);
  }

  @Test
  void learns_small_sizes_by_halves() {
    for (int i = 0; i < 20; i++) {
      limit.observed(100, 40_000);
    }
    assertThat(limit.recordsFor(1_000_000)).isBetween(2_150, 2_190);
  }

  @Test
  void learns_large_sizes_at_once() {
    learns_small_sizes_by_halves();
    limit.observed(10, 1_000_000);
    assertThat(limit.recordsFor(1_000_000)).isEqualTo(8);
  }

  @Test
  void learns_nothing_from_an_empty_answer() {
    limit.observed(0, 0);
    assertThat(limit.recordsFor(10_240 * 100)).isEqualTo(87);
  }

  @Test
  void stays_in_its_bounds_for_records_without_any_size() {
    for (int i = 0; i < 100; i++) {
      limit.observed(1, 0);
    }
    assertThat(limit.recordsFor(100)).isEqualTo(88);
  }
}
