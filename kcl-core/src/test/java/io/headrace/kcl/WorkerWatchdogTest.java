package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ShardHandler.Standing;
import io.headrace.kcl.WorkerEvent.Remedy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of shards in which a function makes no progress. */
class WorkerWatchdogTest extends WorkerScenario {
  private static final int PATIENCE = 40;

  @BeforeEach
  void watch() {
    engine.settings =
        engine.settings.withWatch(new WorkerSettings.Watch(Duration.ofSeconds(PATIENCE), 2));
  }

  private List<Remedy> remedies() {
    return engine.events(WorkerEvent.Stalled.class).stream()
        .map(WorkerEvent.Stalled::remedy)
        .toList();
  }

  private long longestEpoch() {
    return engine.events(WorkerEvent.ShardStarted.class).stream()
        .mapToLong(started -> started.token().epoch())
        .max()
        .orElse(0);
  }

  @Test
  void a_shard_without_progress_is_told_and_restarted_under_the_next_epoch_and_loses_nothing() {
    engine.function("alarms").stuckKeys.add("key-1");
    engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.seconds(PATIENCE - 5);
    assertThat(remedies()).isEmpty();

    engine.seconds(5 + PATIENCE / 4);

    var stalled = engine.events(WorkerEvent.Stalled.class);
    assertThat(stalled).hasSize(1);
    assertThat(stalled.get(0).remedy()).isEqualTo(Remedy.RESTART);
    assertThat(stalled.get(0).function()).isEqualTo("alarms");
    assertThat(stalled.get(0).silent()).isGreaterThanOrEqualTo(Duration.ofSeconds(PATIENCE));
    assertThat(longestEpoch()).isEqualTo(2);
    engine.function("alarms").stuckKeys.clear();
    engine.seconds(PATIENCE * 2);
    assertNothingLost("alarms");
    assertThat(remedies()).containsOnly(Remedy.RESTART);
  }

  @Test
  void a_call_of_a_parked_record_that_hangs_restarts_the_shard_though_no_position_waits_for_it() {
    engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.function("alarms").parkedOverdue = Duration.ofSeconds(PATIENCE - 1);
    engine.seconds(PATIENCE / 4);
    assertThat(remedies()).isEmpty();

    engine.function("alarms").parkedOverdue = Duration.ofSeconds(PATIENCE);
    engine.seconds(PATIENCE / 8);
    engine.function("alarms").parkedOverdue = Duration.ZERO;
    engine.seconds(PATIENCE);

    assertThat(engine.events(WorkerEvent.Stalled.class))
        .isNotEmpty()
        .allSatisfy(stalled -> assertThat(stalled.remedy()).isEqualTo(Remedy.RESTART))
        .allSatisfy(stalled -> assertThat(stalled.why()).contains("parked record"));
    assertThat(longestEpoch()).isEqualTo(2);
    assertNothingLost("alarms");
  }

  @Test
  void a_shard_that_restarts_do_not_help_is_given_up_in_order() {
    engine.function("alarms").stuckKeys.add("key-1");
    engine.worker("w1", "alarms");
    engine.put(20, 5);

    engine.seconds(PATIENCE * 4);

    assertThat(remedies()).containsExactly(Remedy.RESTART, Remedy.RESTART, Remedy.GIVE_UP);
    assertThat(engine.fleet.log().stream().filter(line -> line.startsWith("giveUp")))
        .singleElement()
        .asString()
        .contains("function alarms made no progress for ")
        .endsWith("s: its records are not answered");
    engine.function("alarms").stuckKeys.clear();
    engine.seconds(PATIENCE * 3);
    assertNothingLost("alarms");
  }

  @Test
  void progress_after_a_restart_makes_the_count_begin_anew() {
    var alarms = engine.function("alarms");
    engine.worker("w1", "alarms");
    for (int i = 0; i < 4; i++) {
      alarms.stuckKeys.add("key-1");
      engine.put(20, 5);
      engine.seconds(PATIENCE + PATIENCE / 4);
      alarms.stuckKeys.clear();
      engine.seconds(PATIENCE + PATIENCE / 2);
    }

    assertThat(remedies()).isNotEmpty().containsOnly(Remedy.RESTART);
    assertNothingLost("alarms");
  }

  @Test
  void a_shard_without_records_is_not_stuck() {
    engine.worker("w1", "alarms");
    engine.put(20, 5);

    engine.seconds(PATIENCE * 10);

    assertThat(remedies()).isEmpty();
    assertNothingLost("alarms");
  }

  @Test
  void a_function_that_settles_now_and_then_is_not_stuck() {
    engine.function("alarms").takes = record -> Duration.ofSeconds(PATIENCE - 10);
    engine.worker("w1", "alarms");
    engine.put(10, 1);

    engine.seconds(PATIENCE * 12L);

    assertThat(remedies()).isEmpty();
    assertNothingLost("alarms");
  }

  @Test
  void a_call_within_its_time_out_is_told_once_and_waited_for() {
    engine.function("alarms").takes = record -> Duration.ofSeconds(PATIENCE * 3L);
    engine.function("alarms").standing = Standing.IN_CALL;
    engine.worker("w1", "alarms");
    engine.put(1, 1);

    engine.seconds(PATIENCE * 4L);

    assertThat(remedies()).containsExactly(Remedy.WAITS);
    assertThat(engine.events(WorkerEvent.Stalled.class).get(0).why())
        .isEqualTo("in a call within its time-out");
    assertThat(longestEpoch()).isEqualTo(1);
    assertNothingLost("alarms");
  }

  @Test
  void while_the_lease_is_in_doubt_nothing_is_stuck() {
    engine.function("alarms").stuckKeys.add("key-1");
    engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.seconds(2);
    engine.fleet.owned().forEach(shard -> engine.fleet.doubt(shard, true));

    engine.seconds(PATIENCE * 3);

    assertThat(remedies()).isEmpty();
  }

  @Test
  void a_store_that_is_gone_is_no_reason_to_restart() {
    engine.progress.outOfReach(true);
    engine.worker("w1", "alarms");
    engine.put(20, 5);

    engine.seconds(PATIENCE * 3);

    assertThat(remedies()).isEmpty();
    engine.progress.outOfReach(false);
    engine.seconds(10);
    assertNothingLost("alarms");
  }

  @Test
  void a_commit_that_waits_long_for_its_turn_in_a_throttled_store_is_not_stuck() {
    engine.progress.putOff(Duration.ofSeconds(PATIENCE * 5));
    engine.worker("w1", "alarms");
    engine.put(20, 5);

    engine.seconds(PATIENCE * 4);
    assertThat(remedies()).isEmpty();

    engine.function("alarms").stuckKeys.add("key-1");
    engine.put(20, 5);
    engine.seconds(PATIENCE * 4);
    assertThat(remedies()).as("a call that hangs meanwhile is").contains(Remedy.RESTART);
  }

  @Test
  void the_status_says_for_how_long_a_function_has_been_silent() {
    engine.function("alarms").stuckKeys.add("key-1");
    var worker = engine.worker("w1", "alarms");
    engine.put(20, 5);

    engine.seconds(PATIENCE / 2);

    assertThat(engine.status(worker).shards())
        .flatExtracting(WorkerStatus.ShardStatus::functions)
        .extracting(WorkerStatus.FunctionStatus::silent)
        .anyMatch(silent -> silent.compareTo(Duration.ofSeconds(PATIENCE / 4)) > 0)
        .contains(Duration.ZERO);
  }
}
