package io.headrace.bench.state;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Results;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.FileChunkStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.Lookup;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.checkpoint.state.StateHome;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.ThreadedLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Measures in rounds. Owned by the main thread; state is changed on a loop of its own. */
final class StateRun {
  static final String DELTAS = "deltas";
  static final String TRANSACTIONS = "transactions";
  static final String UNITS = "write_units_a_commit";
  static final String UNITS_WITH_MERGING = "write_units_with_merging";
  static final String RESTART = "restart_seconds";

  private static final int KEYS = 100_000;
  private static final int CHANGED = 1_000;
  private static final int COMMITS_ALONE = 10;
  private static final int COMMITS = 100;
  private static final int VALUE_BYTES = 100;
  private static final int KEYS_A_TRANSACTION = 99;
  private static final int UNIT_BYTES = 1_024;
  private static final int FILL_AT_ONCE = 20_000;
  private static final long WAIT_SECONDS = 600;
  private static final double NANOS = 1e9;

  private final int rounds;
  private final long restartBytes;
  private final Consumer<String> progress;
  private final Results results = new Results();

  StateRun(int rounds, long restartBytes, Consumer<String> progress) {
    this.rounds = rounds;
    this.restartBytes = restartBytes;
    this.progress = progress;
  }

  Results run() {
    for (int round = 1; round <= rounds; round++) {
      int number = round;
      results.attempt("write units, round " + round, progress, () -> units(number));
      results.attempt("restart, round " + round, progress, () -> restart(number));
    }
    return results;
  }

  /** One space on threads of its own. */
  private static final class Bench implements AutoCloseable {
    private final ThreadedLoop loop =
        ThreadedLoop.start(
            "bench-state",
            fault -> {
              throw new IllegalStateException(fault);
            });
    private final BoundedPool pool = new BoundedPool("bench-state-background", 2, 10_000);

    StateSpace open(ChunkStore chunks, int epoch) {
      var home =
          new StateHome(
              "function bench, shard s",
              HashRange.ALL,
              "bench/f/s/",
              "bench/f/s/" + epoch + ".0.",
              "state",
              chunks,
              new StateCache(StateCache.BYTES_MAX_DEFAULT),
              loop,
              pool);
      return new StateSpace(
          home,
          (name, bytes) -> {
            throw new IllegalStateException(name);
          },
          (key, one, other) -> one);
    }

    <T> T onLoop(Supplier<CompletionStage<T>> work) {
      var done = new CompletableFuture<T>();
      loop.execute(
          () ->
              work.get()
                  .whenComplete(
                      (value, thrown) -> {
                        if (thrown != null) {
                          done.completeExceptionally(thrown);
                        } else {
                          done.complete(value);
                        }
                      }));
      try {
        return done.get(WAIT_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException late) {
        throw new NotMeasured("state: " + late, late);
      }
    }

    @Override
    public void close() {
      pool.close();
      loop.close();
    }
  }

  private void units(int round) {
    var counting = new CountingUnits(new InMemoryChunkStore(4L << 30));
    var random = new SplittableRandom(round);
    try (var bench = new Bench()) {
      var space = bench.open(counting, 1);
      bench.onLoop(() -> space.restore(List.of()));
      fill(bench, space, KEYS, random);
      // Runs are merged once a commit is heard of: until then there is nothing but commits.
      counting.units.set(0);
      for (int i = 0; i < COMMITS_ALONE; i++) {
        var unused = bench.onLoop(() -> change(space, random));
      }
      double own = (double) counting.units.get() / COMMITS_ALONE + 1;
      counting.units.set(0);
      for (int i = 0; i < COMMITS; i++) {
        var parts = bench.onLoop(() -> change(space, random));
        bench.onLoop(
            () -> {
              space.committed(parts);
              return CompletableFuture.completedFuture(parts);
            });
      }
      results.add(
          round,
          DELTAS,
          null,
          new Figures()
              .put(UNITS, own)
              .put(UNITS_WITH_MERGING, (double) counting.units.get() / COMMITS + 1));
      // Each item of up to 1 KB takes two units in a transaction, the progress item too.
      int transactions = (CHANGED + KEYS_A_TRANSACTION - 1) / KEYS_A_TRANSACTION;
      double of = 2.0 * (CHANGED + transactions);
      results.add(
          round, TRANSACTIONS, null, new Figures().put(UNITS, of).put(UNITS_WITH_MERGING, of));
    }
  }

  private static CompletionStage<CommitParts> change(StateSpace space, SplittableRandom random) {
    for (int i = 0; i < CHANGED; i++) {
      space.put(key(random.nextInt(KEYS)), value(random));
    }
    return space.snapshot();
  }

  private CommitParts fill(Bench bench, StateSpace space, long keys, SplittableRandom random) {
    var last = CommitParts.NONE;
    for (long from = 0; from < keys; from += FILL_AT_ONCE) {
      long first = from;
      var parts =
          bench.onLoop(
              () -> {
                for (long i = first; i < Math.min(keys, first + FILL_AT_ONCE); i++) {
                  space.put(key(i), value(random));
                }
                return space.snapshot();
              });
      last =
          bench.onLoop(
              () -> {
                space.committed(parts);
                return CompletableFuture.completedFuture(parts);
              });
    }
    return last;
  }

  private void restart(int round) {
    var random = new SplittableRandom(round);
    long keys = restartBytes / VALUE_BYTES;
    Path folder = folder();
    try (var bench = new Bench()) {
      var chunks = new FileChunkStore(folder, bench.pool);
      var writer = bench.open(chunks, 1);
      bench.onLoop(() -> writer.restore(List.of()));
      var parts = fill(bench, writer, keys, random);
      writer.close();
      var key = key(keys / 2);
      long begun = bench.loop.ticks();
      var space = bench.open(chunks, 2);
      bench.onLoop(() -> space.restore(List.of(parts)));
      var lookup = space.look(key);
      if (lookup instanceof Lookup.Loading loading) {
        var found = bench.onLoop(loading::answer);
        if (found.isEmpty()) {
          throw new NotMeasured("the value was not found");
        }
      } else {
        throw new NotMeasured("the value was in memory or is lost: " + lookup);
      }
      results.add(
          round, DELTAS, null, new Figures().put(RESTART, (bench.loop.ticks() - begun) / NANOS));
    } finally {
      remove(folder);
    }
  }

  private static Path folder() {
    try {
      return Files.createTempDirectory("headrace-state");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remove(Path folder) {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static EntryKey key(long number) {
    var key = "key-" + number;
    return EntryKey.of(key, key, EntryKind.STATE);
  }

  private static StateValue value(SplittableRandom random) {
    byte[] bytes = new byte[VALUE_BYTES];
    random.nextBytes(bytes);
    return StateValue.of(bytes, 1);
  }

  /** Counts by DynamoDB's rule: a unit for each begun KB of an item, put or deleted. */
  private static final class CountingUnits extends ForwardingChunkStore {
    /** What the names of key and attributes take of an item. */
    private static final int NAMES_BYTES = 120;

    private final Map<String, Integer> sizes = new ConcurrentHashMap<>();
    private final AtomicLong units = new AtomicLong();

    CountingUnits(ChunkStore chunks) {
      super(chunks);
    }

    @Override
    public CompletionStage<Void> put(String name, byte[] bytes) {
      int size = (bytes.length + NAMES_BYTES + UNIT_BYTES - 1) / UNIT_BYTES;
      sizes.put(name, size);
      units.addAndGet(size);
      return super.put(name, bytes);
    }

    @Override
    public CompletionStage<Void> delete(String name) {
      var size = sizes.remove(name);
      units.addAndGet(size == null ? 1 : size);
      return super.delete(name);
    }
  }
}
