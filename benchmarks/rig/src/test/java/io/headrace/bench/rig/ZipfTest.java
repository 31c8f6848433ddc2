package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ZipfTest {
  @Test
  void the_first_is_drawn_twice_as_often_as_the_second_and_all_are_drawn() {
    Zipf zipf = new Zipf(10);
    SplittableRandom random = new SplittableRandom(1);
    int[] drawn = new int[10];
    for (int i = 0; i < 100_000; i++) {
      drawn[zipf.draw(random)]++;
    }
    assertThat((double) drawn[0] / drawn[1]).isCloseTo(2, within(0.1));
    assertThat((double) drawn[0] / drawn[9]).isCloseTo(10, within(1.0));
  }

  @Test
  void one_number_is_always_drawn_and_none_is_refused() {
    assertThat(new Zipf(1).draw(new SplittableRandom(1))).isZero();
    assertThatThrownBy(() -> new Zipf(0)).hasMessageContaining("numbers 0");
  }
}
