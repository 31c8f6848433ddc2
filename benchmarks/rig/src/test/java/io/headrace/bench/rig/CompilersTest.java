package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class CompilersTest {
  @Test
  @EnabledOnOs(OS.LINUX)
  void the_compilers_of_a_jvm_that_runs_have_taken_something_and_no_more_than_the_process() {
    long nanos = Compilers.cpuNanos().orElseThrow();

    assertThat(nanos).isPositive();
    assertThat(nanos).isLessThan(CpuMeter.nanos(ProcessHandle.current().pid()) + 20_000_000);
  }
}
