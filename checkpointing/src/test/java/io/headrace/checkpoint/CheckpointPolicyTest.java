package io.headrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CheckpointPolicyTest {
  private final CheckpointPolicy policy = new CheckpointPolicy(Duration.ofSeconds(5), 100);

  @Test
  void a_commit_is_due_at_the_interval_and_at_the_bound_of_records_once_a_second() {
    long interval = Duration.ofSeconds(5).toNanos();
    long apart = Duration.ofSeconds(1).toNanos();

    assertThat(policy.due(interval - 1, 99)).isFalse();
    assertThat(policy.due(interval, 1)).isTrue();
    assertThat(policy.due(apart, 99)).isFalse();
    assertThat(policy.due(apart, 100)).isTrue();
    assertThat(policy.due(apart - 1, 100_000)).isFalse();
  }

  @Test
  void an_interval_below_a_second_is_kept() {
    var often = CheckpointPolicy.every(Duration.ofMillis(200));

    assertThat(often.due(Duration.ofMillis(200).toNanos(), 1)).isTrue();
  }

  @Test
  void a_policy_that_means_nothing_is_refused() {
    assertThatThrownBy(() -> new CheckpointPolicy(Duration.ZERO, 1)).hasMessageContaining("PT0S");
    assertThatThrownBy(() -> new CheckpointPolicy(Duration.ofSeconds(1), 0))
        .hasMessageContaining("recordsMax 0");
  }
}
