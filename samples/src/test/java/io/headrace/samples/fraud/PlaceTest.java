package io.headrace.samples.fraud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PlaceTest {
  @Test
  void distances_are_those_of_an_atlas() {
    var london = new Place(51.51, -0.13);

    assertThat(london.kmTo(new Place(48.86, 2.35))).isCloseTo(344, within(3.0));
    assertThat(london.kmTo(new Place(40.71, -74.01))).isCloseTo(5570, within(20.0));
    assertThat(london.kmTo(london)).isZero();
  }

  @Test
  void the_way_across_the_date_line_is_short() {
    assertThat(new Place(0, 179.9).kmTo(new Place(0, -179.9))).isCloseTo(22.2, within(0.2));
  }

  @Test
  void opposite_ends_of_the_earth_are_half_its_girth_apart() {
    assertThat(new Place(0, 0).kmTo(new Place(0, 180))).isCloseTo(20_015, within(5.0));
    assertThat(new Place(90, 0).kmTo(new Place(-90, 0))).isCloseTo(20_015, within(5.0));
  }

  @Test
  void a_place_that_is_not_on_earth_is_refused() {
    assertThatThrownBy(() -> new Place(91, 0)).hasMessageContaining("place 91.0, 0.0");
    assertThatThrownBy(() -> new Place(0, Double.NaN)).hasMessageContaining("NaN");
  }
}
