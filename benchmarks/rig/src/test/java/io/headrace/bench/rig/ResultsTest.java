package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ResultsTest {
  private final Results results = new Results();

  @Test
  void a_ratio_is_taken_within_a_round_and_to_the_faster_peer() {
    add(1, "headrace", "CBOR", 1000);
    add(1, "kinesalite", "JSON", 50);
    add(1, "kinesis-local", "CBOR", 5);
    add(2, "headrace", "CBOR", 600);
    add(2, "kinesalite", "JSON", 20);
    add(2, "kinesis-local", "CBOR", 100);

    Samples ratios = rates("CBOR");

    assertThat(ratios.min()).isEqualTo(6);
    assertThat(ratios.max()).isEqualTo(20);
  }

  @Test
  void a_round_in_which_no_peer_was_measured_has_no_ratio() {
    add(1, "headrace", "CBOR", 1000);
    add(2, "headrace", "CBOR", 1000);
    add(2, "kinesalite", "JSON", 50);
    assertThat(rates("CBOR").count()).isEqualTo(1);
  }

  @Test
  void there_is_no_ratio_without_peers_or_without_us_or_to_a_peer_that_did_nothing() {
    add(1, "headrace", "CBOR", 1000);
    assertThat(rates("CBOR")).isNull();
    assertThat(rates("JSON")).isNull();
    add(1, "kinesalite", "JSON", 0);
    assertThat(rates("CBOR")).isNull();
  }

  @Test
  void a_figure_over_another_is_taken_in_the_rounds_that_have_both() {
    add(1, "kcl", "CBOR", 4);
    add(1, "headrace", "CBOR", 1);
    add(2, "headrace", "CBOR", 5);
    add(3, "kcl", "CBOR", 0);
    add(3, "headrace", "CBOR", 5);
    Samples ratio = results.ratio(key("headrace"), key("kcl"));
    assertThat(ratio.count()).isEqualTo(1);
    assertThat(ratio.median()).isEqualTo(0.25);
    assertThat(results.ratio(key("headrace"), key("nobody"))).isNull();
  }

  @Test
  void what_failed_is_told_with_its_reason() {
    results.failed("kinesalite, round 1", new NotMeasured("a put failed"));
    assertThat(results.failures()).containsExactly("kinesalite, round 1: a put failed");
  }

  @Test
  void a_reason_is_the_cause_in_one_line_of_bounded_length() {
    String long500 = "x".repeat(500);
    assertThat(
            NotMeasured.because(
                new CompletionException(new IllegalStateException("no\nsuch " + long500))))
        .isEqualTo("IllegalStateException: no");
    assertThat(NotMeasured.because(new NotMeasured(long500))).hasSize(204).endsWith("x ...");
  }

  @Test
  void of_costs_the_smallest_is_the_best() {
    add(1, "headrace", "CBOR", 2);
    add(1, "kinesalite", "JSON", 50);
    add(1, "kinesis-local", "CBOR", 400);
    assertThat(results.timesBestPeer("headrace", "CBOR", "get.records_s", false).median())
        .isEqualTo(25);
  }

  private static Results.Key key(String program) {
    return new Results.Key(program, "CBOR", "get.records_s");
  }

  private Samples rates(String encoding) {
    return results.timesBestPeer("headrace", encoding, "get.records_s", true);
  }

  private void add(int round, String server, String encoding, double value) {
    results.add(round, server, encoding, new Figures().put("get.records_s", value));
  }
}
