package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WorkerTest extends WorkerScenario {
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

  @Test
  void lets_a_fast_function_go_on_while_another_is_stuck_and_joins_them_again_later() {
    engine.function("slow").stuckKeys.add("key-3");
    var worker = engine.worker("w1", "fast", "slow");
    for (int i = 0; i < 30; i++) {
      engine.put(60, 6);
      engine.seconds(1);
    }
    engine.seconds(10);
    assertNothingLost("fast");
    assertThat(engine.function("slow").deliveries).hasSizeLessThan(1800);

    engine.function("slow").stuckKeys.clear();
    for (var handler : engine.function("slow").open) {
      handler.resume();
    }
    engine.seconds(30);
    assertNothingLost("slow");
    assertThat(engine.function("slow").deliveries).hasSize(1800);

    engine.put(60, 6);
    engine.seconds(5);
    engine.events.clear();
    engine.put(60, 6);
    engine.seconds(5);
    int fetched =
        engine.events(WorkerEvent.Fetched.class).stream().mapToInt(e -> e.records()).sum();
    assertThat(fetched).as("each record is fetched once for both again").isEqualTo(60);
    assertThat(engine.status(worker).bytesInFlight()).isLessThanOrEqualTo(64 << 10);
  }

  @Test
  void never_holds_more_bytes_than_its_budget() {
    var crowded = new EngineHarness(3, 8);
    crowded.settings = new WorkerSettings(20_000, 2_000, 8_000, Duration.ofSeconds(5));
    crowded.inFlightMax = 1_000;
    crowded.limits = new BatchLimits(100, Duration.ofMillis(50));
    crowded.function("alarms").takes = record -> Duration.ofMillis(crowded.random.nextInt(400));
    crowded.put(2_000, 97);
    crowded.worker("w1", "alarms");
    var held = new HeldBytes(crowded);
    crowded.loop.afterEachTask(() -> assertThat(held.now()).isLessThanOrEqualTo(20_000));

    crowded.seconds(60);

    assertThat(held.highest).as("the budget is used").isGreaterThan(12_000);
    assertThat(crowded.function("alarms").faults).isEmpty();
    assertThat(crowded.function("alarms").firstDeliveries()).isEqualTo(crowded.expected());
  }

  @Test
  void a_batch_that_waits_for_more_than_there_is_memory_for_goes_without() {
    var crowded = new EngineHarness(3, 1);
    crowded.settings = new WorkerSettings(20_000, 2_000, 8_000, Duration.ofSeconds(5));
    crowded.inFlightMax = 10_000;
    crowded.limits = new BatchLimits(5_000, Duration.ofMinutes(5));
    crowded.put(1_000, 7);
    crowded.worker("w1", "alarms");

    crowded.seconds(60);

    assertThat(crowded.function("alarms").deliveries.size()).isGreaterThan(800);
  }

  @Test
  void tells_a_handler_which_of_its_snapshots_are_committed() {
    engine.worker("w1", "alarms");
    engine.put(40, 4);
    engine.seconds(3);
    for (int shard = 0; shard < 2; shard++) {
      var stored = engine.progress.parts(engine.shard(shard), "alarms");
      assertThat(engine.function("alarms").committed).contains(stored);
    }
  }

  @Test
  void lets_a_function_that_is_new_catch_up_by_itself_and_then_read_with_the_others() {
    var first = engine.worker("w1", "alarms");
    engine.put(300, 10);
    engine.seconds(5);
    stop(first);
    engine.events.clear();
    var second = engine.worker("w2", "alarms", "audit");
    engine.seconds(5);
    assertThat(engine.function("audit").deliveries).hasSize(300);
    assertThat(engine.function("alarms").deliveries).hasSize(300);
    engine.put(20, 10);
    engine.seconds(3);
    engine.events.clear();

    engine.put(40, 10);
    engine.seconds(3);

    int fetched =
        engine.events(WorkerEvent.Fetched.class).stream().mapToInt(e -> e.records()).sum();
    assertThat(fetched).isEqualTo(40);
    assertNothingLost("alarms");
    assertNothingLost("audit");
    assertThat(engine.status(second).bytesInFlight()).isPositive();
  }

  @Test
  void holds_a_child_back_only_for_the_function_that_has_not_ended_the_parent() {
    var single = new EngineHarness(5, 1);
    single.function("slow").stuckKeys.add("key-1");
    var worker = single.worker("w1", "fast", "slow");
    single.put(50, 5);
    single.seconds(3);
    single.stream.split(single.shard(0).shard());
    single.put(50, 5);
    single.seconds(5);

    assertThat(single.function("fast").firstDeliveries()).isEqualTo(single.expected());
    var phases =
        single.status(worker).shards().stream()
            .flatMap(shard -> shard.functions().stream())
            .filter(function -> function.function().equals("slow"))
            .map(WorkerStatus.FunctionStatus::phase)
            .toList();
    assertThat(phases)
        .containsExactlyInAnyOrder(
            RunPhase.FINISHING, RunPhase.WAITING_FOR_PARENTS, RunPhase.WAITING_FOR_PARENTS);
    single.function("slow").stuckKeys.clear();
    single.function("slow").open.forEach(FoldingHandlers.FoldingHandler::resume);
    single.seconds(5);

    assertThat(single.function("slow").firstDeliveries()).isEqualTo(single.expected());
    assertThat(single.function("slow").faults).isEmpty();
    assertThat(single.fleet.log()).contains("ended shardId-000000000000");
  }

  @Test
  void is_quiet_with_a_thousand_idle_shards() {
    var wide = new EngineHarness(9, 1_000);
    wide.settings = WorkerSettings.DEFAULT;
    var worker = wide.worker("w1", "alarms");
    wide.put(3_000, 1_500);
    wide.seconds(10);
    assertThat(wide.function("alarms").firstDeliveries()).isEqualTo(wide.expected());
    assertThat(wide.status(worker).shards()).hasSize(1_000);
    var tasks = new int[1];
    wide.loop.afterEachTask(() -> tasks[0]++);

    wide.seconds(10);

    assertThat(tasks[0])
        .as("tasks in 10 s, of which each shard's fetch takes 2 a second")
        .isLessThan(1_000 * 10 * 3);
  }

  @Test
  void tells_its_operator_what_it_is_doing() {
    engine.function("alarms").stuckKeys.add("key-1");
    var worker = engine.worker("w1", "alarms");
    engine.put(10, 2);
    engine.seconds(3);

    var status = engine.status(worker);

    assertThat(status.bytesInFlightMax()).isEqualTo(64 << 10);
    assertThat(status.shards()).hasSize(2);
    var functions = status.shards().stream().flatMap(s -> s.functions().stream()).toList();
    assertThat(functions.stream().mapToInt(f -> f.inFlight()).sum()).isEqualTo(5);
    assertThat(functions)
        .allSatisfy(
            function -> {
              assertThat(function.phase()).isEqualTo(RunPhase.RUNNING);
              assertThat(function.reader()).contains(ReaderPhase.FETCHING);
              assertThat(function.behind()).contains(Duration.ZERO);
            });
  }

  private static final class HeldBytes {
    private final EngineHarness engine;
    private int seen;
    private long held;
    private long highest;

    HeldBytes(EngineHarness engine) {
      this.engine = engine;
    }

    long now() {
      for (; seen < engine.events.size(); seen++) {
        var event = engine.events.get(seen);
        if (event instanceof WorkerEvent.Fetched fetched) {
          held += fetched.bytes();
        } else if (event instanceof WorkerEvent.Settled settled) {
          held -=
              engine.stream.recordsOf(settled.shard().shard()).stream()
                  .filter(record -> record.position().equals(settled.position()))
                  .mapToInt(StreamRecord::budgetBytes)
                  .sum();
        }
      }
      highest = Math.max(highest, held);
      return held;
    }
  }
}
