package io.headrace.kcl;

import io.headrace.kcl.ShardHandler.Outcome;
import java.time.Duration;
import java.util.List;

/**
 * What is told of the records of a {@link HandlerRun}, so that the account of a function balances
 * at any moment: what it took is what it settled, found done, gave back and still holds. On the
 * worker loop only.
 */
final class RunBook {
  private static final long NEVER = Long.MAX_VALUE;

  private final HandlerRun run;
  private final ShardPlace place;
  private final String function;
  private final EngineContext engine;

  /** What the run held when it was last told of. */
  private int held;

  /** When the first record was settled that no commit covers, in ticks. */
  private long settledSince = NEVER;

  /** The same for the commit that is under way. */
  private long storingSince = NEVER;

  RunBook(HandlerRun run, ShardPlace place, String function, EngineContext engine) {
    this.run = run;
    this.place = place;
    this.function = function;
    this.engine = engine;
  }

  /** {@link HandlerRun#step}, and tells what became of records by it. */
  List<RunAction> step(RunEvent event, Now now) {
    var wanted = run.step(event, now);
    int holds = run.buffered() + run.inFlight();
    int more = holds - held;
    held = holds;
    if (more > 0) {
      engine.tell(new WorkerEvent.Taken(place.key(), function, more));
    } else if (more < 0) {
      engine.tell(new WorkerEvent.GivenBack(place.key(), function, -more));
    }
    tell(event);
    return wanted;
  }

  /** A record was settled that the run has let go. */
  void settled(Position position, Outcome outcome) {
    held--;
    if (settledSince == NEVER) {
      settledSince = engine.loop().ticks();
    }
    engine.tell(new WorkerEvent.Settled(place.key(), function, position, outcome));
  }

  /** Records came again that were finished before, and the run has let them go. */
  void foundDone(int records) {
    held -= records;
    engine.tell(new WorkerEvent.FoundDone(place.key(), function, records));
  }

  /** A commit of all that is settled begins. */
  void captured() {
    storingSince = Math.min(storingSince, settledSince);
    settledSince = NEVER;
  }

  /** For how long the oldest thing that is done has waited for its commit. */
  Duration uncommitted() {
    long since = Math.min(storingSince, settledSince);
    return since == NEVER ? Duration.ZERO : Duration.ofNanos(engine.loop().ticks() - since);
  }

  private void tell(RunEvent event) {
    if (event instanceof RunEvent.Committed stored) {
      storingSince = NEVER;
      engine.tell(new WorkerEvent.Committed(place.key(), function, stored.progress()));
    } else if (event instanceof RunEvent.CommitFailed) {
      settledSince = Math.min(storingSince, settledSince);
      storingSince = NEVER;
    } else if (event instanceof RunEvent.Restored && run.phase() == RunPhase.RUNNING) {
      engine.tell(new WorkerEvent.FunctionResumed(place.key(), function));
    }
  }
}
