package io.headrace.checkpoint;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Progress items of one process, gone with it: for tests and for runs that need not survive.
 * Thread-safe, shared by the workers of the process. Stages are complete when they are returned.
 */
public final class InMemoryCheckpointStore implements CheckpointStore, OperatorStore {
  private final Object lock = new Object();
  private final InMemoryFunctionRegister functions = new InMemoryFunctionRegister(lock);
  private final Map<ProgressKey, Row> rows = new HashMap<>();
  private final TreeMap<Long, Order> orders = new TreeMap<>();
  private final LetterLedger letters = new InMemoryLetterLedger(lock, this::holds);

  @Override
  public CompletionStage<StartingPosition> startOf(String function, StartingPosition proposed) {
    return locked(() -> functions.startOf(function, proposed));
  }

  @Override
  public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
    return locked(
        () -> {
          var row = rows.computeIfAbsent(key, k -> new Row());
          row.requireOwn(key);
          var former = row.item;
          if (former == null) {
            row.item =
                new ProgressItem(
                    token,
                    row.rev() + 1,
                    nonce,
                    row.rev() + 1,
                    row.moved == null ? "" : attempt(row.moved.order()),
                    row.movedTo,
                    Optional.ofNullable(row.moved).map(moved -> row.movedWith),
                    row.parents,
                    Optional.empty(),
                    Optional.ofNullable(row.moved));
          } else if (former.children().isEmpty() && former.token().epoch() < token.epoch()) {
            row.item =
                new ProgressItem(
                    token,
                    former.rev() + 1,
                    former.nonce(),
                    former.seals() + 1,
                    former.attempt(),
                    former.progress(),
                    former.parts(),
                    row.parents,
                    Optional.empty(),
                    former.moved());
          }
          return row.withParents().orElseThrow();
        });
  }

  @Override
  public CompletionStage<Void> takeOver(TakeOver takeOver) {
    return locked(
        () -> {
          new InMemoryTakeOver(rows, takeOver).run();
          return null;
        });
  }

  @Override
  public FunctionRegister functions() {
    return functions;
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    return locked(
        () -> {
          var row = rows.getOrDefault(commit.claim().key(), new Row());
          var found = row.withParents();
          if (found.filter(commit.claim()::holdsFor).isEmpty()) {
            return commit.claim().settle(found);
          }
          commit.takenOver().forEach(p -> row.parents.computeIfPresent(p, (n, e) -> e.takenOver()));
          row.item = written(row, commit.claim(), commit.progress(), commit.parts(), null);
          return new WriteAnswer.Applied();
        });
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    return locked(
        () -> {
          var claim = end.claim();
          var row = rows.getOrDefault(claim.key(), new Row());
          var found = row.withParents();
          if (found.filter(claim::holdsFor).isEmpty()) {
            return claim.settle(found);
          }
          row.item = written(row, claim, end.progress(), end.left().parts(), end.children());
          for (var told : end.told()) {
            rows.computeIfAbsent(told, k -> new Row())
                .parents
                .put(claim.key().shard().shard(), end.left());
          }
          return new WriteAnswer.Applied();
        });
  }

  @Override
  public OperatorStore operator() {
    return this;
  }

  @Override
  public LetterLedger letters() {
    return letters;
  }

  @Override
  public CompletionStage<Orders> orders() {
    return locked(() -> new Orders(List.copyOf(orders.values()), List.of()));
  }

  @Override
  public CompletionStage<Boolean> give(Order order) {
    return locked(() -> orders.putIfAbsent(order.number(), order) == null);
  }

  @Override
  public CompletionStage<Void> forget(List<Order> spent) {
    return locked(
        () -> {
          spent.forEach(order -> orders.remove(order.number()));
          return null;
        });
  }

  @Override
  public CompletionStage<ProgressRow> progress(ProgressKey key) {
    return locked(
        () -> {
          rows.getOrDefault(key, new Row()).requireOwn(key);
          return rowOf(key);
        });
  }

  @Override
  public CompletionStage<Found> progress(int bucket) {
    Objects.checkIndex(bucket, ShardKey.BUCKETS);
    return locked(
        () ->
            new Found(
                rows.entrySet().stream()
                    .filter(row -> row.getValue().takenBy == null)
                    .map(Map.Entry::getKey)
                    .filter(key -> key.shard().bucket() == bucket)
                    .sorted(Comparator.comparing(ProgressKey::key))
                    .map(this::rowOf)
                    .toList(),
                List.of()));
  }

  @Override
  public CompletionStage<Boolean> move(ProgressRow seen, StartingPosition to, long order) {
    return install(seen, to, progressAt(to), CommitParts.NONE, order);
  }

  @Override
  public CompletionStage<Boolean> install(
      ProgressRow seen, StartingPosition to, Progress progress, CommitParts parts, long order) {
    return locked(
        () -> {
          var former = rows.getOrDefault(seen.key(), new Row()).withParents();
          var kept = former.flatMap(ProgressItem::parts).map(CommitParts::moved);
          return moved(seen, to, progress, kept.orElse(CommitParts.NONE).with(parts), order);
        });
  }

  private boolean moved(
      ProgressRow seen, StartingPosition to, Progress progress, CommitParts parts, long order) {
    var row = rows.computeIfAbsent(seen.key(), k -> new Row());
    var item = row.item;
    if (row.takenBy != null
        || row.rev() != seen.rev()
        || (item != null && item.children().isPresent())) {
      return false;
    }
    row.moved = new Moved(row.rev() + 1, order, to);
    row.movedTo = progress;
    row.movedWith = parts;
    if (item != null) {
      row.item =
          new ProgressItem(
              item.token(),
              item.rev() + 1,
              item.nonce(),
              item.seals() + 1,
              attempt(order),
              progress,
              Optional.of(parts),
              row.parents,
              Optional.empty(),
              Optional.of(row.moved));
    }
    return true;
  }

  private ProgressRow rowOf(ProgressKey key) {
    var row = rows.get(key);
    return row == null
        ? ProgressRow.absent(key)
        : new ProgressRow(
            key,
            row.rev(),
            row.withParents(),
            row.parents,
            Optional.ofNullable(row.moved),
            row.item != null
                ? row.item.parts()
                : Optional.ofNullable(row.moved).map(moved -> row.movedWith));
  }

  private static String attempt(long order) {
    return "order " + order;
  }

  /** What is finished when a function is moved: nothing, or all up to the place. */
  private static Progress progressAt(StartingPosition to) {
    return to instanceof StartingPosition.After after
        ? new Progress(Optional.of(after.position()), List.of())
        : Progress.NONE;
  }

  private boolean holds(LetterLedger.Fence fence) {
    var row = rows.get(fence.key());
    return row != null
        && row.item != null
        && row.item.token().equals(fence.token())
        && row.item.children().isEmpty();
  }

  /** Forgets the item, as an operator's hand would. */
  void delete(ProgressKey key) {
    synchronized (lock) {
      rows.remove(key);
    }
  }

  private static ProgressItem written(
      Row row,
      WriteClaim claim,
      Progress progress,
      CommitParts parts,
      @Nullable List<Shard> children) {
    return new ProgressItem(
        claim.token(),
        claim.rev() + 1,
        claim.nonce(),
        row.withParents().orElseThrow().seals(),
        claim.attempt(),
        progress,
        Optional.of(parts),
        row.parents,
        Optional.ofNullable(children),
        Optional.ofNullable(row.moved));
  }

  private <T> CompletionStage<T> locked(Supplier<T> work) {
    return locked(lock, work);
  }

  /** What the work comes to, or throws, as an answer that is there at once. */
  static <T> CompletionStage<T> locked(Object lock, Supplier<T> work) {
    synchronized (lock) {
      try {
        return CompletableFuture.completedFuture(work.get());
      } catch (RuntimeException fault) {
        return CompletableFuture.failedFuture(fault);
      }
    }
  }

  /** What parents left may come before the first seal. */
  static final class Row {
    final Map<ShardId, EndedParent> parents = new HashMap<>();
    @Nullable ProgressItem item;
    @Nullable Moved moved;
    Progress movedTo = Progress.NONE;
    CommitParts movedWith = CommitParts.NONE;

    /** Who has what this item had; null while it has it itself. */
    @Nullable TakenBy takenBy;

    /** Under what name it is kept by now, and with which token it was taken. */
    record TakenBy(String successor, LeaseToken token) {}

    void requireOwn(ProgressKey key) {
      if (takenBy != null) {
        throw new TakenOverException(key, takenBy.successor(), takenBy.token());
      }
    }

    private long rev() {
      return item != null ? item.rev() : moved != null ? moved.rev() : 0;
    }

    Optional<ProgressItem> withParents() {
      return Optional.ofNullable(item)
          .map(
              i ->
                  new ProgressItem(
                      i.token(),
                      i.rev(),
                      i.nonce(),
                      i.seals(),
                      i.attempt(),
                      i.progress(),
                      i.parts(),
                      parents,
                      i.children(),
                      i.moved()));
    }
  }
}
