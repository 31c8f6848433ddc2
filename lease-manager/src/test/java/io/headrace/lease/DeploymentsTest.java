package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.Incarnation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeploymentsTest {
  private static final Incarnation ANN = new Incarnation("ann", "1");
  private static final Incarnation BOB = new Incarnation("bob", "1");
  private static final Incarnation CYD = new Incarnation("cyd", "1");

  private static Profile profile(String id, long startedAt, Map<String, Integer> reads) {
    return new Profile(1, new Deployment(id, reads), Instant.ofEpochSecond(startedAt), Set.of());
  }

  private static Deployments of(Map<String, Integer> reads) {
    return new Deployments(new Deployment("", reads));
  }

  @Test
  void a_version_may_be_written_once_every_living_worker_reads_it() {
    var deployments = of(Map.of("totals", 3));
    assertThat(deployments.versionToWrite("totals", 1, 9)).as("nobody is known yet").isEqualTo(1);

    var old = profile("v1", 1, Map.of("totals", 2));
    var stranger = profile("v1", 1, Map.of("other", 1));
    deployments.observe(List.of(old, stranger, profile("v2", 2, Map.of("totals", 3))), true);
    assertThat(deployments.versionToWrite("totals", 1, 9)).isEqualTo(2);
    deployments.observe(List.of(stranger, profile("v2", 2, Map.of("totals", 3))), true);
    assertThat(deployments.versionToWrite("totals", 1, 9)).isEqualTo(3);
    assertThat(deployments.versionToWrite("unknown", 1, 9)).isEqualTo(1);
  }

  @Test
  void who_runs_a_function_and_says_nothing_of_a_part_of_it_was_built_before_there_was_one() {
    var reads = Map.of("totals", 3, "totals@sums", 1);
    var deployments = of(reads);
    var old = profile("v1", 1, Map.of("totals", 3));
    var stranger = profile("v1", 1, Map.of("other", 1));
    deployments.observe(List.of(old, stranger, profile("v2", 2, reads)), true);
    assertThat(deployments.versionToWrite("totals@sums", 0, 1)).isZero();
    assertThat(deployments.canRead(old)).isTrue();

    deployments.observe(List.of(stranger, profile("v2", 2, reads)), true);
    assertThat(deployments.versionToWrite("totals@sums", 0, 1)).isEqualTo(1);
    assertThat(deployments.canRead(old)).isFalse();
    assertThat(deployments.canRead(stranger)).isTrue();
  }

  @Test
  void while_a_book_is_missing_nothing_newer_is_allowed() {
    var deployments = of(Map.of("totals", 3));
    deployments.observe(List.of(profile("v1", 1, Map.of("totals", 2))), true);
    deployments.observe(List.of(), false);
    assertThat(deployments.versionToWrite("totals", 1, 9)).isEqualTo(2);
    deployments.forget();
    assertThat(deployments.versionToWrite("totals", 1, 9)).isEqualTo(1);
  }

  @Test
  void a_codec_writes_what_all_read_if_it_can_and_its_oldest_while_that_is_unknown() {
    var deployments = of(Map.of("totals", 3));
    assertThat(deployments.versionToWrite("totals", 1, 3)).isEqualTo(1);

    deployments.observe(List.of(profile("v1", 1, Map.of("totals", 2))), true);
    assertThat(deployments.versionToWrite("totals", 1, 3)).isEqualTo(2);
    assertThat(deployments.canRead(profile("v1", 1, Map.of("totals", 2)))).isTrue();

    assertThat(deployments.versionToWrite("totals", 3, 3)).as("it can't write older").isEqualTo(3);
    assertThat(deployments.canRead(profile("v1", 1, Map.of("totals", 2)))).isFalse();
  }

  @Test
  void what_was_found_in_the_store_counts_as_written() {
    var deployments = of(Map.of("totals", 3));
    deployments.found("totals", 2);
    assertThat(deployments.canRead(profile("v1", 1, Map.of("totals", 1)))).isFalse();
    assertThat(deployments.canRead(profile("v1", 1, Map.of("totals", 2)))).isTrue();
  }

  @Test
  void who_can_not_read_what_may_have_been_written_gets_nothing() {
    var deployments = of(Map.of("totals", 3));
    var able = profile("v2", 2, Map.of("totals", 3));
    var unable = profile("v1", 9, Map.of("totals", 2));
    assertThat(deployments.canRead(unable)).as("nothing was written").isTrue();
    deployments.observe(List.of(able), true);
    assertThat(deployments.versionToWrite("totals", 1, 3)).isEqualTo(3);

    assertThat(deployments.canRead(unable)).isFalse();
    assertThat(deployments.canRead(able)).isTrue();
    assertThat(deployments.takers(List.of(ANN, BOB), Map.of(ANN, able, BOB, unable)))
        .as("though v1 is the newest")
        .containsExactly(ANN);
  }

  @Test
  void shards_go_to_the_deployment_that_started_last_if_one_of_its_workers_can_take_them() {
    var deployments = of(Map.of());
    var profiles =
        Map.of(
            ANN, profile("v1", 1, Map.of()),
            BOB, profile("v2", 3, Map.of()),
            CYD, profile("v1", 2, Map.of()));

    assertThat(deployments.takers(List.of(ANN, BOB, CYD), profiles)).containsExactly(BOB);
    assertThat(deployments.takers(List.of(ANN, CYD), profiles)).containsExactly(ANN, CYD);
    assertThat(Deployments.isMixed(profiles.values())).isTrue();
    var rolledBack = Map.of(ANN, profile("v1", 5, Map.of()), BOB, profile("v2", 3, Map.of()));
    assertThat(Deployments.newest(rolledBack)).isEqualTo("v1");
  }

  @Test
  void a_name_that_does_not_fit_is_refused_with_its_value() {
    assertThatThrownBy(() -> new Deployment("a b", Map.of()))
        .hasMessageContaining("deployment \"a b\"");
    assertThatThrownBy(() -> new Deployment("", Map.of("totals", -1)))
        .hasMessageContaining("function totals: codec version -1");
  }
}
