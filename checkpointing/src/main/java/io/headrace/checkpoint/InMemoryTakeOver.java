package io.headrace.checkpoint;

import io.headrace.checkpoint.CheckpointStore.TakeOver;
import io.headrace.checkpoint.InMemoryCheckpointStore.Row;
import io.headrace.kcl.LeaseToken;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One take-over among items in memory, under their lock. */
final class InMemoryTakeOver {
  private final Map<ProgressKey, Row> rows;
  private final TakeOver takeOver;
  private final ProgressKey key;

  InMemoryTakeOver(Map<ProgressKey, Row> rows, TakeOver takeOver) {
    this.rows = rows;
    this.takeOver = takeOver;
    this.key = takeOver.key();
  }

  void run() {
    var own = rows.get(key);
    boolean begun = own != null && own.takenBy == null && hasBegun(own);
    if (begun && own != null && own.item != null) {
      return;
    }
    var others = family();
    others.forEach(this::requireOlder);
    var source = begun ? null : source(others.values());
    if (source != null) {
      take(source);
    }
    var target = rows.computeIfAbsent(key, k -> new Row());
    target.takenBy = null;
    others.values().forEach(other -> other.parents.forEach(target.parents::putIfAbsent));
    others.values().forEach(this::mark);
    for (var former : takeOver.formers()) {
      mark(rows.computeIfAbsent(key.named(former), k -> new Row()));
    }
  }

  /** Whoever ran there last; else the one that was moved; else one that knows of parents. */
  private static @Nullable Row source(Collection<Row> others) {
    Row best = null;
    for (var other : others) {
      if (other.takenBy == null && (best == null || rank(other) > rank(best))) {
        best = other;
      }
    }
    return best;
  }

  private static long rank(Row row) {
    return row.item != null ? 1 + row.item.token().epoch() : hasBegun(row) ? 1 : 0;
  }

  private static boolean hasBegun(Row row) {
    return row.moved != null
        || (row.item != null && (row.item.parts().isPresent() || row.item.children().isPresent()));
  }

  /** All that may have the progress, or be told of parents: the item's successors, the formers. */
  private Map<ProgressKey, Row> family() {
    var others = new LinkedHashMap<ProgressKey, Row>();
    follow(rows.get(key), others);
    for (var former : takeOver.formers()) {
      var row = rows.get(key.named(former));
      if (row != null && others.putIfAbsent(key.named(former), row) == null) {
        follow(row, others);
      }
    }
    return others;
  }

  private void follow(@Nullable Row from, Map<ProgressKey, Row> others) {
    for (var row = from; row != null && row.takenBy != null; ) {
      var next = key.named(row.takenBy.successor());
      row = rows.get(next);
      if (row == null || next.equals(key) || others.putIfAbsent(next, row) != null) {
        return;
      }
    }
  }

  private void requireOlder(ProgressKey other, Row row) {
    var item = row.item;
    if (row.takenBy == null && item != null && item.token().epoch() >= takeOver.token().epoch()) {
      throw new TakenOverException(key, other.function(), item.token());
    }
  }

  private void take(Row source) {
    var target = rows.computeIfAbsent(key, k -> new Row());
    source.parents.forEach(target.parents::put);
    if (source.moved != null) {
      target.moved = source.moved;
      target.movedTo = source.movedTo;
      target.movedWith = source.movedWith;
    }
    if (source.item != null) {
      target.item = source.item;
    }
  }

  private void mark(Row row) {
    if (row.takenBy == null) {
      if (row.item != null) {
        row.item = fenced(row.item, takeOver.token());
      }
      row.takenBy = new Row.TakenBy(key.function(), takeOver.token());
    }
  }

  /** So that who still writes hears by whom it was taken. */
  private static ProgressItem fenced(ProgressItem item, LeaseToken token) {
    return new ProgressItem(
        token,
        item.rev() + 1,
        item.nonce(),
        item.seals(),
        item.attempt(),
        item.progress(),
        item.parts(),
        item.parents(),
        item.children(),
        Optional.empty());
  }
}
