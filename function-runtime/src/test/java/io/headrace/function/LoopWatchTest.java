package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopWatchTest {
  private static final Duration EVERY = Duration.ofMillis(500);

  private final SimulatedLoop watching = new SimulatedLoop(1);
  private final SimulatedLoop watched = new SimulatedLoop(2);
  private final List<String> told = new ArrayList<>();
  private final LoopWatch watch = new LoopWatch(watching, watched, EVERY, () -> told.add("stuck"));

  @Test
  void a_loop_that_turns_is_left_alone() {
    watch.begin();
    for (int i = 0; i < 100; i++) {
      watching.advance(EVERY);
      watched.runUntilIdle();
    }

    assertThat(told).isEmpty();
  }

  @Test
  void a_loop_that_does_not_turn_is_told_of_once_after_as_many_looks_as_are_allowed() {
    watch.begin();
    watching.advance(EVERY.multipliedBy(LoopWatch.MISSED_MAX).minusMillis(1));
    assertThat(told).isEmpty();

    watching.advance(Duration.ofSeconds(60));

    assertThat(told).containsExactly("stuck");
  }

  @Test
  void a_loop_that_turns_again_in_time_is_forgiven() {
    watch.begin();
    for (int i = 0; i < 10; i++) {
      watching.advance(EVERY.multipliedBy(LoopWatch.MISSED_MAX - 1));
      watched.runUntilIdle();
      watching.advance(EVERY);
    }

    assertThat(told).isEmpty();
  }

  @Test
  void a_watch_that_has_ended_says_nothing() {
    watch.begin();
    watch.end();

    watching.advance(Duration.ofSeconds(60));

    assertThat(told).isEmpty();
  }
}
