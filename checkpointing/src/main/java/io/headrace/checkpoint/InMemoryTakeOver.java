package io.headrace.checkpoint;

import io.headrace.checkpoint.CheckpointStore.TakeOver;
import io.headrace.checkpoint.InMemoryCheckpointStore.Row;
import io.headrace.kcl.LeaseToken;
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
    if (own != null && own.takenBy == null && hasBegun(own)) {
      return;
    }
    var others = family();
    for (var other : others.entrySet()) {
      if (other.getValue().takenBy == null) {
        take(other.getKey(), other.getValue());
        break;
      }
    }
    var target = rows.computeIfAbsent(key, k -> new Row());
    target.takenBy = null;
    others.values().forEach(other -> other.parents.forEach(target.parents::putIfAbsent));
    for (var former : takeOver.formers()) {
      var row = rows.computeIfAbsent(key.named(former), k -> new Row());
      if (row.takenBy == null) {
        row.takenBy = new Row.TakenBy(key.function(), takeOver.token());
      }
    }
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

  private void take(ProgressKey from, Row source) {
    var item = source.item;
    if (item != null && item.token().epoch() >= takeOver.token().epoch()) {
      throw new TakenOverException(key, from.function(), item.token());
    }
    var target = rows.computeIfAbsent(key, k -> new Row());
    source.parents.forEach(target.parents::put);
    if (source.moved != null) {
      target.moved = source.moved;
      target.movedTo = source.movedTo;
      target.movedWith = source.movedWith;
    }
    if (item != null) {
      target.item = item;
      source.item = fenced(item, takeOver.token());
    }
    source.takenBy = new Row.TakenBy(key.function(), takeOver.token());
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
