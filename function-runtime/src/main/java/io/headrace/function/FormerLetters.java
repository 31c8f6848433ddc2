package io.headrace.function;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * The ledger as a function sees it that had other names: letters of these are its own. They stay
 * where they are until they are struck out. Called and answered as the ledger is.
 */
final class FormerLetters implements LetterLedger {
  private final LetterLedger ledger;
  private final String function;
  private final List<String> formers;

  /**
   * @param function the name under which progress is kept
   * @param formers those under which it was
   */
  FormerLetters(LetterLedger ledger, String function, List<String> formers) {
    this.ledger = ledger;
    this.function = function;
    this.formers = List.copyOf(formers);
  }

  /** The store with this ledger, where there is need of it. */
  static CheckpointStore in(CheckpointStore store, String function, List<String> formers) {
    if (formers.isEmpty()) {
      return store;
    }
    var letters = new FormerLetters(store.letters(), function, formers);
    return new ForwardingCheckpointStore(store) {
      @Override
      public LetterLedger letters() {
        return letters;
      }
    };
  }

  /** What is played again and fails again is entered under the present name, and there alone. */
  @Override
  public CompletionStage<Boolean> enter(Fence fence, List<Entry> entries) {
    var again =
        entries.stream()
            .map(Entry::letter)
            .filter(letter -> letter.order() > 0)
            .map(Letter::id)
            .toList();
    return ledger
        .enter(fence, entries)
        .thenCompose(
            entered ->
                entered && !again.isEmpty()
                    ? strikeFormer(fence, again)
                    : CompletableFuture.completedFuture(entered));
  }

  @Override
  public CompletionStage<Boolean> strike(Fence fence, List<Letter.Id> letters) {
    return ledger
        .strike(fence, letters)
        .thenCompose(
            struck ->
                struck ? strikeFormer(fence, letters) : CompletableFuture.completedFuture(false));
  }

  private CompletionStage<Boolean> strikeFormer(Fence fence, List<Letter.Id> letters) {
    CompletionStage<Boolean> all = CompletableFuture.completedFuture(true);
    for (var former : formers) {
      var ids = letters.stream().map(id -> named(id, former)).toList();
      all =
          all.thenCompose(
              fine -> fine ? ledger.strike(fence, ids) : CompletableFuture.completedFuture(false));
    }
    return all;
  }

  @Override
  public CompletionStage<Found> ofShard(ProgressKey place, Optional<Position> behind) {
    var all = ledger.ofShard(place, behind).toCompletableFuture();
    for (var former : formers) {
      all = all.thenCombine(ledger.ofShard(place.named(former), behind), this::with);
    }
    return all;
  }

  @Override
  public CompletionStage<Found> ofFunction(String asked, Predicate<Letter> wanted) {
    var all = ledger.ofFunction(asked, wanted).toCompletableFuture();
    for (var former : formers) {
      all =
          all.thenCombine(
              ledger.ofFunction(former, letter -> wanted.test(own(letter))), this::with);
    }
    return all;
  }

  @Override
  public CompletionStage<Optional<byte[]>> payload(Letter.Id letter) {
    var found = ledger.payload(letter);
    for (var former : formers) {
      found =
          found.thenCompose(
              bytes ->
                  bytes.isPresent()
                      ? CompletableFuture.completedFuture(bytes)
                      : ledger.payload(named(letter, former)));
    }
    return found;
  }

  private Found with(Found some, Found ofFormer) {
    var letters = new LinkedHashMap<Letter.Id, Letter>();
    some.letters().forEach(letter -> letters.put(letter.id(), letter));
    ofFormer.letters().stream()
        .map(this::own)
        .forEach(letter -> letters.putIfAbsent(letter.id(), letter));
    var sorted = new ArrayList<>(letters.values());
    sorted.sort(
        Comparator.comparing((Letter letter) -> letter.id().place().shard().key())
            .thenComparing(letter -> letter.id().position()));
    var faults = new ArrayList<>(some.faults());
    faults.addAll(ofFormer.faults());
    return new Found(sorted, faults);
  }

  private Letter own(Letter letter) {
    return new Letter(
        named(letter.id(), function),
        letter.key(),
        letter.arrivedAt(),
        letter.failedAt(),
        letter.attempts(),
        letter.code(),
        letter.cause(),
        letter.headers(),
        letter.payloadBytes(),
        letter.epoch(),
        letter.order());
  }

  private static Letter.Id named(Letter.Id id, String function) {
    return new Letter.Id(id.place().named(function), id.position());
  }
}
