package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class SamplesTest {
  @Test
  void the_median_is_the_middle_or_the_mean_of_the_two_in_the_middle() {
    assertThat(Samples.of(3, 1, 2).median()).isEqualTo(2);
    assertThat(Samples.of(4, 1, 2, 3).median()).isEqualTo(2.5);
    assertThat(Samples.of(7).median()).isEqualTo(7);
  }

  @Test
  void a_percentile_is_a_sample_that_so_many_percent_do_not_exceed() {
    Samples hundred = Samples.of(DoubleStream.iterate(1, i -> i + 1).limit(100).toArray());
    assertThat(hundred.percentile(50)).isEqualTo(50);
    assertThat(hundred.percentile(99)).isEqualTo(99);
    assertThat(hundred.percentile(99.5)).isEqualTo(100);
    assertThat(hundred.percentile(0)).isEqualTo(1);
    assertThat(hundred.percentile(100)).isEqualTo(100);
  }

  @Test
  void the_99th_percentile_of_few_samples_is_the_worst_of_them() {
    assertThat(Samples.of(1, 2, 3, 40).percentile(99)).isEqualTo(40);
  }

  @Test
  void the_spread_is_from_the_lowest_to_the_highest() {
    Samples samples = Samples.of(List.of(5.0, -1.0, 3.0));
    assertThat(samples.min()).isEqualTo(-1);
    assertThat(samples.max()).isEqualTo(5);
    assertThat(samples.count()).isEqualTo(3);
  }

  @Test
  void what_is_given_is_not_kept_and_not_changed() {
    double[] given = {2, 1};
    Samples samples = Samples.of(given);
    given[0] = 100;
    assertThat(given).containsExactly(100, 1);
    assertThat(samples.max()).isEqualTo(2);
  }

  @Test
  void no_samples_have_no_median() {
    assertThatThrownBy(() -> Samples.of().median())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("there are no samples");
  }

  @Test
  void what_is_not_a_number_is_refused() {
    assertThatThrownBy(() -> Samples.of(1, Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> Samples.of(Double.POSITIVE_INFINITY)).hasMessageContaining("Inf");
    assertThatThrownBy(() -> Samples.of(1).percentile(101)).hasMessageContaining("101");
    assertThatThrownBy(() -> Samples.of(1).percentile(Double.NaN)).hasMessageContaining("NaN");
  }
}
