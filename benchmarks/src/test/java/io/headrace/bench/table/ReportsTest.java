package io.headrace.bench.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportsTest {
  private static final List<String> LATENCY = List.of("latency");

  @TempDir private Path folder;

  @Test
  void a_target_is_a_row_with_its_median_and_spread_and_says_when_it_is_missed()
      throws IOException {
    keep(
        "latency.json",
        report(
            "2026-11-30",
            """
            {"name":"p99, at most","value":11.5,"limit":25,"met":true,"spread":[10.7,12]},
            {"name":"share, at least","value":0.7,"limit":0.9,"met":true,"spread":[0.6,0.8]}\
            """));
    assertThat(Reports.in(folder).table(LATENCY))
        .endsWith(
            "| latency | p99, at most | 25 | 11.5 (10.7 to 12) | 5; 2026-11-30; 2 x some |",
            "| latency | share, at least | 0.9 | 0.7 (0.6 to 0.8) **missed** | 5; 2026-11-30; 2 x"
                + " some |");
    assertThat(Report.exitCode(Reports.in(folder).targets(LATENCY))).isEqualTo(Report.MISSED);
  }

  @Test
  void of_a_target_measured_twice_the_later_counts_and_one_not_measured_counts_last()
      throws IOException {
    keep("latency-b.json", report("2026-11-29", target("p99, at most", "3")));
    keep("latency-a.json", report("2026-11-30", target("p99, at most", "4")));
    keep("latency.json", report("2026-12-01", target("p99, at most", "null")));
    assertThat(Reports.in(folder).table(LATENCY))
        .filteredOn(row -> row.contains("p99"))
        .singleElement()
        .asString()
        .contains("| 4 |")
        .contains("2026-11-30");
  }

  @Test
  void what_was_never_measured_is_no_target_that_is_met() throws IOException {
    keep("latency.json", report("2026-12-01", target("p99, at most", "null")));
    assertThat(Reports.in(folder).table(LATENCY)).last().asString().contains("not measured");
    assertThat(Report.exitCode(Reports.in(folder).targets(LATENCY))).isEqualTo(Report.NOT_MEASURED);
  }

  @Test
  void a_file_that_is_no_report_is_named() throws IOException {
    keep("notes.json", "{}");
    assertThatThrownBy(() -> Reports.in(folder))
        .isInstanceOf(NotMeasured.class)
        .hasMessageContaining("notes.json is no report");
    keep("notes.json", "[");
    assertThatThrownBy(() -> Reports.in(folder)).hasMessageContaining("notes.json is no report");
  }

  @Test
  void a_folder_that_is_not_there_has_no_reports() throws IOException {
    assertThat(Reports.in(folder.resolve("none")).has("latency")).isFalse();
  }

  @Test
  void the_table_of_the_readme_is_that_of_the_reports_that_are_kept() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    String table =
        readme.substring(readme.indexOf("<!-- table -->\n"), readme.indexOf("<!-- end of table"));
    assertThat(table.lines().skip(1).toList())
        .isEqualTo(Reports.in(Path.of("results")).table(TableBench.BENCHES));
  }

  private void keep(String name, String json) throws IOException {
    Files.writeString(folder.resolve(name), json);
  }

  private static String target(String name, String value) {
    return "{\"name\":\"%s\",\"value\":%s,\"limit\":25,\"met\":true,\"spread\":null}"
        .formatted(name, value);
  }

  private static String report(String day, String targets) {
    return """
    {"bench":"latency","machine":{"date":"%sT10:00:00Z","cores":2,"processor":"some"},\
    "rounds":5,"targets":[%s]}\
    """
        .formatted(day, targets);
  }
}
