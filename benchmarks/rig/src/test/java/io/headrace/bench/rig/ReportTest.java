package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final Target MET = Target.atLeast("speed", 10, Samples.of(9, 12, 11));
  private static final Target MISSED = Target.atMost("delay", 20, Samples.of(21));
  private static final Target UNKNOWN = Target.atLeast("other", 10, null);

  @Test
  void json_is_one_line_that_ends_with_the_targets() throws Exception {
    Results results = new Results();
    results.add(1, "headrace", "CBOR", new Figures().put("get.records_s", 1234567.8));
    results.failed("kinesis-local", new NotMeasured("it was not done after 5 s"));

    String line = report(results, MET, UNKNOWN).json();
    JsonNode json = new ObjectMapper().readTree(line);

    assertThat(line).doesNotContain("\n");
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "bench", "machine", "rounds", "figures", "timesBestPeer", "failures", "targets");
    assertThat(json.at("/figures/0").toString())
        .isEqualTo(
            "{\"server\":\"headrace\",\"encoding\":\"CBOR\",\"figure\":\"get.records_s\","
                + "\"median\":1234568.0,\"spread\":[1234568.0,1234568.0],\"runs\":1}");
    assertThat(json.at("/targets/0").toString())
        .isEqualTo(
            "{\"name\":\"speed, at least\",\"value\":11.0,\"limit\":10.0,\"met\":true,"
                + "\"spread\":[9.0,12.0]}");
    assertThat(json.at("/targets/1").toString())
        .isEqualTo(
            "{\"name\":\"other, at least\",\"value\":null,\"limit\":10.0,\"met\":false,"
                + "\"spread\":null}");
    assertThat(json.at("/failures/0").asText()).contains("it was not done after 5 s");
  }

  @Test
  void the_exit_code_is_0_when_all_is_met_1_when_one_is_missed_2_when_one_is_not_measured() {
    Results none = new Results();
    assertThat(report(none, MET).exitCode()).isZero();
    assertThat(report(none, MET, MISSED).exitCode()).isEqualTo(1);
    assertThat(report(none, MET, UNKNOWN).exitCode()).isEqualTo(2);
    assertThat(report(none, UNKNOWN, MISSED).exitCode()).isEqualTo(1);
  }

  @Test
  void the_table_says_for_each_target_whether_it_is_met() {
    assertThat(report(new Results(), MET, MISSED, UNKNOWN).lines())
        .anyMatch(line -> line.contains("met") && line.contains("speed, at least 10: 11 (9 to 12)"))
        .anyMatch(line -> line.contains("MISSED") && line.contains("delay, at most 20: 21"))
        .anyMatch(line -> line.contains("NOT MEASURED") && line.contains("other, at least 10"));
  }

  @Test
  void the_table_has_the_median_and_the_spread_of_a_figure() {
    Results results = new Results();
    for (int round = 1; round <= 3; round++) {
      results.add(round, "kinesalite", "JSON", new Figures().put("get.records_s", round));
    }
    assertThat(report(results, MET).lines())
        .anyMatch(line -> line.matches("get\\.records_s +kinesalite +JSON +2 +1 +3 +3"));
  }

  private static Report report(Results results, Target... targets) {
    return new Report(
        "local",
        "server",
        Map.of("cores", 2),
        1,
        results,
        new Report.Ratios("timesBestPeer", "times better:", Map.of("get", Samples.of(12))),
        List.of(targets));
  }
}
