package io.headrace.bench.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class TrendTest {
  @Test
  void what_only_grew_in_the_first_third_has_not_grown() {
    Trend warm = trend(t -> t < 100 ? t : 100);

    assertThat(warm.growth()).isZero();
    assertThat(warm.median()).isEqualTo(100);
  }

  @Test
  void what_leaks_slowly_is_seen_through_noise_and_a_few_looks_at_a_bad_moment() {
    long seed = 7;
    SplittableRandom random = new SplittableRandom(seed);
    Trend leak = trend(t -> 1_000 + t + random.nextDouble(-50, 50) + (t % 97 == 0 ? 5_000 : 0));

    assertThat(leak.growth()).as("seed %d", seed).isCloseTo(200, within(30.0));
    assertThat(SoakReport.growthShare(leak)).isGreaterThan(0.1);
  }

  @Test
  void noise_alone_is_no_growth() {
    long seed = 8;
    SplittableRandom random = new SplittableRandom(seed);

    assertThat(SoakReport.growthShare(trend(t -> 1_000 + random.nextDouble(-300, 300))))
        .as("seed %d", seed)
        .isBetween(-0.1, 0.1);
  }

  @Test
  void one_file_where_there_was_none_is_growth_and_none_is_none() {
    assertThat(SoakReport.growthShare(trend(t -> 0))).isZero();
    assertThat(SoakReport.growthShare(trend(t -> Math.floor(t / 100)))).isGreaterThan(0.1);
  }

  @Test
  void few_looks_are_not_judged() {
    Trend few = new Trend(List.of(new Trend.Point(0, 1), new Trend.Point(10, 2)));

    assertThat(few.canBeJudged()).isFalse();
    assertThat(SoakReport.growthShare(few)).isNull();
    assertThat(SoakReport.growthShare(null)).isNull();
  }

  /** A look each second from 0 to 300. */
  private static Trend trend(DoubleUnaryOperator value) {
    List<Trend.Point> points = new ArrayList<>();
    for (int t = 0; t <= 300; t++) {
      points.add(new Trend.Point(t, value.applyAsDouble(t)));
    }
    return new Trend(points);
  }
}
