package io.headrace.bench.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class FleetPlanTest {
  @Test
  void a_number_of_runs_that_makes_no_sense_is_refused() {
    assertThatThrownBy(
            () -> new FleetPlan(EnumSet.allOf(Scenario.class), EnumSet.allOf(Side.class), 0))
        .hasMessage("--runs 0: must be between 1 and 100");
  }

  @Test
  void results_of_other_settings_have_another_fingerprint() {
    Fingerprint fingerprint = Fingerprint.of("3.5.1");

    assertThat(Arrays.stream(Scenario.values()).map(s -> fingerprint.of(Side.KCL, s)))
        .doesNotHaveDuplicates()
        .allMatch(text -> text.startsWith("kcl-3.5.1/"));
    assertThat(fingerprint.of(Side.KCL, Scenario.KILL))
        .isNotEqualTo(fingerprint.of(Side.KCL_TUNED, Scenario.KILL));
  }

  @Test
  void the_fingerprint_of_ours_does_not_depend_on_the_kcl() {
    assertThat(Fingerprint.of("3.5.1").of(Side.HEADRACE, Scenario.STOP))
        .isEqualTo(Fingerprint.of("3.5.2").of(Side.HEADRACE, Scenario.STOP));
  }
}
