package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.console.app.Functions;
import io.headrace.function.FunctionRuntime;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whom an import meets, on a simulated loop. */
class ImportGuardTest {
  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");

  private FleetPicture picture() {
    return StateDesk.answer(FleetPicture.of("app", leases, checkpoints, loop.now()));
  }

  @Test
  void a_worker_that_is_alive_is_named_and_one_that_has_left_is_in_nobodys_way() {
    streams.create("words", 1, loop);
    StateCommands.Import.requireNobody(picture());
    var running =
        FunctionRuntime.named("app")
            .workerId("w1")
            .on(loop, loop, loop, new SplittableRandom(1))
            .leasesIn(leases)
            .checkpointsIn(checkpoints)
            .stateIn(new InMemoryChunkStore())
            .connecting(streams)
            .run(Functions.counting())
            .start();
    loop.advance(Duration.ofSeconds(5));

    assertThatThrownBy(() -> StateCommands.Import.requireNobody(picture()))
        .hasMessageContaining("w1")
        .hasMessageContaining("is alive; stop all workers, or say --replace");

    var stopped = running.stop();
    loop.advance(Duration.ofSeconds(30));
    assertThat(stopped.toCompletableFuture()).isDone();
    assertThatCode(() -> StateCommands.Import.requireNobody(picture())).doesNotThrowAnyException();
  }
}
