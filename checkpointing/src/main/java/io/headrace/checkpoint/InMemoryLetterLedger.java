package io.headrace.checkpoint;

import io.headrace.kcl.Position;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Letters of one process, gone with it. Thread-safe. Stages are complete when returned. */
final class InMemoryLetterLedger implements LetterLedger {
  private static final Comparator<Letter.Id> ORDER =
      Comparator.comparing((Letter.Id id) -> id.place().function())
          .thenComparing(id -> id.place().shard().key())
          .thenComparing(Letter.Id::position);

  private final Object lock;
  private final Predicate<Fence> holds;
  private final TreeMap<Letter.Id, Entry> entries = new TreeMap<>(ORDER);

  /**
   * @param lock under which progress is written, too
   * @param holds asked under the lock
   */
  InMemoryLetterLedger(Object lock, Predicate<Fence> holds) {
    this.lock = lock;
    this.holds = holds;
  }

  @Override
  public CompletionStage<Boolean> enter(Fence fence, List<Entry> added) {
    return locked(
        () -> {
          if (!holds.test(fence)) {
            return false;
          }
          added.forEach(entry -> entries.put(entry.letter().id(), entry));
          return true;
        });
  }

  @Override
  public CompletionStage<Boolean> strike(Fence fence, List<Letter.Id> letters) {
    return locked(
        () -> {
          if (!holds.test(fence)) {
            return false;
          }
          letters.forEach(entries::remove);
          return true;
        });
  }

  @Override
  public CompletionStage<Found> ofShard(ProgressKey place, Optional<Position> behind) {
    return locked(
        () ->
            found(
                letter ->
                    letter.id().place().equals(place)
                        && behind.map(b -> letter.id().position().compareTo(b) > 0).orElse(true)));
  }

  @Override
  public CompletionStage<Found> ofFunction(String function, Predicate<Letter> wanted) {
    return locked(
        () ->
            found(
                letter -> letter.id().place().function().equals(function) && wanted.test(letter)));
  }

  @Override
  public CompletionStage<Optional<byte[]>> payload(Letter.Id letter) {
    return locked(() -> Optional.ofNullable(entries.get(letter)).map(Entry::payload));
  }

  private Found found(Predicate<Letter> wanted) {
    return new Found(
        entries.values().stream().map(Entry::letter).filter(wanted).toList(), List.of());
  }

  private <T> CompletionStage<T> locked(Supplier<T> work) {
    return InMemoryCheckpointStore.locked(lock, work);
  }
}
