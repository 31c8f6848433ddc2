package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.CheckpointPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CommittingTest {
  private static Duration interval(Duration limit, CheckpointPolicy runtime) {
    return Committing.USUAL.within(limit).policy(runtime).interval();
  }

  @Test
  void what_no_call_asks_for_waits_a_second_however_soon_calls_are_committed() {
    for (long limit : new long[] {0, 1, 250, 1_000}) {
      assertThat(interval(Duration.ofMillis(limit), CheckpointPolicy.DEFAULT))
          .isEqualTo(Duration.ofSeconds(1));
    }
  }

  @Test
  void a_limit_above_a_second_is_the_interval_of_all_of_it() {
    assertThat(interval(Duration.ofSeconds(3), CheckpointPolicy.DEFAULT))
        .isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void a_runtime_that_commits_more_often_goes_on_doing_so() {
    var often = CheckpointPolicy.every(Duration.ofMillis(500));
    assertThat(interval(Duration.ZERO, often)).isEqualTo(Duration.ofMillis(500));
    assertThat(interval(Duration.ofHours(1), CheckpointPolicy.DEFAULT))
        .isEqualTo(CheckpointPolicy.DEFAULT.interval());
  }
}
