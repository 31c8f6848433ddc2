package io.headrace.kcl;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/** Drives a {@link HandlerRun} by hand and notes each transition. */
final class RunScript {
  final HandlerRun run;
  final ByteBudget budget = new ByteBudget(1 << 20, 1 << 10, 1 << 20, () -> {});
  final ByteBudget.Account account = budget.open();
  final List<RunAction> all = new ArrayList<>();
  private final Set<TransitionTable.Edge<RunPhase>> visited;
  private List<RunAction> last = List.of();
  long ticks;
  boolean leaseHolds = true;

  RunScript(Set<TransitionTable.Edge<RunPhase>> visited) {
    this(visited, new BatchLimits(10, Duration.ZERO), 100);
  }

  RunScript(Set<TransitionTable.Edge<RunPhase>> visited, BatchLimits limits, int inFlightMax) {
    this.visited = visited;
    run = new HandlerRun("orders@1/shard-1 (epoch 3)/alarms", limits, inFlightMax);
  }

  RunScript tell(RunEvent event) {
    var from = run.phase();
    last = run.step(event, new Now(ticks, leaseHolds));
    visited.add(new TransitionTable.Edge<>(from, event.getClass(), run.phase()));
    all.addAll(last);
    for (var action : last) {
      if (action instanceof RunAction.Release release) {
        release.records().forEach(HeldRecord::release);
      }
    }
    return this;
  }

  /** Sealed, restored and running from the horizon. */
  RunScript started() {
    return started(StartingPosition.TRIM_HORIZON);
  }

  RunScript started(StartingPosition from) {
    tell(new RunEvent.Begun());
    tell(new RunEvent.Sealed(attempt(), new Resumption.Ready(from, 1, List.of())));
    return tell(new RunEvent.Restored(attempt()));
  }

  RunScript read(long... sequences) {
    return tell(new RunEvent.Read(records(sequences)));
  }

  RunScript settle(long... sequences) {
    LongStream.of(sequences)
        .forEach(s -> tell(new RunEvent.Settled(List.of(run.settle(Position.of(s))))));
    return this;
  }

  RunScript commitDue() {
    return tell(new RunEvent.CommitDue());
  }

  RunScript committed(long through) {
    return tell(new RunEvent.Committed(attempt(), through(through)));
  }

  RunScript endRead() {
    return tell(new RunEvent.EndRead(List.of(Shard.root("child"))));
  }

  RunScript drain() {
    return tell(new RunEvent.DrainAsked());
  }

  /** The number of the try that was begun last. */
  long attempt() {
    long number = 0;
    for (var action : all) {
      if (action instanceof RunAction.Seal seal) {
        number = seal.attempt();
      } else if (action instanceof RunAction.Restore restore) {
        number = restore.attempt();
      } else if (action instanceof RunAction.Commit commit) {
        number = commit.attempt();
      } else if (action instanceof RunAction.CommitLast commit) {
        number = commit.attempt();
      } else if (action instanceof RunAction.End end) {
        number = end.attempt();
      } else if (action instanceof RunAction.RetryIn retry) {
        number = retry.attempt();
      } else if (action instanceof RunAction.LookAgainIn look) {
        number = look.attempt();
      }
    }
    return number;
  }

  RunScript retryDue() {
    return tell(new RunEvent.RetryDue(attempt()));
  }

  CheckpointException storeDown() {
    return new CheckpointException("the store is out of reach");
  }

  List<RunAction> last() {
    return last;
  }

  /** What the last event had handed over. */
  List<Long> delivered() {
    return delivered(last);
  }

  static List<Long> delivered(List<RunAction> actions) {
    var positions = new ArrayList<Long>();
    for (var action : actions) {
      if (action instanceof RunAction.Deliver deliver) {
        deliver
            .records()
            .forEach(r -> positions.add(Long.parseLong(r.position().sequence().value())));
      }
    }
    return positions;
  }

  List<HeldRecord> records(long... sequences) {
    var held = new ArrayList<HeldRecord>();
    long bytes = 0;
    for (long sequence : sequences) {
      var at = Instant.ofEpochSecond(sequence);
      var record = new StreamRecord(Position.of(sequence), "key", at, new byte[10]);
      held.add(new HeldRecord(record, account, 1));
      bytes += record.budgetBytes();
    }
    if (account.ask() == 0) {
      throw new AssertionError("the test's budget is used up");
    }
    account.took(bytes);
    return held;
  }

  static Progress through(long sequence) {
    return new Progress(Optional.of(Position.of(sequence)), List.of());
  }
}
