package io.headrace.checkpoint.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.SimulatedLoop;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReachedChunksTest {
  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final UnsteadyChunks chunks = new UnsteadyChunks(loop, new SplittableRandom(1));
  private final StateCache cache = new StateCache(1 << 20);

  private SpaceRun run(String shard) {
    return new SpaceRun(
        shard,
        HashRange.ALL,
        loop,
        chunks,
        cache,
        StateRules.SOUND,
        loop,
        new SpaceRun.Commit(List.of(), Map.of()));
  }

  private static void change(SpaceRun run, int from, int to) {
    for (int i = from; i < to; i++) {
      var key = EntryKey.of("key-" + i, "key-" + i, EntryKind.STATE);
      byte[] value = new byte[100];
      new SplittableRandom(i).nextBytes(value);
      run.put(key, StateValue.of(value, 1));
    }
  }

  private ReachedChunks reached(String shard, List<CommitParts> commits) {
    var prefix = "app/f/" + shard + "/";
    var home =
        new StateHome(
            "function f, shard " + shard,
            HashRange.ALL,
            prefix,
            prefix,
            "state",
            chunks,
            cache,
            loop,
            loop);
    return run(shard).outcome(ReachedChunks.of(home, commits)).orElseThrow();
  }

  @Test
  void all_that_a_commit_names_is_reached_and_what_was_never_committed_is_not() {
    var run = run("s").restart();
    change(run, 0, 20_000);
    run.commit();
    change(run, 0, 1_000);
    run.commit();
    var committed = new HashSet<>(chunks.sizes.keySet());
    change(run, 500, 3_000);
    var unused = run.snapshot();
    Set<String> left = new HashSet<>(chunks.sizes.keySet());
    left.removeAll(committed);

    var reached = reached("s", run.commit.parts());

    assertThat(left).isNotEmpty().noneMatch(reached::has);
    // Of the first commit's root nothing is left to name.
    assertThat(committed.stream().filter(name -> !reached.has(name)).count())
        .isLessThanOrEqualTo(1);
    List.copyOf(chunks.sizes.keySet()).stream()
        .filter(name -> !reached.has(name))
        .forEach(name -> chunks.delete(name).toCompletableFuture().join());
    run.restart();
    run.check(EntryKey.of("key-700", "key-700", EntryKind.STATE));
    run.check(EntryKey.of("key-19999", "key-19999", EntryKind.STATE));
  }

  /** A roll that renames the function and is taken back half-way. */
  @Test
  void what_the_function_commits_under_another_name_refers_to_chunks_of_its_first_one() {
    var run = run("s").restart();
    change(run, 0, 20_000);
    run.commit();
    run.function = "g";
    run.restart();
    change(run, 0, 1_000);
    // So large that the root is a chunk, too.
    run.space.note("large", new byte[10_000]);
    run.commit();

    var reached = reached("s", run.commit.parts());

    chunks.sizes.keySet().stream()
        .filter(name -> name.startsWith("app/f/") && !reached.has(name))
        .toList()
        .forEach(name -> chunks.delete(name).toCompletableFuture().join());
    run.function = "f";
    run.restart();
    run.check(EntryKey.of("key-700", "key-700", EntryKind.STATE));
    run.check(EntryKey.of("key-19999", "key-19999", EntryKind.STATE));
  }

  @Test
  void chunks_of_another_shard_are_not_its_own() {
    var run = run("parent").restart();
    change(run, 0, 5_000);
    run.commit();

    var reached = reached("child", run.commit.parts());

    assertThat(chunks.sizes.keySet()).isNotEmpty().noneMatch(reached::has);
  }

  /** As a function that goes on under another name leaves it, and takes it back. */
  @Test
  void what_is_named_by_chunks_of_another_name_is_reached_too() {
    var old = run("old").restart();
    change(old, 0, 20_000);
    old.commit();
    var taken = run("new");
    taken.commit = old.commit;
    taken.restart();
    change(taken, 0, 15);
    taken.space.note("place", new byte[600]); // So much beside the runs that the root is a chunk.
    taken.commit();
    assertThat(chunks.sizes.keySet()).as("its root").anyMatch(each -> each.startsWith("app/f/new"));

    var reached = reached("old", taken.commit.parts());

    // But for the root, which nobody names any more.
    assertThat(chunks.sizes.keySet().stream().filter(each -> each.startsWith("app/f/old")))
        .hasSizeGreaterThan(20)
        .satisfies(
            all ->
                assertThat(all.stream().filter(each -> !reached.has(each)).count()).isLessThan(2));
  }

  @Test
  void only_chunks_of_state_are_named_as_such() {
    assertThat(ReachedChunks.isState("7.1f.s2a")).isTrue();
    assertThat(ReachedChunks.isState("7.1f.12")).as("a list of parked keys").isFalse();
    assertThat(ReachedChunks.isState("parked/7.1f.p1")).isFalse();
    assertThat(ReachedChunks.isState("s1")).isFalse();
    assertThat(ReachedChunks.isState("7.")).isFalse();
  }
}
