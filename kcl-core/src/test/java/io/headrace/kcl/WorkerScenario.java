package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** What the tests of the worker share: one engine, and the last word on what was lost. */
abstract class WorkerScenario {
  final EngineHarness engine = new EngineHarness(11, 2);

  void assertNothingLost(String function) {
    assertThat(engine.function(function).faults).isEmpty();
    assertThat(engine.function(function).firstDeliveries()).isEqualTo(engine.expected());
    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isEmpty();
  }

  void stop(Worker worker) {
    CompletableFuture<Void> stopped = worker.stop(Duration.ofSeconds(5)).toCompletableFuture();
    engine.seconds(6);
    assertThat(stopped).isCompleted();
  }
}
