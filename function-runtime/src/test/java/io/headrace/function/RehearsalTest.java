package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RehearsalTest {
  @Test
  void a_rehearsal_comes_as_far_as_the_function_and_ends_by_itself() {
    assertThat(Rehearsal.play()).isEqualTo(8);
    assertThat(Rehearsal.play()).isEqualTo(8);
  }
}
