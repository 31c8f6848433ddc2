package io.headrace.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ScoreTest {
  @Test
  void precision_is_of_alarms_and_recall_of_what_was_to_be_found() {
    var score = new Score(3, 1, 2, 6);

    assertThat(score.precision()).hasValue(0.75);
    assertThat(score.recall()).hasValue(0.25);
    assertThat(score).hasToString("precision 0.750 (3 of 4 alarms), recall 0.250 (2 of 8)");
  }

  @Test
  void a_share_of_nothing_is_left_out_and_not_made_up() {
    assertThat(Score.NONE.precision()).isEmpty();
    assertThat(Score.NONE.figures()).doesNotContainKeys("precision", "recall");
    assertThat(Score.NONE).hasToString("precision - (0 of 0 alarms), recall - (0 of 0)");
  }

  @Test
  void nearly_all_is_not_shown_as_all() {
    assertThat(new Score(9999, 1, 9999, 1).toString()).contains("precision 0.999", "recall 0.999");
  }

  @Test
  void scores_add_up() {
    assertThat(new Score(1, 2, 3, 4).plus(new Score(10, 20, 30, 40)))
        .isEqualTo(new Score(11, 22, 33, 44));
  }

  @Test
  void a_negative_count_is_refused() {
    assertThatThrownBy(() -> new Score(-1, 0, 0, 0)).hasMessageContaining("-1");
  }
}
