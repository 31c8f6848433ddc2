package io.headrace.checkpoint.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.SimulatedLoop;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A look from outside, copies and erasure, beside a plain map. */
class CommittedStateTest {
  /** Small, so that trees have several levels. */
  private static final StateRules SMALL =
      new StateRules() {
        @Override
        int chunkBytes() {
          return 400;
        }
      };

  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final StateCache cache = new StateCache(64 << 20);

  private SpaceRun run(List<CommitParts> parts, Map<EntryKey, StateValue> entries) {
    return new SpaceRun(
            "s",
            HashRange.ALL,
            loop,
            chunks,
            cache,
            SMALL,
            loop,
            new SpaceRun.Commit(parts, entries))
        .restart();
  }

  private static EntryKey key(int number) {
    var name = "customer-" + number;
    return EntryKey.of(name, name, EntryKind.STATE);
  }

  private static EntryKey timer(int number) {
    var name = "customer-" + number;
    return EntryKey.of(name, name, EntryKind.TIMER, new byte[] {1, (byte) number});
  }

  private static StateValue value(SplittableRandom random) {
    byte[] bytes = new byte[random.nextInt(60)];
    random.nextBytes(bytes);
    return StateValue.of(bytes, 1);
  }

  /** Some commits, with merges between them. */
  private SpaceRun lived(SplittableRandom random, int keys) {
    var run = run(List.of(), Map.of());
    for (int commit = random.nextInt(1, 60); commit > 0; commit--) {
      for (int change = random.nextInt(1, keys); change > 0; change--) {
        int number = random.nextInt(keys);
        switch (random.nextInt(5)) {
          case 0 -> run.remove(key(number));
          case 1 -> run.put(timer(number), value(random));
          case 2 -> run.remove(timer(number));
          default -> run.put(key(number), value(random));
        }
      }
      run.commit();
    }
    return run;
  }

  private StateHome home(String prefix) {
    return new StateHome(
        "outside", HashRange.ALL, prefix, prefix, "state", chunks, new StateCache(0), loop, loop);
  }

  private CommittedState look(List<CommitParts> parts) {
    return done(
        CommittedState.read(
            home("nobody/"),
            (chunk, bytes) -> {
              throw new AssertionError("no former chunk was written: " + chunk);
            },
            (key, one, other) -> {
              throw new AssertionError(key + " is in two parents");
            },
            parts));
  }

  private <T> T done(CompletionStage<T> stage) {
    loop.runUntilIdle();
    return stage.toCompletableFuture().join();
  }

  private Map<EntryKey, StateValue> all(CommittedState state) {
    var found = new HashMap<EntryKey, StateValue>();
    var order = new ArrayList<EntryKey>();
    done(
        state.visit(
            (key, value) -> {
              order.add(key);
              assertThat(found.put(key, value)).as("told twice").isNull();
            }));
    assertThat(order).isSorted();
    return found;
  }

  private Map<EntryKey, StateValue> committed(SpaceRun run) {
    return run.commit.entries();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void from_outside_state_is_what_was_committed_key_by_key_and_as_a_whole(long seed) {
    var random = new SplittableRandom(seed);
    int keys = random.nextInt(2, 200);
    var run = lived(random, keys);
    run.put(key(0), value(random)); // Not committed: nobody outside sees it.

    var state = look(run.commit.parts());
    assertThat(all(state)).isEqualTo(committed(run));
    for (int number = 0; number < keys; number++) {
      var expected = new HashMap<>(committed(run));
      var name = key(number).partitionKey();
      expected.keySet().removeIf(key -> !key.partitionKey().equals(name));
      assertThat(done(state.of(HashRange.hashOf(name)))).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void a_copy_outlives_the_state_and_a_shard_goes_on_from_it(long seed) {
    var random = new SplittableRandom(seed);
    var run = lived(random, random.nextInt(2, 200));
    var was = Map.copyOf(committed(run));
    var copied =
        done(look(run.commit.parts()).copyTo(home("copy/c."), new CommittedState.Copies()));
    for (int i = 0; i < 30; i++) {
      run.put(key(i), value(random));
      run.commit();
    }
    deleteAll("app/f/s");

    var parts = List.of(CommitParts.of("state", copied));
    assertThat(all(look(parts))).isEqualTo(was);
    assertThat(done(look(parts).directories())).isSubsetOf(Set.of("copy"));
    var again = run(parts, was);
    again.put(key(1), value(random));
    again.commit();
    assertThat(all(look(again.commit.parts()))).isEqualTo(committed(again));
    assertThat(all(look(parts))).as("the copy stays as it is").isEqualTo(was);
  }

  @Test
  void a_copy_goes_on_when_the_owner_has_deleted_a_chunk_meanwhile() {
    var random = new SplittableRandom(7);
    var run = lived(random, 200);
    var before = look(run.commit.parts());
    for (int i = 0; i < 200; i++) {
      run.put(key(i), value(random));
    }
    // Until what the look is of has been merged into something else.
    for (int i = 0; i < 600; i++) {
      run.put(key(i % 200), value(random));
      run.commit();
    }
    var copies = new CommittedState.Copies();
    assertThatThrownBy(() -> done(before.copyTo(home("copy/c."), copies)))
        .hasMessageContaining("missing");

    var copied = done(look(run.commit.parts()).copyTo(home("copy/d."), copies));

    assertThat(all(look(List.of(CommitParts.of("state", copied))))).isEqualTo(committed(run));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void an_erased_key_is_in_no_chunk_any_more_two_commits_later_and_all_others_stay(long seed) {
    var random = new SplittableRandom(seed);
    int keys = random.nextInt(2, 200);
    var run = lived(random, keys);
    int[] gone = {random.nextInt(keys), random.nextInt(keys)};
    run.restart();
    var hashes = new ArrayList<BigInteger>();
    for (int number : gone) {
      hashes.add(key(number).hash());
      run.entries.remove(key(number));
      run.entries.remove(timer(number));
    }
    sweep(run.commit.parts());
    int[] wanted = {0};

    done(run.space.erase(hashes, () -> wanted[0]++));
    assertThat(wanted[0]).isEqualTo(1);
    for (int number = 0; number < keys; number++) {
      run.check(key(number));
    }
    run.checkResident(EntryKind.TIMER);
    run.commit();
    assertThat(wanted[0]).as("another commit, that what was replaced is deleted").isEqualTo(2);
    run.commit();

    assertThat(wanted[0]).isEqualTo(2);
    assertThat(all(look(run.commit.parts()))).isEqualTo(committed(run));
    for (int number : gone) {
      var name = key(number).partitionKey().getBytes(UTF_8);
      for (var chunk : names("app/f/s")) {
        assertThat(mentions(done(chunks.get(chunk)), name)).as(chunk).isFalse();
      }
      assertThat(holds(run.commit.parts().get(0).parts().get("state"), name)).isFalse();
    }
    run.restart();
    for (int number = 0; number < keys; number++) {
      run.check(key(number));
    }
    run.put(key(gone[0]), value(random));
    run.commit();
    assertThat(all(look(run.commit.parts()))).isEqualTo(committed(run));
  }

  /** However entries lie in a piece of a run; other chunks have their keys as they are. */
  private static boolean mentions(byte[] chunk, byte[] name) {
    try {
      return DataChunk.read("chunk", chunk).entries().stream()
          .anyMatch(entry -> holds(entry.key(), name));
    } catch (CheckpointException other) {
      return holds(chunk, name);
    }
  }

  /** The name as a whole: {@code customer-1} is no part of {@code customer-12}. */
  private static boolean holds(byte[] bytes, byte[] name) {
    for (int from = 0; from + name.length <= bytes.length; from++) {
      int same = 0;
      while (same < name.length && bytes[from + same] == name[same]) {
        same++;
      }
      int behind = from + name.length;
      if (same == name.length
          && (behind == bytes.length || bytes[behind] < '0' || bytes[behind] > '9')) {
        return true;
      }
    }
    return false;
  }

  private List<String> names(String directory) {
    var all = new ArrayList<String>();
    var page = done(chunks.names(directory, Optional.empty()));
    while (!page.isEmpty()) {
      all.addAll(page);
      page = done(chunks.names(directory, Optional.of(page.get(page.size() - 1))));
    }
    return all;
  }

  /** A run that ends leaves chunks that it had yet to delete: they are not what this is about. */
  private void sweep(List<CommitParts> parts) {
    var io = new ChunkIo(home("nobody/"), cache, SMALL);
    var found =
        done(
            new Restore(
                    home("nobody/"),
                    io,
                    (chunk, bytes) -> {
                      throw new AssertionError(chunk);
                    },
                    (key, one, other) -> one)
                .outline(parts));
    var runs = new ArrayList<>(found.cold());
    runs.addAll(found.resident());
    var merge = new RunMerge(io, runs, loop, entry -> {}, () -> null, new AtomicBoolean()).start();
    var reached = new HashSet<>(done(merge));
    byte[] part = parts.get(0).parts().get("state");
    if (RootRef.isOne(part)) {
      reached.add(RootRef.read("root", part).chunk());
    }
    names("app/f/s").stream()
        .filter(name -> !reached.contains(name))
        .forEach(name -> done(chunks.delete(name)));
  }

  private void deleteAll(String directory) {
    names(directory).forEach(name -> done(chunks.delete(name)));
  }
}
