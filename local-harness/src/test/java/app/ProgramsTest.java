package app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgramsTest {
  @Test
  void the_programs_of_the_guide_build_with_public_types_only() {
    assertThat(HotHostAlarm.spec().name()).isEqualTo("hot-host-alarm");
    assertThat(Delays.spec().inputs()).hasSize(1);
  }
}
