package io.headrace.bench.pieces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class JmhResultsTest {
  @Test
  void time_and_allocation_of_each_piece_are_read_from_every_iteration_of_every_fork() {
    Results results =
        JmhResults.read(
            """
            [{"benchmark": "io.headrace.kcl.kinesis.PagePieces.decode",
              "primaryMetric": {"score": 3.0, "rawData": [[1.0, 2.0], [4.0, 9.0]]},
              "secondaryMetrics": {
                "gc.alloc.rate": {"rawData": [[7.0, 7.0], [7.0, 7.0]]},
                "\\u00b7gc.alloc.rate.norm": {"rawData": [[500.0, 501.0], [502.0, 503.0]]}}}]
            """);

    Samples nanos = Objects.requireNonNull(results.of("decode", null, JmhResults.NANOS));
    Samples bytes = Objects.requireNonNull(results.of("decode", null, JmhResults.BYTES));
    assertThat(nanos.count()).isEqualTo(4);
    assertThat(nanos.median()).isEqualTo(3);
    assertThat(bytes.max()).isEqualTo(503);
    assertThat(results.keys()).hasSize(2);
  }

  @Test
  void nothing_measured_and_no_json_are_told() {
    assertThatThrownBy(() -> JmhResults.read("[]"))
        .isInstanceOf(NotMeasured.class)
        .hasMessage("JMH measured nothing");
    assertThatThrownBy(() -> JmhResults.read("# JMH"))
        .isInstanceOf(NotMeasured.class)
        .hasMessageStartingWith("JMH's results are not JSON");
  }
}
