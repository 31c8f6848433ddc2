package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class HandlerRunTest {
  private static final LeaseToken NEWER = LeaseToken.parse("w2#life!9");
  private final Set<TransitionTable.Edge<RunPhase>> visited = new LinkedHashSet<>();

  @TestFactory
  Stream<DynamicTest> a_run() {
    return scenarios().entrySet().stream()
        .map(s -> DynamicTest.dynamicTest(s.getKey(), () -> s.getValue().accept(script())));
  }

  @Test
  void visits_every_transition_of_its_table() {
    scenarios().values().forEach(scenario -> scenario.accept(script()));

    assertThat(visited).containsAll(RunTransitions.TABLE.edges());
  }

  private Map<String, Consumer<RunScript>> scenarios() {
    var all = new LinkedHashMap<String, Consumer<RunScript>>();
    all.put("seals, restores and runs", run -> assertPhase(run.started(), RunPhase.RUNNING));
    all.put("tries a failed seal again for ever", this::seal_fails);
    all.put("looks for its parents until they are ended", this::waits_for_parents);
    all.put("leaves while it waits for its parents", this::leaves_while_waiting);
    all.put("is ended when it was ended before", this::was_ended);
    all.put("is fenced by whoever is newer", this::is_fenced);
    all.put("tries a failed restore again", this::restore_fails);
    all.put("leaves while it restores", this::leaves_while_restoring);
    all.put("hands over, settles and commits", this::commits);
    all.put("tries a failed commit again", this::commit_fails);
    all.put("reads again what was not handed over", this::is_left_behind);
    all.put("ends the shard when all is settled", this::ends);
    all.put("ends an idle shard at once", this::ends_idle);
    all.put("waits for a commit before it ends", this::ends_after_commit);
    all.put("ends though a commit fails", this::ends_after_failed_commit);
    all.put("tries a failed end again, also while drained", this::end_fails);
    all.put("drains, commits and stops", this::drains);
    all.put("gives back what does not run when it drains", this::drains_by_giving_back);
    all.put("stops without a commit when there is nothing", this::drains_clean);
    all.put("drains while a commit is under way", this::drains_during_commit);
    all.put("interrupts at the deadline", this::passes_deadline);
    all.put("drains what it was finishing", this::drains_while_finishing);
    all.put("drains without what waits for the operator", this::drains_without_resting);
    all.put("ends no shard while a record waits for the operator", this::rests_at_the_end);
    all.put("tries the last commit again", this::last_commit_fails);
    all.put("is abandoned in any phase", this::is_abandoned);
    all.put("fails in any phase", this::fails);
    return all;
  }

  private void seal_fails(RunScript run) {
    run.tell(new RunEvent.Begun());
    for (int i = 0; i < 50; i++) {
      run.tell(new RunEvent.SealFailed(run.attempt(), run.storeDown()));
      assertThat(((RunAction.RetryIn) run.last().get(0)).delay())
          .isBetween(Duration.ofMillis(100), Duration.ofSeconds(5));
      run.retryDue();
      assertThat(run.last().get(0)).isInstanceOf(RunAction.Seal.class);
    }
    assertPhase(run, RunPhase.SEALING);
  }

  private void waits_for_parents(RunScript run) {
    run.tell(new RunEvent.Begun());
    var parents = Set.of(new ShardId("parent"));
    run.tell(new RunEvent.ParentsMissing(run.attempt(), parents));
    assertPhase(run, RunPhase.WAITING_FOR_PARENTS);
    assertThat(((RunAction.LookAgainIn) run.last().get(0)).delay()).hasMillis(500);
    run.retryDue();
    run.tell(new RunEvent.SealFailed(run.attempt(), run.storeDown())).retryDue();
    run.tell(new RunEvent.ParentsMissing(run.attempt(), parents)).retryDue();
    run.tell(new RunEvent.Sealed(run.attempt(), ready(StartingPosition.TRIM_HORIZON)));
    assertPhase(run, RunPhase.RESTORING);
  }

  private void leaves_while_waiting(RunScript run) {
    run.tell(new RunEvent.Begun()).drain();
    assertPhase(run, RunPhase.STOPPED);
    var waiting = waiting();
    waiting.drain();
    assertPhase(waiting, RunPhase.STOPPED);
  }

  private void was_ended(RunScript run) {
    run.tell(new RunEvent.Begun());
    var children = List.of(Shard.root("child"));
    run.tell(new RunEvent.FoundEnded(run.attempt(), children));
    assertPhase(run, RunPhase.ENDED);
    assertThat(run.run.children()).isEqualTo(children);
    var waiting = waiting().retryDue();
    waiting.tell(new RunEvent.FoundEnded(waiting.attempt(), children));
    assertPhase(waiting, RunPhase.ENDED);
  }

  private void is_fenced(RunScript run) {
    run.tell(new RunEvent.Begun());
    var fenced =
        List.of(
            run,
            waiting().retryDue(),
            script().started().commitDue(),
            script().started().read(1).commitDue().endRead(),
            script().started().endRead(),
            script().started().read(1).commitDue().drain(),
            script().started().drain());
    for (var each : fenced) {
      each.tell(new RunEvent.FencedOut(each.attempt(), NEWER));
      assertPhase(each, RunPhase.FENCED);
      assertThat(each.run.fencedBy()).isEqualTo(NEWER);
      assertDiscarded(each);
    }
  }

  private void restore_fails(RunScript run) {
    run.tell(new RunEvent.Begun());
    run.tell(new RunEvent.Sealed(run.attempt(), ready(StartingPosition.TRIM_HORIZON)));
    run.tell(new RunEvent.RestoreFailed(run.attempt(), run.storeDown()));
    run.retryDue();
    assertThat(run.last().get(0)).isInstanceOf(RunAction.Restore.class);
    assertPhase(run.tell(new RunEvent.Restored(run.attempt())), RunPhase.RUNNING);
  }

  private void leaves_while_restoring(RunScript run) {
    run.tell(new RunEvent.Begun());
    run.tell(new RunEvent.Sealed(run.attempt(), ready(StartingPosition.TRIM_HORIZON)));
    assertPhase(run.drain(), RunPhase.STOPPED);
    assertDiscarded(run);
  }

  private void commits(RunScript run) {
    run.started().read(1, 2, 3);
    assertThat(run.delivered()).containsExactly(1L, 2L, 3L);
    run.settle(1, 3).commitDue();
    assertThat(run.last()).hasSize(1).first().isInstanceOf(RunAction.Commit.class);
    assertThat(run.run.canCommit()).as("one commit at a time").isFalse();
    run.committed(1).tell(new RunEvent.Woken());
    assertThat(run.run.committedThrough()).isEqualTo(Position.of(1));
    assertThat(run.run.canCommit()).isTrue();
  }

  private void commit_fails(RunScript run) {
    run.started().read(1).settle(1).commitDue();
    run.tell(new RunEvent.CommitFailed(run.attempt(), run.storeDown()));
    assertThat(run.run.canCommit()).as("only after the wait").isFalse();
    run.retryDue();
    assertThat(run.last().get(0)).isInstanceOf(RunAction.Commit.class);
    assertThat(run.committed(1).run.canCommit()).isTrue();
  }

  private void is_left_behind(RunScript ignored) {
    var run = new RunScript(visited, new BatchLimits(2, Duration.ZERO), 2);
    run.started().read(1, 2, 3, 4);
    assertThat(run.delivered()).containsExactly(1L, 2L);
    run.tell(new RunEvent.LeftBehind());
    assertThat(run.run.buffered()).isZero();
    assertThat(run.run.readFrom()).isEqualTo(StartingPosition.after(Position.of(2)));
    run.settle(1, 2).read(3, 4, 5);
    assertThat(run.delivered()).containsExactly(3L, 4L);
  }

  private void ends(RunScript ignored) {
    var run = new RunScript(visited, new BatchLimits(2, Duration.ofSeconds(9)), 2);
    run.started().read(1, 2, 3).endRead();
    assertPhase(run, RunPhase.FINISHING);
    run.settle(1, 2).tell(new RunEvent.Woken());
    assertThat(run.delivered()).as("does not wait for a full batch").containsExactly(3L);
    run.commitDue();
    run.tell(new RunEvent.CommitFailed(run.attempt(), run.storeDown())).retryDue();
    run.committed(2);
    run.settle(3);
    assertPhase(run, RunPhase.ENDING);
    assertThat(run.last().get(1))
        .as("nothing goes on here")
        .isEqualTo(new RunAction.DrainHandler());
    assertThat(((RunAction.End) run.last().get(2)).children()).hasSize(1);
    assertPhase(run.tell(new RunEvent.EndStored(run.attempt())), RunPhase.ENDED);
    assertThat(run.budget.used()).isZero();
  }

  private void ends_idle(RunScript run) {
    assertPhase(run.started().endRead(), RunPhase.ENDING);
  }

  private void ends_after_commit(RunScript run) {
    run.started().read(1).settle(1).commitDue().endRead();
    assertPhase(run, RunPhase.FINISHING);
    assertPhase(run.committed(1), RunPhase.ENDING);
  }

  private void ends_after_failed_commit(RunScript run) {
    run.started().read(1).settle(1).commitDue().endRead();
    var failed = new RunEvent.CommitFailed(run.attempt(), run.storeDown());
    assertPhase(run.tell(failed), RunPhase.ENDING);
    assertThat(run.last()).anyMatch(action -> action instanceof RunAction.End);
  }

  private void end_fails(RunScript run) {
    run.started().endRead();
    run.tell(new RunEvent.EndFailed(run.attempt(), run.storeDown())).drain();
    run.tell(new RunEvent.DeadlinePassed()).retryDue();
    assertThat(run.last()).hasSize(1).first().isInstanceOf(RunAction.End.class);
    assertPhase(run.tell(new RunEvent.EndStored(run.attempt())), RunPhase.ENDED);
  }

  private void drains(RunScript ignored) {
    var run = new RunScript(visited, new BatchLimits(2, Duration.ZERO), 2);
    run.started().read(1, 2, 3).drain();
    assertPhase(run, RunPhase.DRAINING);
    assertThat(run.run.buffered()).as("begins nothing new").isZero();
    run.settle(1).commitDue();
    run.tell(new RunEvent.CommitFailed(run.attempt(), run.storeDown())).retryDue().committed(1);
    assertPhase(run, RunPhase.DRAINING);
    assertPhase(run.settle(2), RunPhase.COMMITTING_LAST);
    assertThat(run.all).noneMatch(action -> action instanceof RunAction.AbandonHandler);
    assertPhase(run.committed(2), RunPhase.STOPPED);
    assertThat(run.last()).containsExactly(new RunAction.CloseHandler());
    assertThat(run.budget.used()).isZero();
  }

  private void drains_by_giving_back(RunScript run) {
    run.started().read(1, 2, 3).settle(2).drain();
    assertThat(run.last()).contains(new RunAction.DrainHandler());
    run.tell(new RunEvent.Returned(List.of(run.run.settle(Position.of(3)))));
    assertPhase(run, RunPhase.DRAINING);
    run.tell(new RunEvent.Returned(List.of(run.run.settle(Position.of(1)))));
    assertPhase(run, RunPhase.COMMITTING_LAST);
    assertThat(run.budget.used()).isZero();
    var progress =
        new Progress(Optional.empty(), List.of(new Progress.Range(Position.of(2), Position.of(2))));
    run.run.checkCommit(progress);
  }

  private void drains_clean(RunScript run) {
    assertPhase(run.started().drain(), RunPhase.COMMITTING_LAST);
    assertPhase(run.tell(new RunEvent.NothingToCommit()), RunPhase.STOPPED);
  }

  private void drains_during_commit(RunScript run) {
    run.started().read(1).settle(1).commitDue().drain();
    assertPhase(run, RunPhase.DRAINING);
    assertPhase(run.committed(1), RunPhase.COMMITTING_LAST);
    var failing = script().started().read(1).settle(1).commitDue().drain();
    failing.tell(new RunEvent.CommitFailed(failing.attempt(), failing.storeDown()));
    assertPhase(failing, RunPhase.COMMITTING_LAST);
  }

  private void passes_deadline(RunScript run) {
    run.started().read(1, 2).settle(1).drain().tell(new RunEvent.DeadlinePassed());
    assertThat(run.last().get(0)).isEqualTo(new RunAction.AbandonHandler());
    assertPhase(run, RunPhase.COMMITTING_LAST);
    assertThat(run.budget.used()).isZero();
    var committing = script().started().read(1).commitDue().drain();
    assertPhase(committing.tell(new RunEvent.DeadlinePassed()), RunPhase.DRAINING);
    assertPhase(committing.committed(1), RunPhase.COMMITTING_LAST);
  }

  private void drains_without_resting(RunScript run) {
    run.started().read(1, 2, 3).tell(resting(2)).settle(1).drain();
    assertPhase(run, RunPhase.DRAINING);
    assertPhase(run.settle(3), RunPhase.COMMITTING_LAST);
    assertThat(run.last()).contains(new RunAction.AbandonHandler());
    assertPhase(run.committed(1), RunPhase.STOPPED);
    assertThat(run.budget.used()).isZero();
    var only = script().started().read(1).tell(resting(1)).drain();
    assertPhase(only, RunPhase.COMMITTING_LAST);
  }

  private void rests_at_the_end(RunScript ignored) {
    var run = new RunScript(visited, new BatchLimits(2, Duration.ZERO), 2);
    run.leaseHolds = false;
    run.started().read(1, 2).endRead();
    run.leaseHolds = true;
    run.tell(new RunEvent.Woken()).tell(resting(2)).settle(1);
    assertPhase(run, RunPhase.FINISHING);
    assertThat(run.run.resting()).isEqualTo(1);
    assertThat(run.run.owes(0)).as("what rests is nothing that it owes").isFalse();
    assertPhase(run.drain(), RunPhase.COMMITTING_LAST);
  }

  private static RunEvent resting(long sequence) {
    return new RunEvent.Resting(Position.of(sequence));
  }

  private void drains_while_finishing(RunScript run) {
    assertPhase(run.started().read(1).endRead().drain(), RunPhase.DRAINING);
    var empty = new RunScript(visited, new BatchLimits(2, Duration.ZERO), 2);
    empty.leaseHolds = false;
    empty.started().read(1).endRead().drain();
    assertPhase(empty, RunPhase.COMMITTING_LAST);
  }

  private void last_commit_fails(RunScript run) {
    run.started().read(1).settle(1).drain();
    run.tell(new RunEvent.CommitFailed(run.attempt(), run.storeDown()));
    run.tell(new RunEvent.DeadlinePassed()).retryDue();
    assertThat(run.last().get(0)).isInstanceOf(RunAction.CommitLast.class);
    assertPhase(run.committed(1), RunPhase.STOPPED);
  }

  private void is_abandoned(RunScript ignored) {
    for (var run : oneInEachPhase()) {
      run.tell(new RunEvent.Abandoned());
      assertPhase(run, RunPhase.STOPPED);
      assertDiscarded(run);
    }
  }

  private void fails(RunScript ignored) {
    for (var run : oneInEachPhase()) {
      run.tell(new RunEvent.Broke(new OutOfMemoryError("planted")));
      assertPhase(run, RunPhase.FAILED);
      assertDiscarded(run);
    }
  }

  private List<RunScript> oneInEachPhase() {
    var restoring = script().tell(new RunEvent.Begun());
    restoring.tell(new RunEvent.Sealed(restoring.attempt(), ready(StartingPosition.TRIM_HORIZON)));
    var all =
        List.of(
            script().tell(new RunEvent.Begun()),
            waiting(),
            restoring,
            script().started().read(1, 2),
            script().started().read(1).endRead(),
            script().started().endRead(),
            script().started().read(1).drain(),
            script().started().drain());
    assertThat(all.stream().map(run -> run.run.phase()))
        .containsExactlyElementsOf(
            Stream.of(RunPhase.values()).filter(phase -> !phase.isFinal()).toList());
    return all;
  }

  @Test
  void drops_the_answer_of_an_older_try() {
    var run = script().started().read(1).settle(1).commitDue();
    long old = run.attempt();
    run.tell(new RunEvent.CommitFailed(old, run.storeDown())).retryDue();

    run.run.step(new RunEvent.Committed(old, RunScript.through(1)), new Now(0, true));

    assertThat(run.run.committedThrough()).isNull();
    assertThat(run.run.canCommit()).as("the newer try is still under way").isFalse();
  }

  @Test
  void refuses_an_answer_to_what_was_never_asked() {
    var run = script().started();
    assertThatThrownBy(() -> run.tell(new RunEvent.Committed(99, RunScript.through(1))))
        .hasMessageContaining("attempt 99 has not begun");
  }

  @Test
  void refuses_what_can_not_happen_and_names_shard_phase_and_event() {
    var run = script().started().drain();
    assertThatThrownBy(() -> run.read(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "run of orders@1/shard-1 (epoch 3)/alarms: no transition from COMMITTING_LAST on Read"
                + " to COMMITTING_LAST");
  }

  @Test
  void hands_over_nothing_while_the_lease_is_in_doubt_and_goes_on_after_it() {
    var run = script().started();
    run.leaseHolds = false;
    run.read(1, 2);
    assertThat(run.delivered()).isEmpty();
    assertThat(run.run.wakeAt(0)).isEqualTo(Duration.ofMillis(100).toNanos());

    run.ticks = Duration.ofMillis(100).toNanos();
    run.leaseHolds = true;
    run.tell(new RunEvent.Woken());

    assertThat(run.delivered()).containsExactly(1L, 2L);
    assertThat(run.run.wakeAt(run.ticks)).isEqualTo(Batcher.NEVER);
  }

  @Test
  void takes_nothing_at_or_below_its_own_position() {
    var run = script().started(StartingPosition.after(Position.of(2)));
    run.read(1, 2, 3);
    assertThat(run.delivered()).containsExactly(3L);
    run.settle(3);
    assertThat(run.budget.used()).isZero();
  }

  @Test
  void takes_nothing_that_arrived_before_its_time_of_beginning() {
    var run = script().started(StartingPosition.at(Instant.ofEpochSecond(3)));
    run.read(1, 2, 3, 4);
    assertThat(run.delivered()).containsExactly(3L, 4L);
  }

  @Test
  void bounds_what_is_in_flight_and_hands_over_when_there_is_room() {
    var run = new RunScript(visited, new BatchLimits(2, Duration.ZERO), 3);
    run.started().read(1, 2, 3, 4, 5, 6);
    assertThat(run.delivered()).containsExactly(1L, 2L, 3L);
    assertThat(run.run.hungry()).isFalse();
    assertThat(run.settle(2).run.wakeAt(run.ticks)).isEqualTo(run.ticks);
    assertThat(run.tell(new RunEvent.Woken()).delivered()).containsExactly(4L);
  }

  @Test
  void waits_for_a_full_batch_no_longer_than_its_limit() {
    var run = new RunScript(visited, new BatchLimits(3, Duration.ofSeconds(2)), 10);
    run.started().read(1, 2);
    assertThat(run.delivered()).isEmpty();
    assertThat(run.run.hungry()).isTrue();
    run.ticks = run.run.wakeAt(run.ticks);
    assertThat(run.ticks).isEqualTo(Duration.ofSeconds(2).toNanos());
    assertThat(run.tell(new RunEvent.Woken()).delivered()).containsExactly(1L, 2L);
    assertThat(run.read(3, 4, 5).delivered()).containsExactly(3L, 4L, 5L);
  }

  @Test
  void never_lets_a_commit_pass_a_record_that_is_not_settled() {
    var run = script().started().read(1, 2, 3).settle(1, 3);
    run.run.checkCommit(RunScript.through(1));
    assertThatThrownBy(() -> run.run.checkCommit(RunScript.through(3)))
        .hasMessageContaining("epoch 3")
        .hasMessageContaining("through 3:0 passes unsettled 2:0");
    var range = new Progress.Range(Position.of(2), Position.of(3));
    var covering = new Progress(Optional.of(Position.of(1)), List.of(range));
    assertThatThrownBy(() -> run.run.checkCommit(covering)).hasMessageContaining("unsettled 2:0");
  }

  @Test
  void never_lets_a_commit_go_back() {
    var run = script().started(StartingPosition.after(Position.of(7)));
    run.run.checkCommit(RunScript.through(7));
    assertThatThrownBy(() -> run.run.checkCommit(RunScript.through(6)))
        .hasMessageContaining("goes back from 7:0 to 6:0");
    assertThatThrownBy(() -> run.run.checkCommit(Progress.NONE)).hasMessageContaining("goes back");
  }

  @Test
  void refuses_to_settle_a_record_twice() {
    var run = script().started().read(1).settle(1);
    assertThatThrownBy(() -> run.settle(1)).hasMessageContaining("1:0 is settled and is not in");
  }

  private RunScript waiting() {
    var run = script().tell(new RunEvent.Begun());
    var parents = Set.of(new ShardId("parent"));
    return run.tell(new RunEvent.ParentsMissing(run.attempt(), parents));
  }

  private RunScript script() {
    return new RunScript(visited);
  }

  private static Resumption.Ready ready(StartingPosition from) {
    return new Resumption.Ready(from, 1, List.of());
  }

  private static void assertPhase(RunScript run, RunPhase phase) {
    assertThat(run.run.phase()).isEqualTo(phase);
  }

  private static void assertDiscarded(RunScript run) {
    assertThat(run.budget.used()).isZero();
    assertThat(run.last()).contains(new RunAction.AbandonHandler(), new RunAction.CloseHandler());
  }
}
