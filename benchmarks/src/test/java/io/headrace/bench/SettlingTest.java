package io.headrace.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SettlingTest {
  private final Settling cost = new Settling();

  @Test
  void settles_when_three_values_in_a_row_are_no_twentieth_below_the_lowest() {
    for (double falling : new double[] {900, 700, 640, 560, 550, 540}) {
      cost.add(falling);
      assertThat(cost.isSettled()).isFalse();
    }
    cost.add(535);
    assertThat(cost.isSettled()).isTrue();
  }

  @Test
  void begins_anew_when_the_cost_falls_after_it_stood_still() {
    cost.add(900);
    cost.add(890);
    cost.add(880);
    cost.add(500);
    cost.add(495);
    cost.add(490);
    assertThat(cost.isSettled()).isFalse();
  }

  @Test
  void takes_small_steps_together_for_a_fall() {
    cost.add(1_000);
    cost.add(970);
    cost.add(960);
    cost.add(940);
    assertThat(cost.isSettled()).isFalse();
  }

  @Test
  void ends_after_the_most_values_however_they_fall() {
    double falling = 1e9;
    for (int i = 0; i < Settling.VALUES_MAX; i++) {
      assertThat(cost.isSettled()).isFalse();
      falling /= 2;
      cost.add(falling);
    }
    assertThat(cost.isSettled()).isTrue();
  }
}
