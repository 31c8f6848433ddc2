package io.headrace.function;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Stands before everything else of a run and keeps the ledger of dead letters true. A letter whose
 * record is handed over again was never committed: it is struck out first, so that a record which
 * is handled well this time is never played again. And what is {@linkplain Redriver played again}
 * is heard here, and not told to the engine, which knows nothing of it. Owned by the worker loop.
 */
final class LetterGate extends Gate {
  private final Scope scope;
  private final LetterLedger ledger;
  private final ProgressKey place;
  private final Redriver redriver;

  /** Letters of former runs that may not be committed, by position. */
  private final Map<Position, Letter> uncommitted = new HashMap<>();

  /**
   * Letters of keys that were parked when the run began, of records that may be parked still: they
   * count once it is known that those are not handled from the store any more.
   */
  private final Map<Letter.Id, Letter> ofParked = new HashMap<>();

  private final ArrayDeque<List<StreamRecord>> held = new ArrayDeque<>();
  private boolean striking;
  private @Nullable Position through;

  private LetterGate(
      Scope scope, LetterLedger ledger, ProgressKey place, ShardHandler behind, Redriver redriver) {
    super(behind);
    this.scope = scope;
    this.ledger = ledger;
    this.place = place;
    this.redriver = redriver;
    scope.letterGate = this;
  }

  /**
   * A run with its gates; without this one where letters are not kept.
   *
   * @param place the function, under which its progress is kept, in the shard
   * @param open makes the handler of the function
   * @param gated puts the other gates before it
   * @param live told of what plays letters, for as long as the run lasts
   */
  static ShardHandler open(
      FunctionSpec<?, ?> spec,
      ProgressKey place,
      Context context,
      Environment environment,
      Function<Scope, ShardHandler> open,
      Function<Scope, UnaryOperator<ShardHandler>> gated,
      Redriver.Live live) {
    var keeping = environment.letters();
    var progress = keeping.progress();
    var redaction = keeping.redactionOf(spec);
    if (progress == null) {
      var scope = new Scope(spec.name(), context, environment);
      scope.book = new LetterBook(scope, null, place, redaction, false);
      return gated.apply(scope).apply(open.apply(scope));
    }
    var formers = spec.formerHandlers(place.shard().stream().name());
    CheckpointStore store = FormerLetters.in(progress, place.function(), formers);
    var engine = Overhearing.of(context);
    var scope = new Scope(spec.name(), engine.in(context), environment);
    boolean keysWait = spec.settings().retry().keysWait();
    scope.book = new LetterBook(scope, store.letters(), place, redaction, keysWait);
    var function = open.apply(scope);
    var redriver =
        new Redriver(scope, store, place, function, context.outcomes()::stateChanged, live);
    engine.hears(new Player(redriver));
    scope.book.listen(redriver::entered);
    return new LetterGate(
        scope, store.letters(), place, gated.apply(scope).apply(function), redriver);
  }

  @Override
  public void resumesAt(StartingPosition from) {
    through = from instanceof StartingPosition.After after ? after.position() : null;
    super.resumesAt(from);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    var played = new ArrayList<Letter.Id>();
    parts.forEach(each -> played.addAll(PlayedLetters.in(each)));
    return super.restore(parts)
        .thenCombine(
            ledger.ofShard(place, Optional.ofNullable(through)), (restored, found) -> found)
        .thenCombine(
            redriver.counted(), (found, counted) -> new Known(found.letters(), counted, List.of()))
        .thenCompose(this::withThoseOfParkedKeys)
        .thenCompose(known -> Scope.onLoop(scope, () -> begin(known, played)));
  }

  /** Asked once it is known which keys are parked; mostly none is. */
  private CompletionStage<Known> withThoseOfParkedKeys(Known known) {
    var parked = scope.parked;
    if (parked == null || parked.isEmpty()) {
      return CompletableFuture.completedFuture(known);
    }
    return ledger
        .ofFunction(place.function(), parked::mayHold)
        .thenApply(found -> new Known(known.behind(), known.counted(), found.letters()));
  }

  /**
   * The letters as a run finds them.
   *
   * @param behind those behind the place where the run goes on
   * @param counted all that are the shard's, where keys wait for them
   * @param ofParked those whose records may be parked
   */
  private record Known(List<Letter> behind, List<Letter> counted, List<Letter> ofParked) {}

  private void begin(Known known, List<Letter.Id> played) {
    known.behind().forEach(letter -> uncommitted.put(letter.id().position(), letter));
    known.ofParked().forEach(letter -> ofParked.put(letter.id(), letter));
    known.counted().stream()
        .filter(letter -> mayCount(letter) && !played.contains(letter.id()))
        .forEach(scope.book::counts);
    scope.book.isKnown();
    redriver.begin(played, this::mayCount);
    var parked = scope.parked;
    if (parked != null) {
      parked.begin();
    }
  }

  /** A parked record is about to be handled: a letter of it was never committed, and goes. */
  void beforePlaying(ShardKey origin, Position position, Runnable then) {
    var letter =
        ofParked.remove(new Letter.Id(new ProgressKey(origin, place.function()), position));
    if (letter == null) {
      then.run();
      return;
    }
    uncommitted.values().remove(letter);
    var struck = List.of(letter.id());
    scope.book.strike(
        struck,
        () -> {
          redriver.struckOut(struck);
          then.run();
        });
  }

  /** Nothing of a key is parked any more: letters that were not struck out count. */
  void resumed(String key) {
    var sure =
        ofParked.values().stream()
            .filter(letter -> letter.key().equals(key))
            .filter(letter -> !uncommitted.containsValue(letter))
            .toList();
    sure.forEach(this::counts);
    if (!sure.isEmpty()) {
      redriver.look();
    }
  }

  private void counts(Letter letter) {
    ofParked.remove(letter.id());
    scope.book.counts(letter);
  }

  /** Whether the record of this letter will surely not be handed over again. */
  private boolean mayCount(Letter letter) {
    return !ofParked.containsKey(letter.id())
        && (!uncommitted.containsKey(letter.id().position()) || !letter.id().place().equals(place));
  }

  @Override
  public void handle(List<StreamRecord> records) {
    if (striking) {
      held.add(records);
    } else {
      pass(records);
    }
  }

  @Override
  public void atTip() {
    if (!striking && held.isEmpty()) {
      super.atTip();
    }
  }

  /**
   * What was finished out of order is committed, so its letter counts: in a shard where nothing
   * comes any more no later record would say so.
   */
  @Override
  public void foundDone(List<Position> positions) {
    boolean any = false;
    for (var position : positions) {
      var letter = uncommitted.remove(position);
      if (letter != null) {
        countsUnlessParked(letter);
        any = true;
      }
    }
    if (any) {
      redriver.look();
    }
    super.foundDone(positions);
  }

  private void pass(List<StreamRecord> records) {
    if (uncommitted.isEmpty()) {
      behind.handle(records);
      return;
    }
    var again = new ArrayList<Letter.Id>();
    for (var record : records) {
      var letter = uncommitted.get(record.position());
      if (letter != null) {
        again.add(letter.id());
      }
    }
    if (again.isEmpty()) {
      passed(records.get(records.size() - 1).position());
      behind.handle(records);
      return;
    }
    striking = true;
    held.addFirst(records);
    scope.book.strike(
        again,
        () -> {
          again.forEach(id -> uncommitted.remove(id.position()));
          again.forEach(ofParked::remove);
          striking = false;
          redriver.struckOut(again);
          while (!striking && !held.isEmpty()) {
            pass(held.remove());
          }
        });
  }

  /** Records come in order: what lies before one of them and did not come was committed. */
  private void passed(Position latest) {
    uncommitted
        .values()
        .removeIf(
            letter -> {
              boolean sure = letter.id().position().compareTo(latest) < 0;
              if (sure) {
                countsUnlessParked(letter);
              }
              return sure;
            });
    redriver.look();
  }

  /** Of a letter whose record is not handed over again; it may be handled from the store. */
  private void countsUnlessParked(Letter letter) {
    var parked = scope.parked;
    if (parked == null || !ofParked.containsKey(letter.id()) || !parked.mayHold(letter)) {
      counts(letter);
    }
  }

  /** Letters that are with the function still: else the next owner would play them meanwhile. */
  @Override
  public CompletionStage<Void> quiet() {
    return redriver.quiet().thenCompose(done -> super.quiet());
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    var played = redriver.played();
    return super.snapshot().thenApply(parts -> PlayedLetters.with(parts, played));
  }

  @Override
  public void committed(CommitParts parts) {
    super.committed(parts);
    redriver.committed(PlayedLetters.in(parts));
  }

  @Override
  public void drain() {
    redriver.stop();
    var positions = new ArrayList<Position>();
    held.forEach(records -> records.forEach(record -> positions.add(record.position())));
    held.clear();
    scope.giveBack(positions);
    super.drain();
  }

  @Override
  public void abandon() {
    redriver.stop();
    super.abandon();
  }

  @Override
  public void close() {
    redriver.stop();
    super.close();
  }

  /** Keeps from the engine what it did not hand over: letters that are played. */
  private record Player(Redriver redriver) implements Overhearing.Ear {
    @Override
    public boolean passes(Position position, Outcome outcome) {
      return !redriver.settled(position, outcome);
    }

    @Override
    public List<Position> givenBack(List<Position> positions) {
      var records = positions.stream().filter(p -> !redriver.isPlaying(p)).toList();
      redriver.returned(positions);
      return records;
    }
  }
}
