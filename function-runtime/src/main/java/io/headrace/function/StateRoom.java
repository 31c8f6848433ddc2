package io.headrace.function;

import io.headrace.checkpoint.state.StateSpace;
import io.headrace.kcl.CheckpointException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whether a handler may go on to change its state. What is not stored yet is held in memory, so
 * while the store can't be reached, or can't keep up, records wait instead, and with them the
 * shard's position; but not those that leave a hole in what is finished, as of too many no commit
 * is stored. Owned by the worker loop.
 */
final class StateRoom {
  private static final String NAME = "the store of state, for what has changed";

  private final Scope scope;
  private final @Nullable StateSpace space;
  private boolean full;

  /**
   * @param space null where there is no state
   * @param goOn told when there is room again
   */
  StateRoom(Scope scope, @Nullable StateSpace space, Runnable goOn) {
    this.scope = scope;
    this.space = space;
    if (space != null) {
      space.whenStored(() -> scope.runUnlessOver(() -> stored(space, goOn)));
    }
  }

  /** Asked before whatever changes state is begun. */
  boolean isFull() {
    if (full || space == null) {
      return full;
    }
    if (space.isHalfFull()) {
      // Not put off for the sake of fewer writes: a store that keeps up is not to be waited for.
      scope.context.outcomes().commitWanted(Duration.ZERO);
    }
    if (space.isFull()) {
      full = true;
      var cause =
          new CheckpointException(
              space.unstoredBytes()
                  + " bytes of state are not stored yet, and no more may wait (stateMemory)");
      scope.tell(
          new FunctionEvent.SinkUnavailable(
              scope.function, scope.context.key(), NAME, cause, Duration.ZERO));
      scope.waits();
      // It may have been read so from an earlier version: then no record asks for a commit.
      scope.context.outcomes().stateChanged();
    }
    return full;
  }

  private void stored(StateSpace stored, Runnable goOn) {
    if (full && !stored.isFull()) {
      full = false;
      scope.waitsNoMore();
      scope.tell(new FunctionEvent.SinkRecovered(scope.function, scope.context.key(), NAME));
      goOn.run();
    }
  }
}
