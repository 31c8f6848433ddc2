package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class WorkerTest {
  private final EngineHarness engine = new EngineHarness(11, 2);

  @Test
  void handles_every_record_exactly_once_and_in_order_when_nothing_fails() {
    engine.worker("w1", "alarms");
    engine.put(500, 13);
    engine.seconds(5);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSize(500);
  }

  @Test
  void commits_what_it_handled_and_nothing_more_while_idle() {
    engine.worker("w1", "alarms");
    engine.put(100, 5);
    engine.seconds(5);
    int writes = engine.progress.writes();
    for (int shard = 0; shard < 2; shard++) {
      var records = engine.stream.recordsOf(engine.shard(shard).shard());
      assertThat(engine.progress.progress(engine.shard(shard), "alarms").through())
          .contains(records.get(records.size() - 1).position());
    }

    engine.seconds(600);

    assertThat(engine.progress.writes()).isEqualTo(writes);
  }

  @Test
  void goes_on_where_the_last_commit_was_when_the_next_worker_starts() {
    var first = engine.worker("w1", "alarms");
    engine.put(100, 5);
    engine.seconds(3);
    stop(first);
    engine.put(100, 5);

    engine.worker("w2", "alarms");
    engine.seconds(3);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSize(200);
  }

  @Test
  void keeps_order_and_loses_nothing_through_splits_and_merges() {
    engine.worker("w1", "alarms", "audit");
    engine.put(200, 20);
    var children = engine.stream.split(engine.shard(0).shard());
    engine.put(200, 20);
    engine.seconds(2);
    engine.stream.merge(children.get(1).id(), engine.shard(1).shard());
    engine.put(200, 20);
    engine.seconds(5);

    for (var function : new String[] {"alarms", "audit"}) {
      assertNothingLost(function);
      assertThat(engine.function(function).deliveries).hasSize(600);
    }
    assertThat(engine.fleet.log()).contains("ended shardId-000000000000");
    assertThat(engine.events(WorkerEvent.ShardEnded.class)).hasSize(6);
  }

  void assertNothingLost(String function) {
    assertThat(engine.function(function).faults).isEmpty();
    assertThat(engine.function(function).firstDeliveries()).isEqualTo(engine.expected());
    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isEmpty();
  }

  private void stop(Worker worker) {
    CompletableFuture<Void> stopped = worker.stop(Duration.ofSeconds(5)).toCompletableFuture();
    engine.seconds(6);
    assertThat(stopped).isCompleted();
  }
}
