package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How shards come to a worker and leave it. */
class WorkerLeavingTest extends WorkerScenario {
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
  void hands_over_though_a_commit_falls_due_with_the_last_record_that_it_drains() {
    for (long seed = 0; seed < 40; seed++) {
      var single = new EngineHarness(seed, 1);
      // The commit of the first record is due half a second after it: just when the second ends.
      single.function("alarms").takes =
          record -> Duration.ofMillis(record.key().text().equals("first") ? 1_000 : 1_500);
      var worker = single.worker("w1", "alarms");
      single.seconds(1);
      single.put("first");
      single.put("second");
      single.seconds(1);
      while (single.function("alarms").deliveries.isEmpty()) {
        single.advance(Duration.ofMillis(10));
      }
      assertThat(single.function("alarms").inFlight).as("seed %d", seed).isOne();
      var stopped = worker.stop(Duration.ofSeconds(5)).toCompletableFuture();
      single.seconds(2);

      assertThat(stopped).as("seed %d", seed).isCompleted();
      assertThat(single.events(WorkerEvent.ShardFailed.class)).as("seed %d", seed).isEmpty();
      single.worker("w2", "alarms");
      single.seconds(3);
      assertThat(single.function("alarms").deliveries).as("seed %d", seed).hasSize(2);
    }
  }

  @Test
  void goes_on_until_each_shard_is_wanted_when_it_is_stopped() {
    var worker = engine.worker("w1", "alarms");
    engine.seconds(1);
    engine.members.get(worker).takersNeed(Duration.ofSeconds(2));

    var stopped = worker.stop(Duration.ofSeconds(10)).toCompletableFuture();
    for (int i = 0; i < 19; i++) {
      engine.put(10, 5);
      engine.advance(Duration.ofMillis(100));
    }
    int handled = engine.function("alarms").deliveries.size();
    assertThat(handled).as("before it is wanted").isGreaterThanOrEqualTo(170);
    assertThat(stopped).isNotDone();
    engine.seconds(1);
    assertThat(stopped).isCompleted();
    engine.worker("w2", "alarms");
    engine.seconds(5);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).as("nothing twice").hasSize(190);
  }

  @Test
  void drains_by_half_of_its_time_what_nobody_has_asked_for() {
    var worker = engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.seconds(1);
    engine.members.get(worker).takersNeed(Duration.ofHours(1));

    var stopped = worker.stop(Duration.ofSeconds(6)).toCompletableFuture();
    engine.advance(Duration.ofMillis(2_900));
    assertThat(stopped).isNotDone();
    engine.seconds(1);

    assertThat(stopped).isCompleted();
    assertThat(engine.fleet.owned()).isEmpty();
  }

  @Test
  void lets_other_keys_go_on_while_a_slow_call_keeps_a_shard_that_is_wanted() {
    var single = new EngineHarness(23, 1);
    single.function("alarms").takes =
        record -> Duration.ofMillis(record.key().text().equals("key-0") ? 3_500 : 5);
    single.worker("w1", "alarms");
    single.seconds(1);
    single.put("key-0");
    single.advance(Duration.ofMillis(1_500));
    single.fleet.assigning(false);
    single.fleet.want(single.shard(0));
    for (int i = 0; i < 15; i++) {
      single.put("key-1");
      single.advance(Duration.ofMillis(100));
    }
    assertThat(single.function("alarms").deliveries)
        .as("key-1 while key-0 is slow")
        .hasSizeGreaterThan(10);
    single.seconds(2);
    assertThat(single.fleet.owned()).as("left when the slow call ended").isEmpty();
    single.fleet.assigning(true);
    single.seconds(8);

    assertThat(single.function("alarms").faults).isEmpty();
    assertThat(single.function("alarms").deliveries).as("nothing twice").hasSize(16);
  }

  @Test
  void keeps_a_shard_with_a_slow_call_when_it_is_wanted_for_balance_only() {
    var single = new EngineHarness(24, 1);
    single.function("alarms").takes = record -> Duration.ofSeconds(3);
    single.worker("w1", "alarms");
    single.put("key-0");
    single.advance(Duration.ofMillis(1_500));
    single.fleet.assigning(false);
    single.fleet.wantIfItCanWait(single.shard(0));
    single.seconds(1);
    assertThat(single.fleet.log()).containsExactly("keep shardId-000000000000");

    single.seconds(2);
    single.fleet.wantIfItCanWait(single.shard(0));
    single.seconds(1);
    assertThat(single.fleet.log()).endsWith("release shardId-000000000000");
  }

  @Test
  void tells_how_much_it_read_in_each_shard() {
    var single = new EngineHarness(25, 1);
    var worker = single.worker("w1", "alarms");
    single.put(100, 5);
    single.seconds(11);
    long bytes =
        single.stream.recordsOf(single.shard(0).shard()).stream()
            .mapToLong(StreamRecord::budgetBytes)
            .sum();
    var member = single.members.get(worker);
    assertThat(member.throughput()).isEqualTo(Map.of(single.shard(0), bytes / 10));

    single.seconds(10);
    assertThat(member.throughput()).isEqualTo(Map.of(single.shard(0), 0L));
  }

  @Test
  void keeps_a_shard_that_it_gained_anew_while_it_gave_the_former_tenure_back() {
    for (var leave : List.of("release", "ended", "giveUp")) {
      var single = new EngineHarness(22, 1);
      single.function("alarms").takes = record -> Duration.ofMillis(300);
      var worker = single.worker("w1", "alarms");
      var shard = single.shard(0);
      single.put(5, 5);
      single.seconds(1);
      single.put(5, 5);
      single.advance(Duration.ofMillis(150));
      assertThat(single.function("alarms").inFlight).as(leave).isPositive();
      single.fleet.assigning(false);
      if (leave.equals("release")) {
        single.fleet.want(shard);
      } else if (leave.equals("ended")) {
        single.stream.split(shard.shard());
      }
      single.loop.runUntilIdle();
      var member = single.members.get(worker);
      member.newsTake(Duration.ofSeconds(2));
      single.fleet.lose(shard);
      single.fleet.give(shard, member);
      if (leave.equals("giveUp")) {
        var broken = single.function("alarms").open.get(0);
        single.loop.execute(
            () -> broken.context.outcomes().failed(new IllegalStateException("planted")));
      }
      single.seconds(1);

      assertThat(single.fleet.log()).as(leave).anyMatch(line -> line.startsWith(leave));
      assertThat(member.held()).as(leave).contains(shard);
      single.fleet.assigning(true);
      single.put(10, 5);
      single.seconds(6);

      assertThat(single.function("alarms").firstDeliveries())
          .as(leave)
          .isEqualTo(single.expected());
    }
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
    engine.function("alarms").takes =
        record -> Duration.ofMillis(record.key().text().equals("key-0") ? 1 : 5_300);
    var worker = engine.worker("w1", "alarms");
    engine.put(5, 5);
    engine.advance(Duration.ofMillis(200));
    engine.progress.outOfReach(true); // keeps the last commit of key-0 open beyond the deadline
    var stopped = worker.stop(Duration.ofSeconds(5)).toCompletableFuture();
    engine.seconds(6);

    assertThat(stopped).isCompleted();
    assertThat(engine.function("alarms").deliveries).as("it went on").hasSize(5);
    assertThat(engine.events(WorkerEvent.Settled.class)).hasSize(1);
    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isEmpty();
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
  void begins_anew_under_a_new_token_when_it_gains_what_it_has() {
    var worker = engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.seconds(1);
    engine.fleet.assigning(false);
    var member = engine.members.get(worker);
    var token = new LeaseToken(new Incarnation("w1", "life"), 9);
    var description = engine.stream.shardsNow().get(0);
    member.tell(new LeaseEvent.Gained(engine.shard(0), description, certain(token)));
    engine.seconds(1);
    engine.put(20, 5);
    engine.seconds(3);

    assertThat(engine.function("alarms").open).hasSize(2);
    assertThat(engine.status(worker).shards())
        .filteredOn(shard -> shard.shard().equals(engine.shard(0)))
        .singleElement()
        .satisfies(shard -> assertThat(shard.token()).isEqualTo(token));
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
  void a_shard_wanted_for_good_goes_unless_a_call_would_have_to_be_interrupted() {
    var single = new EngineHarness(25, 1);
    var half = single.settings.drainMax().dividedBy(2);
    single.function("alarms").takes = record -> half.plusSeconds(2);
    single.worker("w1", "alarms");
    single.put("key-0");
    single.advance(half.minusMillis(500));
    single.fleet.assigning(false);
    single.advance(Duration.ofSeconds(1)); // the call is half a second beyond it
    single.fleet.want(single.shard(0));
    single.advance(Duration.ofMillis(100));
    assertThat(single.fleet.log()).containsExactly("keep shardId-000000000000");

    single.seconds(3);
    single.function("alarms").takes = record -> Duration.ofMillis(1_500);
    single.put("key-0");
    single.advance(Duration.ofMillis(1_200));
    single.fleet.want(single.shard(0));
    single.seconds(2);
    assertThat(single.fleet.log()).endsWith("release shardId-000000000000");
    assertThat(single.function("alarms").deliveries).as("nothing twice").hasSize(2);
  }

  @Test
  void is_ready_once_the_stream_is_prepared_or_half_a_second_later() {
    var flaky = new FlakyStream(engine.stream);
    engine.read = flaky;
    var member = engine.members.get(engine.worker("w1", "alarms"));
    var description = engine.stream.shardsNow().get(0);

    var answer = new CompletableFuture<Void>();
    flaky.prepared = answer;
    member.tell(new LeaseEvent.Offered(engine.shard(0), description));
    engine.advance(Duration.ofMillis(100));
    assertThat(engine.fleet.log()).isEmpty();
    answer.completeExceptionally(new StreamException(StreamException.Kind.RETRYABLE, "planted"));
    engine.loop.runUntilIdle();
    assertThat(engine.fleet.log()).as("it may be slow, it is able").hasSize(1);
    engine.seconds(2);
    assertThat(engine.fleet.log()).hasSize(1);

    flaky.prepared = new CompletableFuture<>();
    member.tell(new LeaseEvent.Offered(engine.shard(0), description));
    engine.advance(Duration.ofMillis(499));
    assertThat(engine.fleet.log()).hasSize(1);
    engine.advance(Duration.ofMillis(1));
    assertThat(engine.fleet.log()).hasSize(2);
  }

  private static Tenure certain(LeaseToken token) {
    return new Tenure() {
      @Override
      public LeaseToken token() {
        return token;
      }

      @Override
      public boolean validAt(long ticks) {
        return true;
      }
    };
  }
}
