package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.number;
import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.CheckpointStore.TakeOver;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.TakenOverException;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/**
 * One take-over: reads the items of all the function's names in the shard, and moves what the one
 * has that is not marked as taken into the function's own, in one transaction. An item is copied
 * whole, with what this version does not know, and the former one is kept, marked with where it
 * went; it wants a reader that heeds the mark.
 *
 * <p>At most one item of a shard's family of names is not marked, so nobody runs under a former
 * name beside the function. Every write but of parents' entries counts the revision up, so that to
 * compare it says whether the item is the one that was read.
 */
final class DynamoTakeOver {
  private static final int RACES_MAX = 5;
  private static final String NONE = "-";

  /** What a mark adds to an item that nobody has sealed. */
  private static final List<String> MARK =
      List.of(
          Attributes.OWNER, Attributes.EPOCH, Attributes.NONCE, Attributes.SEALS, Attributes.REV);

  /** How a take-over reaches the table. */
  interface Access {
    CompletableFuture<Map<String, AttributeValue>> get(ProgressKey key);

    Update update(ProgressKey key);

    /** Makes the item; refused when there is one. */
    TransactWriteItem put(ProgressKey key, Map<String, AttributeValue> item);

    /** False when a condition does not hold. */
    CompletableFuture<Boolean> write(List<ProgressKey> keys, List<TransactWriteItem> writes);
  }

  /**
   * That an item is the one that was read.
   *
   * @param rev null where it had none
   */
  record Condition(boolean present, @Nullable AttributeValue rev) {
    static Condition of(Map<String, AttributeValue> seen) {
      return new Condition(!seen.isEmpty(), seen.get(Attributes.REV));
    }

    Update on(Update update) {
      if (!present) {
        return update.requireAbsent("pk");
      }
      return rev == null
          ? update.requireAbsent(Attributes.REV)
          : update.require(Attributes.REV, "=", rev);
    }
  }

  private final TakeOver takeOver;
  private final ProgressKey key;
  private final Access access;

  DynamoTakeOver(TakeOver takeOver, Access access) {
    this.takeOver = takeOver;
    this.key = takeOver.key();
    this.access = access;
  }

  CompletableFuture<Void> run() {
    return attempt(1);
  }

  private CompletableFuture<Void> attempt(int tries) {
    return access
        .get(key)
        .thenCompose(
            own ->
                isLive(own) && hasBegun(own) && own.containsKey(Attributes.OWNER)
                    ? CompletableFuture.completedFuture(true)
                    : family(own).thenCompose(others -> write(own, others)))
        .thenCompose(
            done -> {
              if (done) {
                return CompletableFuture.completedFuture(null);
              }
              if (tries == RACES_MAX) {
                throw new CheckpointException(
                    "progress item "
                        + key
                        + " can't be taken over from "
                        + takeOver.formers()
                        + " now: others write these items again and again");
              }
              return attempt(tries + 1);
            });
  }

  private static boolean isLive(Map<String, AttributeValue> item) {
    return !item.isEmpty() && !item.containsKey(Attributes.SUCCESSOR);
  }

  private static boolean hasBegun(Map<String, AttributeValue> item) {
    return item.containsKey(Attributes.PARTS)
        || item.containsKey(Attributes.CHILDREN)
        || item.containsKey(Attributes.MOVED_TO);
  }

  /** Nobody has sealed what was marked before it was there. */
  private static boolean isMarkAlone(Map<String, AttributeValue> item) {
    return item.containsKey(Attributes.SUCCESSOR) && number(0).equals(item.get(Attributes.SEALS));
  }

  private CompletableFuture<Map<ProgressKey, Map<String, AttributeValue>>> family(
      Map<String, AttributeValue> own) {
    var found = new LinkedHashMap<ProgressKey, Map<String, AttributeValue>>();
    var all = follow(own, found);
    for (var former : takeOver.formers()) {
      all = all.thenCompose(done -> add(key.named(former), found));
    }
    return all.thenApply(done -> found);
  }

  private CompletableFuture<Void> follow(
      Map<String, AttributeValue> from, Map<ProgressKey, Map<String, AttributeValue>> found) {
    return Attributes.successor(from)
        .map(key::named)
        .filter(next -> !next.equals(key))
        .map(next -> add(next, found))
        .orElseGet(() -> CompletableFuture.completedFuture(null));
  }

  private CompletableFuture<Void> add(
      ProgressKey next, Map<ProgressKey, Map<String, AttributeValue>> found) {
    if (found.containsKey(next)) {
      return CompletableFuture.completedFuture(null);
    }
    return access
        .get(next)
        .thenCompose(
            item -> {
              found.put(next, item);
              return follow(item, found);
            });
  }

  private CompletableFuture<Boolean> write(
      Map<String, AttributeValue> own, Map<ProgressKey, Map<String, AttributeValue>> others) {
    others.forEach(this::requireOlder);
    var source = isLive(own) && hasBegun(own) ? null : source(others);
    var next = new HashMap<>(own);
    next.remove(Attributes.SUCCESSOR);
    if (isMarkAlone(own)) {
      MARK.forEach(next::remove);
    }
    if (source != null) {
      if (!isLive(own) || source.getValue().containsKey(Attributes.OWNER)) {
        next.keySet().removeIf(name -> !Attributes.isParent(name));
      }
      next.putAll(source.getValue());
    }
    for (var other : others.values()) {
      other.forEach(
          (name, value) -> {
            if (Attributes.isParent(name)) {
              next.putIfAbsent(name, value);
            }
          });
    }
    return write(own, next, others);
  }

  /**
   * Whoever ran there last, under whichever name; else the one that was moved; else one that knows
   * of parents, as a parent that had several names tells each of them.
   */
  private static Map.@Nullable Entry<ProgressKey, Map<String, AttributeValue>> source(
      Map<ProgressKey, Map<String, AttributeValue>> others) {
    Map.Entry<ProgressKey, Map<String, AttributeValue>> best = null;
    for (var other : others.entrySet()) {
      if (isLive(other.getValue())
          && (best == null || rank(other.getValue()) > rank(best.getValue()))) {
        best = other;
      }
    }
    return best;
  }

  private static long rank(Map<String, AttributeValue> item) {
    return item.containsKey(Attributes.OWNER)
        ? 1 + Attributes.longOf(item, Attributes.EPOCH)
        : hasBegun(item) ? 1 : 0;
  }

  private CompletableFuture<Boolean> write(
      Map<String, AttributeValue> own,
      Map<String, AttributeValue> next,
      Map<ProgressKey, Map<String, AttributeValue>> others) {
    var keys = new ArrayList<ProgressKey>();
    var writes = new ArrayList<TransactWriteItem>();
    next.keySet().removeAll(List.of("pk", "sk"));
    var before = new HashMap<>(own);
    before.keySet().removeAll(List.of("pk", "sk"));
    if (!next.equals(before)) {
      next.putIfAbsent(Attributes.FORMAT_NUMBER, number(Attributes.FORMAT));
      next.putIfAbsent(Attributes.LEAST_READER, number(Attributes.ANY_READER));
      keys.add(key);
      writes.add(own.isEmpty() ? access.put(key, next) : changed(before, next));
    }
    others.forEach(
        (other, item) -> {
          boolean unmarked = item.isEmpty() && takeOver.formers().contains(other.function());
          if (isLive(item) || unmarked) {
            keys.add(other);
            writes.add(marked(other, item));
          }
        });
    return writes.isEmpty() ? CompletableFuture.completedFuture(true) : access.write(keys, writes);
  }

  /** Only what is changed: what parents tell meanwhile stays. */
  private TransactWriteItem changed(
      Map<String, AttributeValue> before, Map<String, AttributeValue> next) {
    var update = access.update(key);
    next.forEach(
        (name, value) -> {
          if (!value.equals(before.get(name))) {
            update.set(name, value);
          }
        });
    before.keySet().stream().filter(name -> !next.containsKey(name)).forEach(update::remove);
    return Condition.of(before).on(update).inTransaction();
  }

  /** Whoever writes there still is refused, and hears by whom. */
  private TransactWriteItem marked(ProgressKey other, Map<String, AttributeValue> item) {
    var update =
        access
            .update(other)
            .setIfAbsent(Attributes.FORMAT_NUMBER, number(Attributes.FORMAT))
            .set(Attributes.LEAST_READER, number(Attributes.READER_OF_SUCCESSORS))
            .set(Attributes.SUCCESSOR, text(key.function()))
            .set(Attributes.OWNER, text(takeOver.token().owner().toString()))
            .set(Attributes.EPOCH, number(takeOver.token().epoch()))
            .setIfAbsent(Attributes.NONCE, text(NONE))
            .setIfAbsent(Attributes.SEALS, number(0))
            .count(Attributes.REV);
    return Condition.of(item).on(update).inTransaction();
  }

  /** A worker that has lost its shard and does not know it takes nothing from who has it. */
  private void requireOlder(ProgressKey other, Map<String, AttributeValue> item) {
    if (isLive(item) && item.containsKey(Attributes.OWNER)) {
      long epoch = Attributes.longOf(item, Attributes.EPOCH);
      if (epoch >= takeOver.token().epoch()) {
        var owner = Incarnation.parse(Attributes.textOf(item, Attributes.OWNER));
        throw new TakenOverException(key, other.function(), new LeaseToken(owner, epoch));
      }
    }
  }

  @Override
  public String toString() {
    return "take-over of " + Objects.requireNonNull(key) + " from " + takeOver.formers();
  }
}
