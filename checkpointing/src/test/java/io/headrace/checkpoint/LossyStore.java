package io.headrace.checkpoint;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.StartingPosition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A store behind a bad network: what is to happen to the next requests is told beforehand. */
final class LossyStore implements CheckpointStore {
  enum Fault {
    NONE,
    /** The request never arrives. */
    LOST,
    /** The request is applied and its answer is lost. */
    ANSWER_LOST,
    /** The caller gives up; the request is applied when {@link #arrive} is called. */
    LATE,
    /** The request is applied and answered, and a copy of it is on its way. */
    TWICE
  }

  private final CheckpointStore store;
  private final Deque<Fault> faults = new ArrayDeque<>();
  private final List<Supplier<CompletionStage<?>>> underWay = new ArrayList<>();
  private int requests;

  LossyStore(CheckpointStore store) {
    this.store = store;
  }

  void next(Fault... then) {
    faults.addAll(List.of(then));
  }

  /** From now on requests are answered, until more faults are told. */
  void calm() {
    faults.clear();
  }

  /** Requests so far, lost ones too. */
  int requests() {
    return requests;
  }

  /** What was under way arrives at last, in order. */
  void arrive() {
    var late = List.copyOf(underWay);
    underWay.clear();
    late.forEach(request -> Answers.quietly(request.get()));
  }

  @Override
  public CompletionStage<StartingPosition> startOf(String function, StartingPosition proposed) {
    return send(() -> store.startOf(function, proposed));
  }

  @Override
  public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
    return send(() -> store.seal(key, token, nonce));
  }

  @Override
  public CompletionStage<Void> takeOver(TakeOver takeOver) {
    return send(() -> store.takeOver(takeOver));
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    return send(() -> store.commit(commit));
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    return send(() -> store.end(end));
  }

  @Override
  public OperatorStore operator() {
    return store.operator();
  }

  @Override
  public LetterLedger letters() {
    return store.letters();
  }

  private <T> CompletionStage<T> send(Supplier<CompletionStage<T>> request) {
    requests++;
    var fault = faults.isEmpty() ? Fault.NONE : faults.remove();
    if (fault == Fault.TWICE || fault == Fault.LATE) {
      underWay.add(request::get);
    }
    if (fault == Fault.NONE || fault == Fault.TWICE) {
      return request.get();
    }
    if (fault == Fault.ANSWER_LOST) {
      Answers.quietly(request.get());
    }
    return CompletableFuture.failedFuture(new CheckpointException("no answer"));
  }
}
