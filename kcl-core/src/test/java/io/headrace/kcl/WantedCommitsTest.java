package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Commits that something waits for, and what the last one lets out. */
class WantedCommitsTest {
  private final EngineHarness one = new EngineHarness(31, 1);
  private final FoldingHandlers alarms = one.function("alarms");

  private Worker started() {
    alarms.snapshotTakes = Duration.ZERO;
    var worker = one.worker("w1", "alarms");
    one.seconds(1);
    return worker;
  }

  private int commits() {
    return one.events(WorkerEvent.Committed.class).size();
  }

  @Test
  void a_commit_that_is_wanted_is_made_so_soon_and_not_sooner() {
    alarms.wantsCommitWithin = Duration.ofMillis(60);
    started();
    one.put("a");
    one.advance(Duration.ofMillis(50));
    assertThat(alarms.deliveries).hasSize(1);
    assertThat(commits()).isZero();
    one.advance(Duration.ofMillis(70));
    assertThat(commits()).isEqualTo(1);
  }

  @Test
  void one_that_is_wanted_at_once_waits_for_nothing() {
    alarms.wantsCommitWithin = Duration.ZERO;
    started();
    one.put("a");
    one.advance(Duration.ofMillis(20));
    assertThat(alarms.deliveries).hasSize(1);
    assertThat(commits()).isEqualTo(1);
  }

  @Test
  void without_that_it_is_made_when_the_policy_says_so() {
    started();
    one.put("a");
    one.advance(Duration.ofMillis(400));
    assertThat(commits()).isZero();
    one.advance(Duration.ofMillis(400));
    assertThat(commits()).isEqualTo(1);
  }

  @Test
  void what_is_wanted_while_a_commit_is_under_way_comes_with_the_next_together() {
    alarms.wantsCommitWithin = Duration.ZERO;
    started();
    alarms.snapshotTakes = Duration.ofMillis(100);
    one.put("a");
    one.advance(Duration.ofMillis(50)); // its commit is under way
    for (int i = 0; i < 10; i++) {
      one.put("a");
    }
    one.advance(Duration.ofMillis(20));
    assertThat(commits()).isZero();
    one.seconds(1);
    assertThat(alarms.deliveries).hasSize(11);
    assertThat(commits()).isEqualTo(2);
  }

  @Test
  void a_store_that_is_out_of_reach_is_asked_again_and_not_without_pause() {
    alarms.wantsCommitWithin = Duration.ZERO;
    started();
    one.progress.outOfReach(true);
    one.put("a");
    one.seconds(10);
    assertThat(commits()).isZero();
    assertThat(one.events(WorkerEvent.Retrying.class)).hasSizeBetween(2, 20);
    one.progress.outOfReach(false);
    one.seconds(10);
    assertThat(commits()).isPositive();
  }

  @Test
  void what_the_last_commit_lets_out_is_waited_for_and_committed() {
    alarms.departure = Duration.ofMillis(200);
    var worker = started();
    one.put("a");
    one.advance(Duration.ofMillis(20));
    CompletableFuture<Void> stopped = worker.stop(Duration.ofSeconds(5)).toCompletableFuture();
    one.advance(Duration.ofMillis(150));
    assertThat(stopped).isNotDone();
    assertThat(one.progress.writes()).isEqualTo(1);
    one.advance(Duration.ofMillis(200));
    assertThat(stopped).isCompleted();
    assertThat(one.progress.writes()).isEqualTo(2);
  }

  @Test
  void what_does_not_leave_is_left_to_the_next_owner_half_a_second_later() {
    alarms.departure = Duration.ofHours(1);
    var worker = started();
    one.put("a");
    one.advance(Duration.ofMillis(20));
    CompletableFuture<Void> stopped = worker.stop(Duration.ofSeconds(5)).toCompletableFuture();
    one.advance(Duration.ofMillis(700));
    assertThat(stopped).isCompleted();
    assertThat(one.progress.writes()).isEqualTo(1);
  }
}
