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
  private static final String NAME = "the store of state";

  private final Scope scope;
  private final Consumer<Task<O>> resume;
  private int failures;

  /** Tasks that the store has failed, until they are called with what they need. */
  private final Set<Task<O>> failed = new HashSet<>();

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
                  recovered();
                  task.read.add(key, value);
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
    var wait = RetryPolicy.jittered(RETRY_FIRST, RETRY_LONGEST, failures, scope.random());
    scope.tell(
        new FunctionEvent.SinkUnavailable(
            scope.function, scope.context.key(), NAME, failure, wait));
    return wait;
  }

  /** A task was called: what it needed was read, perhaps without waiting this time. */
  void called(Task<O> task) {
    if (failures > 0 && failed.remove(task)) {
      recovered();
    }
  }

  private void recovered() {
    if (failures > 0) {
      failures = 0;
      failed.clear();
      scope.tell(new FunctionEvent.SinkRecovered(scope.function, scope.context.key(), NAME));
    }
  }
}
