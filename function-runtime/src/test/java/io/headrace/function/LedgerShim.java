package io.headrace.function;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.kcl.Position;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** A store whose ledger says late what was there when it was asked, and has lost letters. */
final class LedgerShim extends ForwardingCheckpointStore {
  private final CheckpointStore store;
  private final EventLoop loop;

  /** How late; zero for at once. */
  private final Supplier<Duration> answersIn;

  /** Letters whose payload nobody finds. */
  private final Predicate<Letter.Id> lost;

  LedgerShim(
      CheckpointStore store,
      EventLoop loop,
      Supplier<Duration> answersIn,
      Predicate<Letter.Id> lost) {
    super(store);
    this.store = store;
    this.loop = loop;
    this.answersIn = answersIn;
    this.lost = lost;
  }

  @Override
  public CompletionStage<WriteAnswer> commitLast(Commit commit) {
    return store.commitLast(commit);
  }

  @Override
  public LetterLedger letters() {
    var ledger = super.letters();
    return new LetterLedger() {
      @Override
      public CompletionStage<Boolean> enter(Fence fence, List<Entry> entries) {
        return ledger.enter(fence, entries);
      }

      @Override
      public CompletionStage<Boolean> strike(Fence fence, List<Letter.Id> letters) {
        return ledger.strike(fence, letters);
      }

      @Override
      public CompletionStage<Found> ofShard(ProgressKey place, Optional<Position> behind) {
        return ledger.ofShard(place, behind);
      }

      @Override
      public CompletionStage<Found> ofFunction(String function, Predicate<Letter> wanted) {
        return late(ledger.ofFunction(function, wanted));
      }

      @Override
      public CompletionStage<Optional<byte[]>> payload(Letter.Id letter) {
        return lost.test(letter)
            ? CompletableFuture.completedFuture(Optional.empty())
            : ledger.payload(letter);
      }
    };
  }

  private <T> CompletionStage<T> late(CompletionStage<T> answer) {
    if (answersIn.get().isZero()) {
      return answer;
    }
    var told = new CompletableFuture<T>();
    var unused =
        loop.schedule(
            answersIn.get(),
            () -> {
              boolean first = told.complete(answer.toCompletableFuture().join());
              assert first : "told once";
            });
    return told;
  }
}
