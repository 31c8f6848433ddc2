package io.headrace.samples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CollectedTest {
  private record Output(String name, int value) {}

  private final Collected<String, Output> collected = new Collected<>(Output::name);

  @Test
  void an_output_that_comes_again_is_kept_once_and_counted() {
    collected.add(new Output("a", 1));
    collected.add(new Output("b", 1));
    collected.add(new Output("a", 1));

    assertThat(collected.distinct()).hasSize(2);
    assertThat(collected.repeated()).isEqualTo(1);
    assertThat(collected.contradicting()).isZero();
  }

  @Test
  void of_two_that_contradict_each_other_the_first_is_kept_and_the_fault_is_counted() {
    collected.add(new Output("a", 1));
    collected.add(new Output("a", 2));

    assertThat(collected.distinct()).containsEntry("a", new Output("a", 1));
    assertThat(collected.repeated()).isZero();
    assertThat(collected.contradicting()).isEqualTo(1);
  }

  @Test
  void what_was_asked_for_does_not_change_with_later_outputs() {
    var before = collected.distinct();
    collected.add(new Output("a", 1));

    assertThat(before).isEmpty();
  }
}
