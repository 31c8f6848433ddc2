package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
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
  void goes_on_handling_while_the_store_is_gone_and_commits_when_it_is_back() {
    engine.worker("w1", "alarms");
    engine.seconds(1);
    engine.progress.outOfReach(true);
    for (int i = 0; i < 300; i++) {
      engine.put(2, 7);
      engine.seconds(1);
    }
    assertThat(engine.progress.writes()).isZero();
    assertThat(engine.events(WorkerEvent.Retrying.class)).hasSizeGreaterThan(50);

    engine.progress.outOfReach(false);
    engine.seconds(10);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSize(600);
    assertEverythingCommitted("alarms");
  }

  @Test
  void seals_as_soon_as_a_store_that_was_gone_is_back() {
    engine.progress.outOfReach(true);
    engine.put(20, 3);
    engine.worker("w1", "alarms");
    engine.seconds(180);
    assertThat(engine.function("alarms").deliveries).isEmpty();

    engine.progress.outOfReach(false);
    engine.seconds(8);

    assertNothingLost("alarms");
  }

  @Test
  void restores_again_when_state_was_out_of_reach() {
    engine.function("alarms").restoreFails = true;
    engine.put(20, 3);
    engine.worker("w1", "alarms");
    engine.seconds(60);
    assertThat(engine.function("alarms").deliveries).isEmpty();

    engine.function("alarms").restoreFails = false;
    engine.seconds(8);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").open).hasSize(2);
  }

  @Test
  void commits_nothing_of_a_shard_that_it_lost() {
    engine.function("alarms").takes = record -> Duration.ofMillis(150);
    engine.worker("w1", "alarms");
    engine.put(40, 4);
    engine.advance(Duration.ofMillis(400));
    assertThat(engine.function("alarms").inFlight).isPositive();
    engine.fleet.assigning(false);
    engine.fleet.lose(engine.shard(0));
    engine.fleet.lose(engine.shard(1));
    engine.loop.runUntilIdle();
    int handled = engine.function("alarms").deliveries.size();
    assertThat(engine.function("alarms").open).isEmpty();
    engine.seconds(1); // a write that was on its way may still land
    int writes = engine.progress.writes();

    engine.seconds(20);
    assertThat(engine.function("alarms").deliveries).hasSize(handled);
    assertThat(engine.progress.writes()).isEqualTo(writes);
    engine.fleet.assigning(true);
    engine.seconds(20);

    assertNothingLost("alarms");
    assertThat(engine.events(WorkerEvent.ShardStopped.class))
        .allSatisfy(event -> assertThat(event.reason()).isEqualTo("lost by the test"))
        .hasSize(2);
  }

  @Test
  void writes_nothing_when_the_shard_is_lost_while_its_state_is_being_saved() {
    engine.function("alarms").snapshotTakes = Duration.ofSeconds(2);
    engine.worker("w1", "alarms");
    engine.seconds(1);
    engine.put(40, 4);
    engine.seconds(1); // the commit has begun and waits for the snapshot
    engine.fleet.assigning(false);
    engine.fleet.lose(engine.shard(0));
    engine.fleet.lose(engine.shard(1));
    engine.seconds(20);

    assertThat(engine.function("alarms").deliveries).hasSize(40);
    assertThat(engine.progress.writes()).isZero();
  }

  @Test
  void commits_state_and_progress_of_whole_turns_however_the_handler_orders_them() {
    for (var leave : List.of("stop", "split")) {
      var single = new EngineHarness(21, 1);
      single.function("alarms").settlesFirst = true;
      single.function("alarms").takes = record -> Duration.ofMillis(40);
      var worker = single.worker("w1", "alarms");
      single.seconds(1);
      single.put(7, 3);
      single.advance(Duration.ofMillis(50)); // the last of them are still in flight
      assertThat(single.function("alarms").inFlight).isPositive();
      if (leave.equals("stop")) {
        assertThat(worker.stop(Duration.ofSeconds(1))).isNotNull();
        single.put(3, 3);
        single.seconds(2);
        single.worker("w2", "alarms");
      } else {
        single.stream.split(single.shard(0).shard());
      }
      single.put(30, 3);
      single.seconds(5);
      assertThat(single.function("alarms").faults).as(leave).isEmpty();
      assertThat(single.function("alarms").firstDeliveries()).isEqualTo(single.expected());
    }
  }

  @Test
  void drains_and_commits_when_it_is_stopped_so_that_nothing_is_delivered_twice() {
    engine.function("alarms").takes = record -> Duration.ofMillis(300);
    var worker = engine.worker("w1", "alarms");
    engine.put(200, 20);
    engine.seconds(2);

    var stopped = worker.stop(Duration.ofSeconds(10)).toCompletableFuture();
    engine.seconds(4);
    assertThat(stopped).isCompleted();
    int handled = engine.function("alarms").deliveries.size();
    assertThat(handled).isBetween(20, 199);
    assertThat(engine.fleet.owned()).isEmpty();
    assertThat(engine.fleet.log()).startsWith("draining").endsWith("stop");
    engine.worker("w2", "alarms");
    engine.seconds(20);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSize(200);
  }

  @Test
  void interrupts_what_is_stuck_at_the_deadline_and_leaves_it_to_the_next_worker() {
    engine.function("alarms").stuckKeys.add("key-2");
    var worker = engine.worker("w1", "alarms");
    engine.put(40, 5);
    engine.seconds(3);

    var stopped = worker.stop(Duration.ofSeconds(5)).toCompletableFuture();
    engine.advance(Duration.ofMillis(4_900));
    assertThat(stopped).isNotDone();
    engine.advance(Duration.ofMillis(1_100));
    assertThat(stopped).isCompleted();
    assertThat(engine.function("alarms").open).isEmpty();
    assertThat(engine.function("alarms").deliveries).hasSize(32);
    engine.function("alarms").stuckKeys.clear();
    engine.worker("w2", "alarms");
    engine.seconds(5);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries)
        .as("what was settled in time was committed, beyond the stuck record too")
        .hasSize(40);
  }

  @Test
  void does_not_hear_what_a_handler_tells_after_it_was_abandoned() {
    engine.function("alarms").deaf = true;
    engine.function("alarms").takes = record -> Duration.ofMillis(5_300);
    var worker = engine.worker("w1", "alarms");
    engine.put(5, 5);
    engine.advance(Duration.ofMillis(200));
    engine.progress.outOfReach(true); // keeps the last commit open beyond the deadline
    var stopped = worker.stop(Duration.ofSeconds(5)).toCompletableFuture();
    engine.seconds(6);

    assertThat(stopped).isCompleted();
    assertThat(engine.function("alarms").deliveries).as("it went on").hasSize(5);
    assertThat(engine.events(WorkerEvent.Settled.class)).isEmpty();
    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isEmpty();
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
  void stops_within_a_second_of_its_deadline_though_the_store_is_gone() {
    var worker = engine.worker("w1", "alarms");
    engine.put(40, 5);
    engine.seconds(1);
    engine.progress.outOfReach(true);
    engine.put(40, 5);
    engine.seconds(1);

    var stopped = worker.stop(Duration.ofSeconds(3)).toCompletableFuture();
    engine.seconds(4);

    assertThat(stopped).isCompleted();
    assertThat(engine.function("alarms").open).isEmpty();
    engine.progress.outOfReach(false);
    engine.worker("w2", "alarms");
    engine.seconds(5);
    assertNothingLost("alarms");
  }

  @Test
  void stops_within_a_second_of_its_deadline_though_nobody_hears_its_farewell() {
    var worker = engine.worker("w1", "alarms");
    engine.members.get(worker).farewellHangs();
    var stopped = worker.stop(Duration.ofSeconds(3)).toCompletableFuture();
    engine.seconds(4);
    assertThat(stopped).isCompleted();
  }

  @Test
  void stops_before_it_started_and_more_than_once() {
    var member = engine.fleet.member("w9");
    var spec =
        new HandlerSpec(
            "alarms",
            engine.stream,
            engine.limits,
            5,
            engine.function("alarms"),
            engine.progress.of("alarms", StartingPosition.TRIM_HORIZON));
    var worker =
        new Worker(
            engine.settings, List.of(spec), member, engine.loop, engine.random, engine.events::add);
    var once = worker.stop(Duration.ZERO).toCompletableFuture();
    var twice = worker.stop(Duration.ZERO).toCompletableFuture();
    engine.seconds(1);
    assertThat(once).isCompleted();
    assertThat(twice).isCompleted();
  }

  @Test
  void leaves_all_to_the_next_worker_when_it_is_killed() {
    engine.function("alarms").takes = record -> Duration.ofMillis(200);
    var worker = engine.worker("w1", "alarms");
    engine.put(100, 10);
    engine.seconds(1);
    worker.kill();
    engine.loop.runUntilIdle();
    int writes = engine.progress.writes();
    engine.worker("w2", "alarms");
    engine.advance(Duration.ofMillis(1_500));
    assertThat(engine.progress.writes() - writes).as("only what was on its way").isLessThan(3);

    engine.seconds(20);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSizeGreaterThan(100);
  }

  @Test
  void gives_up_a_shard_whose_handler_can_not_go_on_and_skips_nothing() {
    var worker = engine.worker("w1", "alarms", "audit");
    engine.put(20, 5);
    engine.seconds(1);
    var broken = engine.function("alarms").open.get(0);
    engine.fleet.assigning(false);
    engine.loop.execute(() -> broken.context.outcomes().failed(new OutOfMemoryError("planted")));
    engine.loop.runUntilIdle();

    var failed = engine.events(WorkerEvent.ShardFailed.class);
    assertThat(failed).hasSize(1);
    assertThat(failed.get(0).function()).isEqualTo("alarms");
    assertThat(failed.get(0).cause()).hasMessage("planted");
    assertThat(engine.fleet.log())
        .contains(
            "giveUp "
                + failed.get(0).shard().shard()
                + ": function alarms failed with java.lang.OutOfMemoryError");
    assertThat(engine.status(worker).shards()).hasSize(1);
    engine.events.clear();
    engine.put(20, 5);
    engine.fleet.assigning(true);
    engine.seconds(10);

    assertNothingLost("alarms");
    assertNothingLost("audit");
  }

  @Test
  void gives_up_a_shard_whose_handler_throws() {
    engine.function("alarms").throwsOn = "key-1";
    engine.worker("w1", "alarms");
    engine.seconds(1);
    engine.fleet.assigning(false);
    engine.put(20, 5);
    engine.seconds(1);

    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isNotEmpty();
    assertThat(engine.function("alarms").faults).isEmpty();
    engine.function("alarms").throwsOn = "";
    engine.events.clear();
    engine.fleet.assigning(true);
    engine.seconds(5);
    assertNothingLost("alarms");
  }

  @Test
  void frees_every_byte_of_a_shard_that_fails_before_all_functions_had_its_records() {
    engine.function("alarms").throwsOn = "key-0";
    var worker = engine.worker("w1", "alarms", "audit");
    engine.seconds(1);
    engine.fleet.assigning(false);
    engine.put(6, 1);
    engine.advance(Duration.ofMillis(100));
    engine.fleet.want(engine.shard(0));
    engine.fleet.want(engine.shard(1));
    engine.seconds(1);

    assertThat(engine.events(WorkerEvent.ShardFailed.class)).hasSize(1);
    assertThat(engine.status(worker).shards()).isEmpty();
    assertThat(engine.status(worker).bytesInFlight()).isZero();
  }

  @Test
  void holds_records_while_the_lease_is_in_doubt_and_goes_on_after_it() {
    engine.worker("w1", "alarms");
    engine.seconds(1);
    engine.fleet.doubt(engine.shard(0), true);
    engine.fleet.doubt(engine.shard(1), true);
    engine.put(20, 5);
    engine.seconds(30);
    assertThat(engine.function("alarms").batches).isEmpty();

    engine.fleet.doubt(engine.shard(0), false);
    engine.fleet.doubt(engine.shard(1), false);
    engine.seconds(2);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSize(20);
  }

  @Test
  void hands_over_a_shard_that_is_wanted_after_its_last_commit() {
    engine.function("alarms").takes = record -> Duration.ofMillis(200);
    engine.worker("w1", "alarms");
    engine.put(100, 10);
    engine.seconds(1);
    engine.fleet.want(engine.shard(0));
    engine.seconds(30);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).as("nothing twice").hasSize(100);
    assertThat(engine.fleet.log()).contains("release shardId-000000000000");
    assertThat(engine.events(WorkerEvent.ShardStarted.class)).hasSize(3);
  }

  @Test
  void hands_over_without_its_last_commit_rather_than_never() {
    var worker = engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.seconds(3);
    engine.progress.outOfReach(true);
    engine.put(20, 5);
    engine.seconds(1);
    engine.fleet.assigning(false);
    engine.fleet.want(engine.shard(0));
    engine.seconds(9);
    assertThat(engine.members.get(worker).held()).hasSize(2);
    engine.seconds(2);
    assertThat(engine.members.get(worker).held()).hasSize(1);

    engine.progress.outOfReach(false);
    engine.fleet.assigning(true);
    engine.seconds(10);

    assertNothingLost("alarms");
  }

  @Test
  void is_ready_for_what_it_is_offered_of_its_own_streams() {
    var worker = engine.worker("w1", "alarms");
    var member = engine.members.get(worker);
    var description = engine.stream.shardsNow().get(0);
    member.tell(new LeaseEvent.Offered(engine.shard(0), description));
    var foreign = new ShardKey(new StreamId("other", engine.loop.now()), description.id());
    member.tell(new LeaseEvent.Offered(foreign, description));
    engine.loop.runUntilIdle();
    assertThat(engine.fleet.log()).containsExactly("ready shardId-000000000000");
  }

  @Test
  void tells_of_a_gap_and_goes_on_behind_it() {
    var first = engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.seconds(3);
    stop(first);
    engine.function("alarms").tolerant = true;
    engine.put(20, 5);
    for (int shard = 0; shard < 2; shard++) {
      var key = engine.shard(shard).shard();
      var records = engine.stream.recordsOf(key);
      engine.stream.trim(key, records.get(records.size() - 2).position());
    }
    engine.worker("w2", "alarms");
    engine.seconds(3);

    assertThat(engine.events(WorkerEvent.GapFound.class)).hasSize(2);
    assertThat(engine.function("alarms").deliveries).hasSize(22);
  }

  @Test
  void reads_on_after_a_stream_that_failed_for_a_while() {
    var flaky = new FlakyStream(engine.stream);
    engine.read = flaky;
    engine.worker("w1", "alarms");
    engine.seconds(1);
    flaky.failure = StreamException.Kind.RETRYABLE;
    engine.seconds(2); // those that wait at the tip still get an answer
    engine.put(20, 5);
    engine.seconds(100);
    assertThat(engine.function("alarms").deliveries).isEmpty();
    assertThat(engine.events(WorkerEvent.Retrying.class)).hasSizeBetween(20, 80);

    flaky.failure = null;
    engine.seconds(11);

    assertNothingLost("alarms");
  }

  @Test
  void replaces_a_cursor_that_never_answers() {
    var flaky = new FlakyStream(engine.stream);
    engine.read = flaky;
    engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.seconds(2);
    flaky.silent = true;
    engine.seconds(2);
    engine.put(20, 5);
    engine.seconds(30);
    flaky.silent = false;
    engine.seconds(50);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSize(40);
  }

  @Test
  void gives_up_a_shard_that_the_stream_does_not_have() {
    var flaky = new FlakyStream(engine.stream);
    engine.read = flaky;
    flaky.failure = StreamException.Kind.NOT_FOUND;
    var worker = engine.worker("w1", "alarms");
    engine.advance(Duration.ofMillis(20));
    engine.fleet.assigning(false);
    engine.seconds(2);

    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isNotEmpty();
    assertThat(engine.status(worker).shards()).isEmpty();
    assertThat(engine.status(worker).bytesInFlight()).isZero();
  }

  @Test
  void does_not_start_without_its_stream() {
    var flaky = new FlakyStream(engine.stream);
    flaky.identifyFailures = 100;
    var refused = start(flaky);
    engine.seconds(30);
    assertThat(refused).isCompletedExceptionally();

    var patient = new FlakyStream(engine.stream);
    patient.identifyFailures = 3;
    var joined = start(patient);
    engine.seconds(30);
    assertThat(joined).isCompleted();
  }

  private CompletableFuture<Void> start(ShardedStream stream) {
    var spec =
        new HandlerSpec(
            "alarms",
            stream,
            engine.limits,
            5,
            engine.function("alarms"),
            engine.progress.of("alarms", StartingPosition.TRIM_HORIZON));
    var worker =
        new Worker(
            engine.settings,
            List.of(spec),
            engine.fleet.member("w"),
            engine.loop,
            engine.random,
            engine.events::add);
    return worker.start().toCompletableFuture();
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

  void assertNothingLost(String function) {
    assertThat(engine.function(function).faults).isEmpty();
    assertThat(engine.function(function).firstDeliveries()).isEqualTo(engine.expected());
    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isEmpty();
  }

  private void assertEverythingCommitted(String function) {
    for (var shard : engine.stream.shardsNow()) {
      var records = engine.stream.recordsOf(shard.id());
      assertThat(engine.progress.progress(engine.key(shard), function).through())
          .contains(records.get(records.size() - 1).position());
    }
  }

  private void stop(Worker worker) {
    CompletableFuture<Void> stopped = worker.stop(Duration.ofSeconds(5)).toCompletableFuture();
    engine.seconds(6);
    assertThat(stopped).isCompleted();
  }

  /** Counts what is fetched and not settled from what the worker tells. */
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
