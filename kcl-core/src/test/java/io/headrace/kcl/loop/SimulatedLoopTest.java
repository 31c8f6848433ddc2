package io.headrace.kcl.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SimulatedLoopTest {
  private final SimulatedLoop loop = new SimulatedLoop(7);
  private final List<String> ran = new ArrayList<>();

  @Test
  void runs_nothing_until_it_is_told_to() {
    loop.execute(() -> ran.add("a"));

    assertThat(ran).isEmpty();
    loop.runUntilIdle();
    assertThat(ran).containsExactly("a");
  }

  @Test
  void runs_each_timer_at_its_own_moment() {
    var start = loop.now();
    loop.schedule(Duration.ofSeconds(2), () -> ran.add("2 s at " + since(start)));
    loop.schedule(Duration.ofSeconds(1), () -> ran.add("1 s at " + since(start)));
    loop.schedule(
        Duration.ofSeconds(1),
        () -> loop.schedule(Duration.ofMillis(1500), () -> ran.add("nested at " + since(start))));
    loop.schedule(Duration.ofSeconds(4), () -> ran.add("never"));

    loop.advance(Duration.ofSeconds(3));

    assertThat(ran).containsExactly("1 s at PT1S", "2 s at PT2S", "nested at PT2.5S");
    assertThat(since(start)).isEqualTo(Duration.ofSeconds(3));
    assertThat(loop.nextDue()).contains(Duration.ofSeconds(1));
  }

  @Test
  void keeps_the_order_of_executed_tasks_whatever_the_seed() {
    for (long seed = 0; seed < 50; seed++) {
      var seeded = new SimulatedLoop(seed);
      var order = new ArrayList<Integer>();
      for (int i = 0; i < 10; i++) {
        int number = i;
        seeded.schedule(Duration.ZERO, () -> {});
        seeded.execute(() -> order.add(number));
      }
      seeded.runUntilIdle();
      assertThat(order).as("seed %d", seed).isSorted().hasSize(10);
    }
  }

  @Test
  void draws_the_order_of_ties_from_the_seed() {
    assertThat(orderOfTies(1)).isEqualTo(orderOfTies(1));
    assertThat(List.of(orderOfTies(1), orderOfTies(2), orderOfTies(3)).stream().distinct().count())
        .isGreaterThan(1);
  }

  @Test
  void runs_no_cancelled_timer() {
    var timer = loop.schedule(Duration.ofSeconds(1), () -> ran.add("a"));
    timer.cancel();
    timer.cancel();

    loop.advance(Duration.ofSeconds(2));

    assertThat(ran).isEmpty();
    assertThat(loop.nextDue()).isEmpty();
  }

  @Test
  void is_current_only_inside_a_task() {
    loop.execute(() -> ran.add("in task " + loop.isCurrent()));
    loop.runUntilIdle();
    assertThat(ran).containsExactly("in task true");
    assertThat(loop.isCurrent()).isFalse();
  }

  @Test
  void begins_at_the_time_that_is_asked_for() {
    var wall = Instant.parse("2030-02-03T04:05:06Z");
    assertThat(new SimulatedLoop(1).startingAt(wall).now()).isEqualTo(wall);
  }

  @Test
  void waits_for_answers_of_other_threads_while_virtual_time_stands_still() {
    var before = loop.now();
    var answered = new ArrayList<String>();
    try (var pool = new BoundedPool("answers", 1, 1)) {
      var gate = new CompletableFuture<Void>();
      pool.execute(
          () -> {
            gate.join();
            loop.execute(() -> answered.add("yes"));
          });
      loop.execute(() -> gate.complete(null));

      assertThat(loop.runUntil(() -> !answered.isEmpty(), 10_000)).isTrue();
    }
    assertThat(loop.now()).isEqualTo(before);
  }

  @Test
  void gives_up_waiting_when_the_real_time_is_over() {
    assertThat(loop.runUntil(() -> false, 20)).isFalse();
  }

  @Test
  void hands_on_what_a_task_throws() {
    loop.execute(
        () -> {
          throw new IllegalStateException("planted");
        });
    assertThatThrownBy(loop::runUntilIdle).hasMessage("planted");
  }

  @Test
  void refuses_to_be_run_by_its_own_task() {
    loop.execute(() -> loop.advance(Duration.ofSeconds(1)));
    loop.execute(() -> ran.add("later"));
    assertThatThrownBy(loop::runUntilIdle).hasMessageContaining("must not run the loop");
  }

  @Test
  void checks_after_each_task() {
    loop.afterEachTask(() -> ran.add("checked"));
    loop.execute(() -> ran.add("task"));
    loop.execute(() -> ran.add("task"));
    loop.runUntilIdle();
    assertThat(ran).containsExactly("task", "checked", "task", "checked");
  }

  private static List<Integer> orderOfTies(long seed) {
    var seeded = new SimulatedLoop(seed);
    var order = new ArrayList<Integer>();
    for (int i = 0; i < 20; i++) {
      int number = i;
      seeded.schedule(Duration.ofSeconds(1), () -> order.add(number));
    }
    seeded.advance(Duration.ofSeconds(1));
    return order;
  }

  private Duration since(Instant start) {
    return Duration.between(start, loop.now());
  }
}
