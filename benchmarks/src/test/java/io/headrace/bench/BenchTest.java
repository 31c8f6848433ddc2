package io.headrace.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class BenchTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void an_unknown_part_is_named_with_those_that_there_are() {
    assertThat(run("local", "--only", "put,sleep")).isEqualTo(2);
    assertThat(err.toString()).contains("sleep").contains("PUT").contains("GET");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void each_benchmark_names_its_own_parts() {
    assertThat(run("fanout", "--only", "put")).isEqualTo(2);
    assertThat(err.toString()).contains("BACKLOG").contains("LATENCY");
  }

  @Test
  void an_unknown_benchmark_or_option_is_refused() {
    assertThat(run("lokal")).isEqualTo(2);
    assertThat(err.toString()).contains("lokal");
    assertThat(run("local", "--slow")).isEqualTo(2);
    assertThat(err.toString()).contains("--slow");
  }

  @Test
  void help_says_what_is_measured_and_what_the_exit_codes_mean() {
    assertThat(run("local", "--help")).isZero();
    assertThat(out.toString()).contains("kinesalite").contains("--only").contains("Exit code");
    assertThat(run()).isZero();
    assertThat(out.toString()).contains("headrace bench").contains("local");
  }

  private int run(String... args) {
    return Bench.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }
}
