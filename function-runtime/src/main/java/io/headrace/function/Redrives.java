package io.headrace.function;

import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.Order;
import io.headrace.kcl.ShardKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Dead letters from an operator's side: which there are, and the order to play them again. As
 * {@link Operations}, whose {@link Operations.Target} says which function, shard and key are meant;
 * of a letter, the shard in which its record lay.
 */
public final class Redrives {
  private final Operations operations;
  private final LetterLedger ledger;

  /**
   * Letters that are meant.
   *
   * @param letters by shard, then in the shard's order
   * @param faults one sentence for each that can't be read
   */
  public record Selection(List<Letter> letters, List<String> faults) {
    public Selection {
      letters = List.copyOf(letters);
      faults = List.copyOf(faults);
    }
  }

  /** Over the letters of the application that the operations are about. */
  public Redrives(Operations operations, LetterLedger ledger) {
    this.operations = operations;
    this.ledger = ledger;
  }

  /** The letters that such an order would play, if it were given now. Changes nothing. */
  public CompletionStage<Selection> look(Operations.Target target, Order.Deed.Redrive redrive) {
    var spec = operations.spec(target);
    return operations
        .shard(spec, target)
        .thenCompose(shard -> select(spec, target.key(), shard, redrive));
  }

  /**
   * Orders letters to be played again, unless there are none.
   *
   * @return empty where there are none: then nothing is ordered
   */
  public CompletionStage<Optional<Order>> redrive(
      Operations.Target target, Order.Deed.Redrive redrive, String reason) {
    var spec = operations.spec(target);
    return operations
        .shard(spec, target)
        .thenCompose(
            shard ->
                select(spec, target.key(), shard, redrive)
                    .thenCompose(
                        found ->
                            found.letters().isEmpty()
                                ? CompletableFuture.completedFuture(Optional.empty())
                                : operations
                                    .give(target, shard, redrive, reason)
                                    .thenApply(Optional::of)));
  }

  /** The letters of an order that it has not played yet. */
  public CompletionStage<Selection> left(Order order) {
    return all(operations.spec(Operations.Target.of(order.function())))
        .thenApply(
            found ->
                new Selection(
                    found.letters().stream().filter(order::redrives).toList(), found.faults()));
  }

  private CompletionStage<Selection> select(
      FunctionSpec<?, ?> spec,
      Optional<String> key,
      Optional<ShardKey> shard,
      Order.Deed.Redrive redrive) {
    return all(spec)
        .thenApply(
            found ->
                new Selection(
                    found.letters().stream()
                        .filter(redrive::wants)
                        .filter(
                            letter -> shard.map(letter.id().place().shard()::equals).orElse(true))
                        .filter(letter -> key.map(letter.key()::equals).orElse(true))
                        .toList(),
                    found.faults()));
  }

  private <I> CompletionStage<Selection> all(FunctionSpec<I, ?> spec) {
    CompletableFuture<Selection> all =
        CompletableFuture.completedFuture(new Selection(List.of(), List.of()));
    for (var leg : spec.legs()) {
      var formers = spec.formerHandlers(leg.source().name());
      all =
          all.thenCombine(
              new FormerLetters(ledger, leg.handler(), formers).ofFunction(leg.handler()),
              Redrives::with);
    }
    return all;
  }

  private static Selection with(Selection before, LetterLedger.Found found) {
    var letters = new ArrayList<>(before.letters());
    letters.addAll(found.letters());
    letters.sort(
        Comparator.comparing((Letter letter) -> letter.id().place().key())
            .thenComparing(letter -> letter.id().position()));
    var faults = new ArrayList<>(before.faults());
    faults.addAll(found.faults());
    return new Selection(letters, faults);
  }
}
