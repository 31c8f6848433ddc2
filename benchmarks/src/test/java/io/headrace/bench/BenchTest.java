package io.headrace.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    assertThat(run("consumer", "--only", "put")).isEqualTo(2);
    assertThat(err.toString()).contains("POLLING").contains("KEYED");
  }

  @Test
  void an_unknown_benchmark_or_option_is_refused() {
    assertThat(run("lokal")).isEqualTo(2);
    assertThat(err.toString()).contains("lokal");
    assertThat(run("local", "--slow")).isEqualTo(2);
    assertThat(err.toString()).contains("--slow");
  }

  @Test
  void a_fleet_that_is_measured_no_times_or_from_no_results_is_refused(@TempDir Path folder)
      throws IOException {
    assertThat(run("fleet", "--runs", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("--runs 0: must be between 1 and 100");
    Path file = Files.writeString(folder.resolve("notes.txt"), "hello");
    assertThat(run("fleet", "--resume", file.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("notes.txt, line 1 is no result of bench fleet");
  }

  @Test
  void a_table_of_an_unknown_benchmark_is_refused(@TempDir Path folder) {
    assertThat(run("table", "--only", "lokal", "--reports", folder.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("--only lokal: must be of consumer, latency");
  }

  @Test
  void a_table_of_reports_that_are_kept_measures_nothing(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("async.json"),
        """
        {"bench":"async","machine":{"date":"2026-11-30T10:00:00Z","cores":2,"processor":"some"},
        "rounds":5,"targets":[{"name":"threads, at most","value":7,"limit":6,"spread":[7,7]}]}\
        """);
    assertThat(run("table", "--only", "async", "--resume", "--reports", folder.toString()))
        .isEqualTo(1);
    assertThat(out.toString()).contains("| async | threads, at most | 6 | 7 **missed**");
    assertThat(run("table", "--kept", "--reports", folder.toString())).isEqualTo(1);
    assertThat(err.toString()).isEmpty();
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
