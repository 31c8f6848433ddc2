package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Tasks that wait for state that is not in memory: their lanes stand still, the others go on. Owned
 * by the worker loop.
 */
final class StateReading<O> {
  private static final Duration RETRY_FIRST = Duration.ofMillis(100);
  private static final Duration RETRY_LONGEST = Duration.ofSeconds(30);

  /** So many answers in a row, and the store counts as well again. */
  private static final int STEADY = 8;

  private static final String NAME = "the store of state";

  private final Scope scope;
  private final Consumer<Task<O>> resume;

  /** Since the store was well last. */
  private int failures;

  /** Since the last failure. */
  private int answered;

  /** Tasks that the store has failed, until they are called with what they need. */
  private final Set<Task<O>> failed = new HashSet<>();

  private boolean down;

  /**
   * @param resume told once all that a task waits for is there, or is to be asked for again
   */
  StateReading(Scope scope, Consumer<Task<O>> resume) {
    this.scope = scope;
    this.resume = resume;
  }

  void await(Task<O> task, StateLoading state) {
    int[] left = {state.answers.size()};
    scope.waits();
    state.answers.forEach(
        (key, answer) -> {
          Consumer<Runnable> last =
              then -> {
                if (--left[0] == 0) {
                  scope.waitsNoMore();
                  then.run();
                }
              };
          ask(task, key, answer, last);
        });
  }

  private void ask(
      Task<O> task,
      EntryKey key,
      CompletionStage<Optional<StateValue>> answer,
      Consumer<Runnable> last) {
    Stages.ask(
        scope.loop(),
        () -> answer,
        value ->
            scope.runUnlessOver(
                () -> {
                  answered();
                  task.read = task.read.with(key, value);
                  last.accept(() -> resume.accept(task));
                }),
        failure ->
            scope.runUnlessOver(
                () -> {
                  var wait = failed(task, failure);
                  last.accept(() -> scope.later(wait, () -> resume.accept(task)));
                }));
  }

  /** What is missing or damaged can't be made up: the key waits for ever, and says so. */
  private Duration failed(Task<O> task, Throwable failure) {
    failed.add(task);
    failures++;
    answered = 0;
    down = true;
    var wait = RetryPolicy.jittered(RETRY_FIRST, RETRY_LONGEST, failures, scope.random());
    scope.tell(
        new FunctionEvent.SinkUnavailable(
            scope.function, scope.context.key(), NAME, failure, wait));
    return wait;
  }

  /** One answer says little of a store that fails every second time: who waits goes on waiting. */
  private void answered() {
    if (failures > 0 && ++answered >= STEADY) {
      failures = 0;
    }
  }

  /** A task was called, or is finished: what it needed was read, or is needed no more. */
  void called(Task<O> task) {
    if (down && failed.remove(task) && failed.isEmpty()) {
      down = false;
      scope.tell(new FunctionEvent.SinkRecovered(scope.function, scope.context.key(), NAME));
    }
  }
}
