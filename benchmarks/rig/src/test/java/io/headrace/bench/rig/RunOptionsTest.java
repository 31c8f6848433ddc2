package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RunOptionsTest {
  private enum Part {
    PUT,
    GET
  }

  @Test
  void none_asked_for_means_all_of_them() {
    assertThat(RunOptions.these(List.of(), Part.class)).containsExactly(Part.PUT, Part.GET);
    assertThat(RunOptions.these(List.of(Part.GET), Part.class)).containsExactly(Part.GET);
  }
}
