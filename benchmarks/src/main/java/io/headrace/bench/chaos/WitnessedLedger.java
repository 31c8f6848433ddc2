package io.headrace.bench.chaos;

import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.Position;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Writes down each letter that is entered: when it was sent and when answered. As its ledger. */
final class WitnessedLedger implements LetterLedger {
  private final LetterLedger ledger;
  private final Diary diary;

  WitnessedLedger(LetterLedger ledger, Diary diary) {
    this.ledger = ledger;
    this.diary = diary;
  }

  @Override
  public CompletionStage<Boolean> enter(Fence fence, List<Entry> entries) {
    entries.forEach(entry -> write("enter", entry.letter().id(), true));
    return ledger
        .enter(fence, entries)
        .thenApply(
            holds -> {
              entries.forEach(entry -> write("entered", entry.letter().id(), holds));
              return holds;
            });
  }

  private void write(String what, Letter.Id letter, boolean applied) {
    diary.write(
        what,
        "function",
        letter.place().function(),
        "shard",
        letter.place().shard().shard().value(),
        "sequence",
        letter.position().sequence().value(),
        "tick",
        System.nanoTime(),
        "applied",
        applied);
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
    return ledger.ofFunction(function, wanted);
  }

  @Override
  public CompletionStage<Optional<byte[]>> payload(Letter.Id letter) {
    return ledger.payload(letter);
  }
}
