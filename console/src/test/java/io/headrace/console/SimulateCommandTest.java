package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class SimulateCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Headrace.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private JsonNode lastLine() throws Exception {
    var lines = out.toString().lines().toList();
    return new ObjectMapper().readTree(lines.get(lines.size() - 1));
  }

  @Test
  void seeds_that_keep_every_promise_end_with_the_figures_and_exit_code_0() throws Exception {
    assertThat(run("simulate", "--seeds", "12", "--json")).isZero();

    var json = lastLine();
    assertThat(json.get("seeds").asInt()).isEqualTo(12);
    assertThat(json.get("violations").asInt()).isZero();
    assertThat(json.get("seedsRunTwice").asInt()).isEqualTo(2);
    assertThat(json.get("events").asLong()).isGreaterThan(1_000);
    assertThat(json.get("disturbances").size()).isPositive();
    assertThat(json.get("faultyRequests").size()).isPositive();
    assertThat(json.get("transitionsVisited").asDouble()).isBetween(0.3, 1.0);
    assertThat(json.get("targets").get(0).get("met").asBoolean()).isTrue();
  }

  @Test
  void one_seed_alone_is_run_twice() throws Exception {
    assertThat(run("simulate", "--seed", "7", "--json")).isZero();
    assertThat(lastLine().get("seeds").asInt()).isEqualTo(1);
    assertThat(lastLine().get("seedsRunTwice").asInt()).isEqualTo(1);
    assertThat(lastLine().get("digest").asText()).matches("[0-9a-f]{16}");
  }

  @Test
  void no_seeds_and_options_that_exclude_each_other_are_refused_by_name() {
    assertThat(run("simulate", "--seeds", "0")).isEqualTo(Headrace.USER_CAN_MEND);
    assertThat(err.toString()).contains("--seeds 0: must be between 1 and");
    assertThat(run("simulate", "--planted", "--seed", "3")).isEqualTo(Headrace.USER_CAN_MEND);
    assertThat(err.toString()).contains("--planted and --seed");
    assertThat(run("simulate", "--scale", "--exhaustive")).isEqualTo(Headrace.USER_CAN_MEND);
    assertThat(err.toString()).contains("--exhaustive and --scale");
    assertThat(run("simulate", "--exhaustive", "funeral")).isEqualTo(Headrace.USER_CAN_MEND);
    assertThat(err.toString())
        .contains("protocol \"funeral\": must be one of [burial, hand-over, take-back, merge-end]");
  }
}
