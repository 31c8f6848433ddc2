package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.StreamRecord;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands around each call of the user code of one handler: the count of calls, the logging
 * context and whoever observes. Made on the worker loop; any thread may call.
 */
final class Surroundings {
  private static final Logger LOG = LoggerFactory.getLogger(Surroundings.class);
  private static final AtomicBoolean COMPLAINED = new AtomicBoolean();

  private final Scope scope;
  private final LogContext logs;
  private final CallObserver observer;
  private final String shard;

  /** Of the worker loop. */
  private long malformedTraces;

  Surroundings(Scope scope) {
    this.scope = scope;
    this.logs = scope.environment.telemetry().logs();
    this.observer = scope.environment.telemetry().observer();
    this.shard = scope.context.key().toString();
  }

  /** Between here and {@link #leave} a thread runs user code. */
  record Visit(CallObserver.Observed observed, @Nullable String @Nullable [] before) {
    static final Visit UNSEEN = new Visit(CallObserver.Observed.NOTHING, null);
  }

  /** A call was made, and counts as under way. On the worker loop, which alone writes the count. */
  void made() {
    var calls = scope.environment.calls();
    calls.lazySet(calls.get() + 1);
  }

  /** It does not any more. On the worker loop. */
  void heard() {
    var calls = scope.environment.calls();
    calls.lazySet(calls.get() - 1);
  }

  Visit enter(Task<?> task, int attempt) {
    var malformed = task.malformedTraces();
    if (!malformed.isEmpty()) {
      scope.post(() -> tellMalformed(malformed));
    }
    var record = task.shown();
    var key = record == null ? task.key() : record.key().text();
    var before = logs.enter(scope.function, shard, record, key, attempt);
    if (observer == CallObserver.NONE) {
      return before == null ? Visit.UNSEEN : new Visit(CallObserver.Observed.NOTHING, before);
    }
    return new Visit(observe(task, record, attempt), before);
  }

  void leave(Visit visit) {
    if (visit.observed() != CallObserver.Observed.NOTHING) {
      safely(visit.observed()::left);
    }
    logs.leave(visit.before());
  }

  /** What the call's outputs carry. */
  static Map<String, String> passedOn(
      CallObserver.Observed observed, String to, Map<String, String> trace) {
    try {
      return Objects.requireNonNull(observed.passedOn(to, trace), "passedOn answered null");
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError thrown) {
      complain(thrown);
      return trace;
    }
  }

  static void ended(CallObserver.Observed observed, @Nullable Throwable failure) {
    if (observed != CallObserver.Observed.NOTHING) {
      safely(() -> observed.ended(failure));
    }
  }

  private CallObserver.Observed observe(Task<?> task, @Nullable StreamRecord record, int attempt) {
    try {
      var observed =
          observer.begin(
              new CallObserver.FunctionCall(
                  scope.environment.application(),
                  scope.function,
                  scope.context.key(),
                  Optional.ofNullable(record).map(StreamRecord::position),
                  attempt,
                  task.size(),
                  record == null ? Map.of() : TraceContext.carriedBy(record.headers())));
      return Objects.requireNonNull(observed, "begin answered null");
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError thrown) {
      complain(thrown);
      return CallObserver.Observed.NOTHING;
    }
  }

  private void tellMalformed(List<Position> positions) {
    for (var position : positions) {
      malformedTraces++;
      scope.tell(
          new FunctionEvent.TraceMalformed(
              scope.function, scope.context.key(), position, malformedTraces));
    }
  }

  private static void safely(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError thrown) {
      complain(thrown);
    }
  }

  private static void complain(Throwable thrown) {
    if (COMPLAINED.compareAndSet(false, true)) {
      LOG.warn("an observer of calls failed; further failures are not logged", thrown);
    }
  }
}
