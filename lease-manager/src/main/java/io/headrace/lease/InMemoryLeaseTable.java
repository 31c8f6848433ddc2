package io.headrace.lease;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A lease table for the workers of one process: laptops, demonstrations, simulations. It ends with
 * the process. Any thread may call; stages are complete on return.
 */
public final class InMemoryLeaseTable implements LeaseTable {
  private final TreeMap<Key, Stored<?>> items = new TreeMap<>();

  private record Key(String partition, String sort) implements Comparable<Key> {
    static Key of(String application, LeaseItem item) {
      return new Key(item.partition(application), item.sort());
    }

    @Override
    public int compareTo(Key other) {
      int byPartition = partition.compareTo(other.partition);
      return byPartition != 0 ? byPartition : sort.compareTo(other.sort);
    }
  }

  @Override
  public String name() {
    return "the lease table in memory";
  }

  @Override
  public CompletionStage<Void> prepare() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Optional<Stored<ApplicationItem>>> application(String application) {
    return item(new Key(application + "!A", "-"));
  }

  @Override
  public synchronized CompletionStage<Roll> roll(String application) {
    var partition = application + "!W";
    var workers = new ArrayList<Stored<WorkerItem>>();
    Stored<Notice> notice = null;
    for (Stored<?> stored : partitioned(partition)) {
      if (stored.item() instanceof WorkerItem) {
        workers.add(cast(stored));
      } else if (stored.item() instanceof Notice) {
        notice = cast(stored);
      }
    }
    return CompletableFuture.completedFuture(new Roll(workers, Optional.ofNullable(notice)));
  }

  @Override
  public CompletionStage<Optional<Stored<WorkerItem>>> worker(String application, String workerId) {
    return item(new Key(application + "!W", workerId));
  }

  @Override
  public CompletionStage<Optional<Stored<Book>>> book(String application, String workerId) {
    return item(new Key(application + "!H", workerId));
  }

  @Override
  public CompletionStage<List<Stored<RosterPart>>> roster(String application, StreamId stream) {
    return this.<RosterPart>partition(application + "!R")
        .thenApply(
            parts ->
                parts.stream()
                    .filter(part -> part.item().stream().equals(stream))
                    .sorted(Comparator.comparingInt(part -> part.item().part()))
                    .toList());
  }

  @Override
  public CompletionStage<Optional<Stored<LeaseRow>>> lease(String application, ShardKey shard) {
    return item(new Key("%s!L!%02d".formatted(application, shard.bucket()), shard.key()));
  }

  @Override
  public CompletionStage<List<Stored<LeaseRow>>> leases(String application, int bucket) {
    return partition(
        "%s!L!%02d".formatted(application, Objects.checkIndex(bucket, ShardKey.BUCKETS)));
  }

  @Override
  public synchronized <T extends LeaseItem> CompletionStage<Written<T>> create(
      String application, T item, String nonce) {
    var key = Key.of(application, item);
    Stored<T> found = at(key);
    if (found != null) {
      return settled(found, nonce);
    }
    return applied(key, new Stored<>(item, nonce, 1, nonce));
  }

  @Override
  public synchronized <T extends LeaseItem> CompletionStage<Written<T>> update(
      String application, Stored<T> seen, T next, String writeToken) {
    var key = Key.of(application, next);
    Stored<T> found = at(key);
    if (found == null
        || found.revision() != seen.revision()
        || !found.nonce().equals(seen.nonce())) {
      return settled(found, writeToken);
    }
    return applied(key, new Stored<>(next, seen.nonce(), seen.revision() + 1, writeToken));
  }

  @Override
  public synchronized <T extends LeaseItem> CompletionStage<Boolean> delete(
      String application, Stored<T> seen) {
    var key = Key.of(application, seen.item());
    Stored<T> found = at(key);
    boolean gone =
        found == null
            || (found.revision() == seen.revision() && found.nonce().equals(seen.nonce()));
    if (gone) {
      items.remove(key);
    }
    return CompletableFuture.completedFuture(gone);
  }

  @Override
  public synchronized CompletionStage<Written<WorkerItem>> beat(
      String application,
      Stored<WorkerItem> seen,
      WorkerItem next,
      long revision,
      String writeToken) {
    var key = Key.of(application, next);
    Stored<WorkerItem> found = at(key);
    boolean alive =
        found != null
            && found.nonce().equals(seen.nonce())
            && found.revision() < revision
            && found.item().incarnation().equals(next.incarnation())
            && !found.item().state().gone();
    return alive
        ? applied(key, new Stored<>(next, seen.nonce(), revision, writeToken))
        : settled(found, writeToken);
  }

  private <T extends LeaseItem> CompletionStage<Written<T>> applied(Key key, Stored<T> now) {
    items.put(key, now);
    return CompletableFuture.completedFuture(new Written.Applied<>(now));
  }

  private static <T extends LeaseItem> CompletionStage<Written<T>> settled(
      @Nullable Stored<T> found, String writeToken) {
    if (found != null && found.writeToken().equals(writeToken)) {
      return CompletableFuture.completedFuture(new Written.Applied<>(found));
    }
    return CompletableFuture.completedFuture(new Written.Refused<>(found));
  }

  private <T extends LeaseItem> @Nullable Stored<T> at(Key key) {
    Stored<?> found = items.get(key);
    return found == null ? null : cast(found);
  }

  private synchronized <T extends LeaseItem> CompletionStage<Optional<Stored<T>>> item(Key key) {
    Stored<T> found = at(key);
    return CompletableFuture.completedFuture(Optional.ofNullable(found));
  }

  private synchronized <T extends LeaseItem> CompletionStage<List<Stored<T>>> partition(
      String partition) {
    List<Stored<T>> found =
        partitioned(partition).stream().map(InMemoryLeaseTable::<T>cast).toList();
    return CompletableFuture.completedFuture(found);
  }

  private Collection<Stored<?>> partitioned(String partition) {
    return items.subMap(new Key(partition, ""), new Key(partition + '\0', "")).values();
  }

  /** A key is only ever written with one kind of item. */
  @SuppressWarnings("unchecked")
  private static <T extends LeaseItem> Stored<T> cast(Stored<?> stored) {
    return (Stored<T>) stored;
  }
}
