package io.headrace.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ResultsTest {
  private final Results results = new Results();

  @Test
  void a_ratio_is_taken_within_a_round_and_to_the_faster_peer() {
    add(1, Contestant.HEADRACE, Encoding.CBOR, 1000);
    add(1, Contestant.KINESALITE, Encoding.JSON, 50);
    add(1, Contestant.KINESIS_LOCAL, Encoding.CBOR, 5);
    add(2, Contestant.HEADRACE, Encoding.CBOR, 600);
    add(2, Contestant.KINESALITE, Encoding.JSON, 20);
    add(2, Contestant.KINESIS_LOCAL, Encoding.CBOR, 100);

    Samples ratios = rates(Encoding.CBOR);

    assertThat(ratios.min()).isEqualTo(6);
    assertThat(ratios.max()).isEqualTo(20);
  }

  @Test
  void a_round_in_which_no_peer_was_measured_has_no_ratio() {
    add(1, Contestant.HEADRACE, Encoding.CBOR, 1000);
    add(2, Contestant.HEADRACE, Encoding.CBOR, 1000);
    add(2, Contestant.KINESALITE, Encoding.JSON, 50);
    assertThat(rates(Encoding.CBOR).count()).isEqualTo(1);
  }

  @Test
  void there_is_no_ratio_without_peers_or_without_us_or_to_a_peer_that_did_nothing() {
    add(1, Contestant.HEADRACE, Encoding.CBOR, 1000);
    assertThat(rates(Encoding.CBOR)).isNull();
    assertThat(rates(Encoding.JSON)).isNull();
    add(1, Contestant.KINESALITE, Encoding.JSON, 0);
    assertThat(rates(Encoding.CBOR)).isNull();
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
    add(1, Contestant.HEADRACE, Encoding.CBOR, 2);
    add(1, Contestant.KINESALITE, Encoding.JSON, 50);
    add(1, Contestant.KINESIS_LOCAL, Encoding.CBOR, 400);
    assertThat(results.timesBestPeer(Encoding.CBOR, "get.records_s", false).median()).isEqualTo(25);
  }

  private Samples rates(Encoding encoding) {
    return results.timesBestPeer(encoding, "get.records_s", true);
  }

  private void add(int round, Contestant server, Encoding encoding, double value) {
    results.add(round, server, encoding, new Figures().put("get.records_s", value));
  }
}
