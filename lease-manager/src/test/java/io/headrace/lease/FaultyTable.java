package io.headrace.lease;

import io.headrace.kcl.LeaseException;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** One worker's way to the shared table: latency, lost and late requests, outages, old answers. */
final class FaultyTable implements LeaseTable {
  private final LeaseTable table;
  private final EventLoop network;
  private final RandomGenerator random;
  private final List<Roll> history = new ArrayList<>();
  final Map<String, Integer> requests = new HashMap<>();
  int preparations;
  boolean down;

  /** What each way takes on top. */
  Duration slow = Duration.ZERO;

  /** What the answer with a book takes on top: it may say what was, and is no more. */
  Duration slowBooks = Duration.ZERO;

  int lostBeforePercent;
  int lostAfterPercent;
  int latePercent;
  int stalePercent;

  /** Items that somebody edited, so that nobody can read them: see {@link #edited}. */
  Set<String> unreadable = Set.of();

  FaultyTable(LeaseTable table, EventLoop network, RandomGenerator random) {
    this.table = table;
    this.network = network;
    this.random = random;
  }

  int count() {
    return requests.values().stream().mapToInt(Integer::intValue).sum();
  }

  private Duration latency() {
    return slow.plusMillis(1 + random.nextInt(9));
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  /** How {@link #unreadable} names a lease row. */
  static String edited(ShardKey shard) {
    return "lease " + shard;
  }

  /** How {@link #unreadable} names a worker's book. */
  static String editedBook(String workerId) {
    return "book " + workerId;
  }

  private <T> CompletionStage<T> readable(String key, Supplier<CompletionStage<T>> read) {
    return unreadable.contains(key)
        ? CompletableFuture.failedFuture(new UnreadableItemException(key + " was edited"))
        : read.get();
  }

  /** As if the revision had been edited, so that every write is refused. */
  private <T extends LeaseItem> CompletionStage<Written<T>> writable(
      T item, Supplier<CompletionStage<Written<T>>> write) {
    boolean edited =
        (item instanceof LeaseRow row && unreadable.contains(edited(row.shard())))
            || (item instanceof Book book
                && unreadable.contains(editedBook(book.owner().workerId())));
    return edited ? CompletableFuture.completedFuture(new Written.Refused<>(null)) : write.get();
  }

  private <T> CompletionStage<T> call(String what, Supplier<CompletionStage<T>> call) {
    requests.merge(what, 1, Integer::sum);
    var answer = new CompletableFuture<T>();
    if (down) {
      network.schedule(
          latency(), () -> answer.completeExceptionally(new LeaseException("table is down")));
      return answer;
    }
    if (chance(lostBeforePercent)) {
      return answer;
    }
    boolean late = chance(latePercent);
    boolean lost = late || chance(lostAfterPercent);
    var way = late ? Duration.ofMillis(random.nextInt(8_000)) : latency();
    var onTop = what.equals("book") ? slowBooks : Duration.ZERO;
    network.schedule(
        way,
        () ->
            call.get()
                .whenComplete(
                    (value, failure) -> {
                      if (!lost && failure == null) {
                        network.schedule(latency().plus(onTop), () -> answer.complete(value));
                      } else if (!lost) {
                        network.schedule(latency(), () -> answer.completeExceptionally(failure));
                      }
                    }));
    return answer;
  }

  @Override
  public String name() {
    return "faulty table";
  }

  @Override
  public CompletionStage<Void> prepare() {
    preparations++;
    return down
        ? CompletableFuture.failedFuture(new LeaseException("table is down"))
        : table.prepare();
  }

  @Override
  public CompletionStage<Optional<Stored<ApplicationItem>>> application(String application) {
    return call("application", () -> table.application(application));
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Boolean> delete(String application, Stored<T> seen) {
    return call("delete", () -> table.delete(application, seen));
  }

  @Override
  public CompletionStage<Roll> roll(String application) {
    return call(
        "workers",
        () ->
            table
                .roll(application)
                .thenApply(
                    now -> {
                      history.add(now);
                      int back = Math.min(history.size(), 4);
                      return chance(stalePercent)
                          ? history.get(history.size() - 1 - random.nextInt(back))
                          : now;
                    }));
  }

  @Override
  public CompletionStage<Optional<Stored<WorkerItem>>> worker(String application, String workerId) {
    return call("worker", () -> table.worker(application, workerId));
  }

  @Override
  public CompletionStage<Optional<Stored<Book>>> book(String application, String workerId) {
    return call(
        "book", () -> readable(editedBook(workerId), () -> table.book(application, workerId)));
  }

  @Override
  public CompletionStage<List<Stored<RosterPart>>> roster(String application, StreamId stream) {
    return call("roster", () -> table.roster(application, stream));
  }

  @Override
  public CompletionStage<Optional<Stored<LeaseRow>>> lease(String application, ShardKey shard) {
    return call("lease", () -> readable(edited(shard), () -> table.lease(application, shard)));
  }

  @Override
  public CompletionStage<List<Stored<LeaseRow>>> leases(String application, int bucket) {
    return call(
        "leases",
        () ->
            table
                .leases(application, bucket)
                .thenApply(
                    rows ->
                        rows.stream()
                            .filter(row -> !unreadable.contains(edited(row.item().shard())))
                            .toList()));
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Written<T>> create(
      String application, T item, String nonce) {
    return call(
        "create " + item.getClass().getSimpleName(),
        () -> writable(item, () -> table.create(application, item, nonce)));
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Written<T>> update(
      String application, Stored<T> seen, T next, String writeToken) {
    return call(
        "update " + next.getClass().getSimpleName(),
        () -> writable(next, () -> table.update(application, seen, next, writeToken)));
  }

  @Override
  public CompletionStage<Written<WorkerItem>> beat(
      String application,
      Stored<WorkerItem> seen,
      WorkerItem next,
      long revision,
      String writeToken) {
    return call("beat", () -> table.beat(application, seen, next, revision, writeToken));
  }
}
