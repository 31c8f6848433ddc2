package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PreparedEarlyTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final FaultyTable table =
      new FaultyTable(new InMemoryLeaseTable(), loop, new SplittableRandom(1));
  private final HeartbeatCoordinator coordinator =
      new HeartbeatCoordinator(
          table,
          "app",
          new Incarnation("ann", "1"),
          List.of(new ListedStream("orders", 1)),
          LeaseSettings.DEFAULT,
          new Deployment("", Map.of()),
          loop,
          new SplittableRandom(2));

  @Test
  void a_table_that_is_prepared_before_the_start_is_prepared_once() {
    coordinator.prepare();
    loop.advance(SECOND);
    assertThat(table.preparations).isEqualTo(1);

    var started = coordinator.start(event -> {}, Runnable::run).toCompletableFuture();
    loop.advance(SECOND);

    assertThat(started).isCompleted();
    assertThat(table.preparations).isEqualTo(1);
  }

  @Test
  void what_failed_before_the_start_is_tried_again_by_it() {
    table.down = true;
    coordinator.prepare();
    loop.advance(SECOND);
    table.down = false;

    var started = coordinator.start(event -> {}, Runnable::run).toCompletableFuture();
    loop.advance(SECOND);

    assertThat(started).isCompleted();
    assertThat(table.preparations).isEqualTo(2);
  }

  @Test
  void a_start_without_it_prepares_the_table_and_fails_with_it() {
    table.down = true;

    var started = coordinator.start(event -> {}, Runnable::run).toCompletableFuture();
    loop.advance(SECOND);

    assertThat(started).isCompletedExceptionally();
    assertThat(table.preparations).isEqualTo(1);
  }
}
