package io.headrace.kcl;

import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The shell of a {@link HandlerRun}: does what the machine decides with the handler and the
 * checkpointer, and turns their answers, timers and faults into events. On the worker loop only.
 */
final class FunctionRunning {
  private final HandlerSpec spec;
  private final ShardPlace place;
  private final EngineContext engine;
  private final Consumer<FunctionRunning> changed;
  private final HandlerRun run;
  final RunBook book;
  private final Checkpointer checkpointer;
  private final ArrayDeque<RunAction> actions = new ArrayDeque<>();
  private boolean performing;
  private @Nullable ShardHandler handler;
  private Answers answers = new Answers();
  private @Nullable Throwable failure;
  private final RunWake wake;
  private final LastCalls lastCalls;
  private final Departure departure;
  private final CommitLook commitLook;

  /** A commit is with the store, which may put it off for long while it is throttled. */
  private boolean storing;

  private final Silence watched = new Silence();

  /** Settled in this turn, and not let go by the run yet: many are told as soon as one. */
  private List<HeldRecord> settled = new ArrayList<>();

  /**
   * Makes a run that has not begun.
   *
   * @param changed is told after each event that changed phase or demand
   */
  FunctionRunning(
      HandlerSpec spec, ShardPlace place, EngineContext engine, Consumer<FunctionRunning> changed) {
    this.spec = spec;
    this.place = place;
    this.engine = engine;
    this.changed = changed;
    run = new HandlerRun(place + "/" + spec.name(), spec.limits(), spec.inFlightMax());
    book = new RunBook(run, place, spec.name(), engine);
    wake = new RunWake(run, engine.loop(), this::wakeUp);
    lastCalls = new LastCalls(engine.loop());
    departure = new Departure(engine.loop());
    checkpointer = spec.checkpointers().open(place.key(), place.shard(), place.tenure().token());
    commitLook =
        new CommitLook(engine.loop(), checkpointer::isStorable, this::lookWhetherCommitIsDue);
  }

  String name() {
    return spec.name();
  }

  HandlerSpec spec() {
    return spec;
  }

  HandlerRun run() {
    return run;
  }

  KeyStanding keys() {
    return handler == null ? KeyStanding.NONE : handler.keys();
  }

  /** Since when the oldest call has been under way, in ticks; never when there is none. */
  long callsSince() {
    return handler == null ? Long.MAX_VALUE : handler.callsSince();
  }

  /** Why the run failed, once it has. */
  Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  Silence watched() {
    return watched;
  }

  /** Looks whether the run has been silent for too long; to be asked now and then. */
  Optional<Stall> stalledFor(Duration patience) {
    if (storing && run.inFlight() == 0) {
      watched.sign(); // It waits for its turn: the store answers, or fails, by itself.
    }
    return watched.stall(spec.name(), run, handler, engine.now(place.tenure()), patience);
  }

  /** No more records come until some are settled, as there is no room for them. */
  void hurry() {
    if (run.phase() == RunPhase.RUNNING) {
      if (run.hungry()) {
        run.hurry();
        armTimers();
      }
      live().hurry();
    }
  }

  /** The shard has nothing more for now. */
  void atTip() {
    if (run.phase() == RunPhase.RUNNING && run.buffered() == 0) {
      live().atTip();
    }
  }

  /** Takes an event in and does what comes of it; events of a run that is over are dropped. */
  void tell(RunEvent event) {
    if (run.phase().isFinal()) {
      take(event);
      return;
    }
    if (!settled.isEmpty()) {
      take(takeSettled());
    }
    take(event);
    if (performing) {
      return; // An answer given inside an action: the loop below goes on with what it wants.
    }
    performing = true;
    try {
      for (var action = actions.poll(); action != null; action = actions.poll()) {
        try {
          perform(action);
        } catch (Throwable fault) {
          breakDown(fault);
        }
      }
    } finally {
      performing = false;
    }
    armTimers();
    changed.accept(this);
  }

  private void take(RunEvent event) {
    if (!run.phase().isFinal()) {
      decide(event);
    } else if (event instanceof RunEvent.OfRecords late) {
      late.records().forEach(HeldRecord::release);
    }
  }

  private void decide(RunEvent event) {
    if (event instanceof RunEvent.Broke broke) {
      failure = broke.cause();
    } else if (event instanceof RunEvent.DeadlinePassed) {
      lastCalls.giveUp();
      departure.giveUp();
    }
    if (event instanceof RunEvent.Answer && !(event instanceof RunEvent.RetryDue)) {
      storing = false;
      watched.sign();
    }
    try {
      actions.addAll(book.step(event, engine.now(place.tenure())));
    } catch (IllegalStateException fault) {
      breakDown(fault);
    }
  }

  private void breakDown(Throwable fault) {
    if (run.phase().isFinal()) {
      // Only the clean-up failed: it is told, and nothing else stops.
      engine.tell(new WorkerEvent.CleanUpFailed(place.key(), spec.name(), fault));
      return;
    }
    failure = fault;
    var now = engine.now(place.tenure());
    if (!settled.isEmpty()) {
      actions.addAll(book.step(takeSettled(), now));
    }
    actions.addAll(book.step(new RunEvent.Broke(fault), now));
  }

  private void perform(RunAction action) {
    if (action instanceof RunAction.Release release) {
      release.records().forEach(HeldRecord::release);
    } else if (action instanceof RunAction.AbandonHandler) {
      abandonHandler();
    } else if (action instanceof RunAction.CloseHandler) {
      closeHandler();
    } else if (!run.phase().isFinal()) {
      performWhileLive(action);
    }
  }

  private void performWhileLive(RunAction action) {
    if (action instanceof RunAction.Seal seal) {
      seal(seal.attempt());
    } else if (action instanceof RunAction.Restore restore) {
      restore(restore);
    } else if (action instanceof RunAction.Deliver deliver) {
      deliver(deliver.records());
    } else if (action instanceof RunAction.DrainHandler) {
      live().drain();
    } else if (action instanceof RunAction.Commit commit) {
      inOwnTurn(() -> commit(commit.attempt(), checkpointer::commit));
    } else if (action instanceof RunAction.CommitLast last) {
      lastCalls.await(live(), () -> inOwnTurn(() -> commitLast(last.attempt())));
    } else if (action instanceof RunAction.End end) {
      lastCalls.await(live(), () -> inOwnTurn(() -> end(end)));
    } else if (action instanceof RunAction.RetryIn retry) {
      var wait = BackOff.jittered(retry.delay(), engine.random());
      var who = Optional.of(spec.name());
      engine.tell(new WorkerEvent.Retrying(place.key(), who, retry.what(), retry.cause(), wait));
      engine.loop().schedule(wait, () -> tell(new RunEvent.RetryDue(retry.attempt())));
    } else if (action instanceof RunAction.LookAgainIn look) {
      engine.loop().schedule(look.delay(), () -> tell(new RunEvent.RetryDue(look.attempt())));
    }
  }

  /**
   * Waits for the present turn to end: a handler may be in the middle of telling outcomes whose
   * effects are all in its state already, and a snapshot must not come between them.
   */
  private void inOwnTurn(Runnable task) {
    engine
        .loop()
        .execute(
            () -> {
              try {
                if (!run.phase().isFinal()) {
                  task.run();
                }
              } catch (Throwable fault) {
                tell(new RunEvent.Broke(fault));
              }
            });
  }

  private void seal(long attempt) {
    ask(
        checkpointer::seal,
        resumption -> RunEvent.ofSeal(attempt, resumption),
        failed -> new RunEvent.SealFailed(attempt, failed));
  }

  private void restore(RunAction.Restore restore) {
    closeHandler();
    var outcomes = new Answers();
    answers = outcomes;
    var opened =
        spec.handlers()
            .open(
                new ShardHandler.Context(
                    place.key(),
                    place.shard(),
                    place.tenure(),
                    restore.ready().fencingToken(),
                    engine.loop(),
                    outcomes));
    handler = opened;
    opened.resumesAt(restore.ready().from());
    ask(
        () -> opened.restore(restore.ready().parts()),
        nothing -> new RunEvent.Restored(restore.attempt()),
        failed -> new RunEvent.RestoreFailed(restore.attempt(), failed));
  }

  private void deliver(List<HeldRecord> records) {
    var wanted = new ArrayList<StreamRecord>(records.size());
    var known = new ArrayList<HeldRecord>();
    for (var held : records) {
      if (checkpointer.begin(held.position())) {
        wanted.add(held.record());
      } else {
        known.add(run.settle(held.position()));
      }
    }
    if (!known.isEmpty()) {
      book.foundDone(known.size());
      live().foundDone(known.stream().map(HeldRecord::position).toList());
      tell(new RunEvent.Settled(known));
    }
    if (!wanted.isEmpty()) {
      live().handle(wanted);
    }
  }

  private void commitLast(long attempt) {
    if (checkpointer.dirty()) {
      commit(attempt, checkpointer::commitLast);
    } else {
      depart(attempt, new RunEvent.NothingToCommit());
    }
  }

  /** What the last commit lets out leaves before the shard does; that it has is committed, too. */
  private void depart(long attempt, RunEvent over) {
    departure.await(
        live(),
        isNews -> {
          if (run.phase().isFinal()) {
            return;
          }
          if (!isNews) {
            tell(over);
          } else if (checkpointer.dirty()) {
            inOwnTurn(() -> commit(attempt, checkpointer::commitLast));
          } else {
            inOwnTurn(() -> tell(over));
          }
        });
  }

  /** State and progress are taken in one turn, so that they belong together. */
  private void commit(
      long attempt, BiFunction<Progress, CommitParts, CompletionStage<CommitOutcome>> store) {
    tellSettled();
    commitLook.captured();
    var progress = checkpointer.capture();
    book.captured();
    run.checkCommit(progress);
    snapshotThen(
        parts ->
            ask(
                () -> {
                  storing = true;
                  return store.apply(progress, parts);
                },
                outcome -> {
                  if (outcome instanceof CommitOutcome.Committed stored) {
                    var open = handler; // gone when the run ended while the commit was under way
                    if (open != null) {
                      open.committed(parts);
                    }
                    return new RunEvent.Committed(attempt, stored.progress());
                  }
                  return RunEvent.refused(attempt, outcome);
                },
                failed -> new RunEvent.CommitFailed(attempt, failed)),
        failed -> new RunEvent.CommitFailed(attempt, failed));
  }

  private void end(RunAction.End end) {
    snapshotThen(
        parts ->
            ask(
                () -> checkpointer.end(parts, end.children()),
                outcome -> RunEvent.ofEnd(end.attempt(), outcome),
                failed -> new RunEvent.EndFailed(end.attempt(), failed)),
        failed -> new RunEvent.EndFailed(end.attempt(), failed));
  }

  /** A run that is over by the time its state is durable writes nothing. */
  private void snapshotThen(
      Consumer<CommitParts> then, Function<CheckpointException, RunEvent> onFailure) {
    Stages.ask(
        engine.loop(),
        () -> live().snapshot(),
        parts -> {
          if (!run.phase().isFinal()) {
            then.accept(parts);
          }
        },
        thrown -> tell(RunEvent.ofFailure(thrown, onFailure)));
  }

  private <T> void ask(
      Supplier<CompletionStage<T>> call,
      Function<T, RunEvent> onAnswer,
      Function<CheckpointException, RunEvent> onFailure) {
    Stages.ask(
        engine.loop(),
        call,
        value -> answered(() -> onAnswer.apply(value)),
        thrown -> tell(RunEvent.ofFailure(thrown, onFailure)));
  }

  private void answered(Supplier<RunEvent> answer) {
    if (run.phase().isFinal()) {
      return;
    }
    RunEvent event;
    try {
      event = answer.get();
    } catch (RuntimeException fault) {
      event = new RunEvent.Broke(fault);
    }
    if (event instanceof RunEvent.Committed last && run.phase() == RunPhase.COMMITTING_LAST) {
      depart(last.attempt(), last);
    } else {
      tell(event);
    }
  }

  private ShardHandler live() {
    if (handler == null) {
      throw new IllegalStateException("run of " + place + ": no handler in " + run.phase());
    }
    return handler;
  }

  private void abandonHandler() {
    answers.silent = true;
    lastCalls.giveUp();
    departure.giveUp();
    if (handler != null) {
      handler.abandon();
    }
  }

  private void closeHandler() {
    answers.silent = true;
    var open = handler;
    handler = null;
    if (open != null) {
      open.close();
    }
  }

  private void armTimers() {
    if (run.phase().isFinal()) {
      wake.cancel();
      return;
    }
    wake.arm();
    if (run.canCommit() && checkpointer.dirty()) {
      commitLook.arm();
    }
  }

  private void wakeUp() {
    tellSettled();
    if (wake.isDue()) {
      tell(new RunEvent.Woken());
    } else {
      armTimers();
    }
  }

  private RunEvent takeSettled() {
    var event = new RunEvent.Settled(settled);
    settled = new ArrayList<>(settled.size());
    return event;
  }

  private void tellSettled() {
    if (!settled.isEmpty()) {
      tell(takeSettled());
    }
  }

  private void lookWhetherCommitIsDue() {
    // What is asked of the run here must not change by what it is told with the answer.
    tellSettled();
    boolean due = commitLook.isDue() || checkpointer.due(engine.loop().ticks());
    if (due && run.canCommit() && checkpointer.dirty()) {
      tell(new RunEvent.CommitDue());
    } else {
      armTimers();
    }
  }

  /** Where one handler answers. */
  private final class Answers implements ShardHandler.Outcomes {
    private boolean silent;

    @Override
    public void settled(Position position, ShardHandler.Outcome outcome) {
      var held = isHeard() ? takeOut(position) : null;
      if (held != null) {
        if (settled.isEmpty()) {
          engine.loop().execute(FunctionRunning.this::tellSettled);
        }
        settled.add(held);
        // At once: from now on the state has the record's effect, so the progress must have it.
        checkpointer.settled(position);
        watched.progress();
        book.settled(position, outcome);
      }
    }

    @Override
    public void returned(List<Position> positions) {
      if (isHeard()) {
        var held = positions.stream().map(this::takeOut).filter(Objects::nonNull).toList();
        tell(new RunEvent.Returned(held));
      }
    }

    @Override
    public void resting(Position position) {
      if (isHeard()) {
        tell(new RunEvent.Resting(position));
      }
    }

    @Override
    public void stateChanged() {
      if (isHeard()) {
        checkpointer.stateChanged();
        armTimers();
      }
    }

    @Override
    public void commitWanted(Duration within) {
      if (isHeard() && commitLook.want(within)) {
        armTimers();
      }
    }

    @Override
    public void failed(Throwable cause) {
      if (isHeard()) {
        tell(new RunEvent.Broke(cause));
      }
    }

    private @Nullable HeldRecord takeOut(Position position) {
      try {
        return run.settle(position);
      } catch (IllegalStateException fault) {
        tell(new RunEvent.Broke(fault));
        return null;
      }
    }

    private boolean isHeard() {
      if (!engine.loop().isCurrent()) {
        var who = "handler " + spec.name() + " of " + place;
        throw new IllegalStateException(
            who + " answers on a thread of its own: answer on the worker loop");
      }
      return !silent && !run.phase().isFinal();
    }
  }
}
