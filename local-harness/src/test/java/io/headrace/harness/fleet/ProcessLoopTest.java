package io.headrace.harness.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessLoopTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final SimulatedLoop world = new SimulatedLoop(1);
  private final List<String> done = new ArrayList<>();
  private final List<Throwable> faults = new ArrayList<>();

  private ProcessLoop loop(ProcessClock clock) {
    return new ProcessLoop(world, clock, faults::add);
  }

  @Test
  void a_thread_that_stands_still_does_later_what_fell_due() {
    var loop = loop(new ProcessClock(world, 0));
    loop.standStill();
    loop.execute(() -> done.add("task"));
    var unused = loop.schedule(SECOND, () -> done.add("timer"));
    world.advance(SECOND.multipliedBy(5));
    assertThat(done).isEmpty();

    loop.goOn();
    world.runUntilIdle();
    assertThat(done).containsExactly("task", "timer");
  }

  @Test
  void a_suspended_machine_finds_its_clock_where_it_was() {
    var clock = new ProcessClock(world, 0);
    var loop = loop(clock);
    var unused = loop.schedule(SECOND.multipliedBy(2), () -> done.add("timer"));
    world.advance(SECOND);
    loop.standStill();
    clock.suspend();
    world.advance(SECOND.multipliedBy(10));
    assertThat(loop.ticks()).isEqualTo(SECOND.toNanos());

    clock.resume();
    loop.goOn();
    world.advance(Duration.ofMillis(900));
    assertThat(done).isEmpty();
    world.advance(Duration.ofMillis(100));
    assertThat(done).containsExactly("timer");
  }

  @Test
  void timers_keep_the_time_of_a_clock_that_runs_off() {
    var slow = loop(new ProcessClock(world, -100_000));
    var unused = slow.schedule(Duration.ofMillis(900), () -> done.add("slow"));
    world.advance(Duration.ofMillis(995));
    assertThat(done).isEmpty();
    world.advance(Duration.ofMillis(10));
    assertThat(done).containsExactly("slow");
  }

  @Test
  void a_dead_process_does_nothing_and_a_task_that_throws_is_told() {
    var loop = loop(new ProcessClock(world, 0));
    loop.execute(
        () -> {
          throw new IllegalStateException("planted");
        });
    world.runUntilIdle();
    assertThat(faults).hasSize(1);

    var unused = loop.schedule(SECOND, () -> done.add("timer"));
    loop.execute(() -> done.add("task"));
    loop.end();
    world.advance(SECOND.multipliedBy(2));
    assertThat(done).isEmpty();
  }
}
