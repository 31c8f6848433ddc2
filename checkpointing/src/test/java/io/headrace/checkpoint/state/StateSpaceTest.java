package io.headrace.checkpoint.state;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.kcl.loop.Stages;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class StateSpaceTest {
  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final UnsteadyChunks chunks = new UnsteadyChunks(loop, new SplittableRandom(1));

  private SpaceRun run(String shard, ChunkStore store, List<CommitParts> parts) {
    return new SpaceRun(
        shard,
        HashRange.ALL,
        loop,
        store,
        new StateCache(64 << 20),
        StateRules.SOUND,
        loop,
        new SpaceRun.Commit(parts, Map.of()));
  }

  private SpaceRun filled(int keys, int bytes) {
    var run = run("s", chunks, List.of()).restart();
    for (int i = 0; i < keys; i++) {
      run.put(key(i), value(i, bytes));
    }
    run.commit();
    return run;
  }

  private static EntryKey key(int number) {
    return EntryKey.of("key-" + number, "key-" + number, EntryKind.STATE);
  }

  private static StateValue value(int seed, int bytes) {
    var random = new byte[bytes];
    new SplittableRandom(seed).nextBytes(random);
    return StateValue.of(random, 1);
  }

  @Test
  void a_thousand_changed_keys_of_a_hundred_bytes_take_less_than_a_tenth_of_a_transaction() {
    var run = filled(20_000, 100);
    chunks.putBytes = 0;
    chunks.puts = 0;
    for (int i = 0; i < 1_000; i++) {
      run.put(key(i * 17), value(i, 100));
    }
    run.commit = run.snapshot(); // No merging: what the commit itself writes.
    // A transaction writes each item twice, at 1 KB a unit: two for each key, and its progress.
    long ofTransactions = 2L * 1_000 + 2L * 11;
    long units = chunks.putBytes / 1_024 + chunks.puts + 1;
    assertThat(units).isLessThan(ofTransactions / 10);
  }

  @Test
  void a_restart_reads_the_root_and_what_is_resident_but_no_cold_state() {
    var run = filled(15_000, 100);
    run.put(EntryKey.of("key-1", "key-1", EntryKind.TIMER, new byte[] {1}), value(1, 8));
    run.commit();
    chunks.gets = 0;
    run.restart();
    assertThat(chunks.gets).isLessThanOrEqualTo(3);
    run.checkResident(EntryKind.TIMER);
    chunks.gets = 0;
    run.check(key(1));
    assertThat(chunks.gets).isBetween(1, 4);
    loop.advance(Duration.ofMillis(1));
    chunks.gets = 0;
    run.check(key(1));
    assertThat(chunks.gets).as("kept in memory").isZero();
  }

  @Test
  void chunks_stay_below_64_kb_and_a_larger_entry_has_one_of_its_own() {
    var run = filled(20_000, 100);
    assertThat(chunks.sizes.values()).allMatch(size -> size <= 64 << 10);
    run.put(key(3), value(3, 300_000));
    run.commit();
    run.restart();
    run.check(key(3));
    run.check(key(4));
  }

  @Test
  void where_nothing_changed_nothing_is_written() {
    var run = filled(2_000, 100);
    chunks.puts = 0;
    var before = run.commit.parts();
    run.commit();
    run.restart();
    run.commit();
    assertThat(run.commit.parts()).isEqualTo(before);
    assertThat(chunks.puts).isZero();
  }

  @Test
  void few_changes_ride_in_the_commit_beside_the_root_that_is_stored_until_they_are_too_many() {
    var run = filled(10_000, 100);
    chunks.puts = 0;
    int commits = 0;
    while (chunks.puts == 0) {
      run.put(key(commits), value(-commits, 100));
      run.remove(key(5_000 + commits));
      run.commit();
      commits++;
      run.check(key(0));
      assertThat(run.commit.parts().get(0).parts().get("state").length)
          .as("two units of a table, with what a progress item has beside")
          .isLessThanOrEqualTo(1_700);
    }
    assertThat(commits).as("until they would take more than they cost").isBetween(5, 10);
    assertThat(chunks.puts).as("once for all of them").isBetween(1, 2);
    int puts = chunks.puts;
    for (int i = 0; i < 3; i++) {
      run.put(key(i), value(7, 50));
    }
    run.put(key(5_000), value(8, 50));
    run.remove(key(1));
    run.commit();
    assertThat(chunks.puts).isEqualTo(puts);
    run.restart();
    for (int i = 0; i < 10; i++) {
      run.check(key(i));
      run.check(key(5_000 + i));
    }
  }

  @Test
  void what_was_much_once_does_not_ride_for_ever_in_commits_of_few_changes() {
    for (int stored : new int[] {0, 10_000}) {
      var run = filled(stored, 100);
      for (int i = 0; i < 30; i++) {
        run.put(key(i), value(-i, 100));
      }
      run.commit();
      int largest = run.commit.parts().get(0).parts().get("state").length;
      assertThat(largest).as("of 30 keys").isGreaterThan(3_000);
      for (int commits = 0; commits < 100; commits++) {
        run.put(key(commits % 5), value(commits, 100));
        run.commit();
      }
      assertThat(run.commit.parts().get(0).parts().get("state").length)
          .as("one unit, with what a progress item has beside")
          .isLessThanOrEqualTo(674);
      for (int i = 0; i < 30; i++) {
        run.check(key(i));
      }
      run.restart();
      for (int i = 0; i < 30; i++) {
        run.check(key(i));
      }
    }
  }

  @Test
  void a_root_names_its_runs_and_no_key_that_lies_in_them() {
    var run = filled(400, 100);
    byte[] root = run.commit.parts().get(0).parts().get("state");
    assertThat(chunks.puts).as("pieces of a run, and no root").isEqualTo(1);
    assertThat(new String(root, ISO_8859_1)).doesNotContain("key-");
    assertThat(root.length).isLessThan(150);
    run.restart();
    for (int i = 0; i < 400; i++) {
      run.check(key(i));
    }
    run.check(key(400));
  }

  @Test
  void a_root_and_a_commit_of_the_former_formats_are_read() {
    var entry = new RawEntry(key(1).encoded(), value(1, 30));
    var removed = new RawEntry(key(2).encoded(), null);
    var out = new ByteWriter(64);
    out.writeFixed(0x48445254);
    out.writeByte(1);
    out.writeFixed(7);
    out.writeRange(HashRange.ALL);
    Root.writeNotes(out, Map.of("clock", new byte[3]));
    out.writeLong(2);
    entry.write(out);
    removed.write(out);
    out.writeLong(1);
    out.writeText("app/f/s/1.0.");
    out.writeLong(1);
    out.writeByte(2); // Not resident, and of the whole range.
    out.writeLong(5);
    out.writeLong(500);
    out.writeBytes(key(3).encoded());
    out.writeBytes(key(4).encoded());
    out.writeLong(0);
    out.writeLong(0);
    out.writeText("s1");
    out.writeFixed(77);
    out.writeLong(400);
    out.writeBytes(key(3).encoded());
    out.writeBytes(new byte[0]);
    var root = Root.read("the root", out.toCheckedBytes());
    assertThat(root.inline()).containsExactly(entry, removed);
    assertThat(root.notes().get("clock")).isEqualTo(new byte[3]);
    var run = root.runs().get(0);
    assertThat(run.first()).isEqualTo(key(3).encoded());
    assertThat(run.last()).isEqualTo(key(4).encoded());
    assertThat(run.top().name()).isEqualTo("app/f/s/1.0.s1");
    assertThat(run.entries()).isEqualTo(5);

    var riding = new ByteWriter(64);
    riding.writeFixed(0x48445250);
    riding.writeByte(2);
    riding.writeText("app/f/s/1.0.s2");
    riding.writeFixed(88);
    Root.writeNotes(riding, Map.of());
    riding.writeLong(2);
    entry.writeWithoutHash(riding);
    removed.writeWithoutHash(riding);
    assertThat(RootRef.read("the commit", riding.toCheckedBytes()))
        .isEqualTo(
            new RootRef(
                "app/f/s/1.0.s2",
                88,
                Optional.of(new RidingChanges(Map.of(), List.of(entry, removed)))));
  }

  @Test
  void what_rides_beside_a_root_goes_to_the_children_with_it_each_its_half() {
    var run = filled(10_000, 100);
    for (int i = 0; i < 8; i++) {
      run.put(key(i), value(-1, 50));
    }
    run.commit();
    var middle = HashRange.ALL.first().add(HashRange.ALL.last()).shiftRight(1);
    var halves =
        List.of(
            new HashRange(HashRange.ALL.first(), middle),
            new HashRange(middle.add(BigInteger.ONE), HashRange.ALL.last()));
    for (var half : halves) {
      var child =
          new SpaceRun(
                  "child",
                  half,
                  loop,
                  chunks,
                  new StateCache(0),
                  StateRules.SOUND,
                  loop,
                  run.commit)
              .restart();
      child.commit();
      child.restart();
      for (int i = 0; i < 16; i++) {
        if (key(i).isIn(half)) {
          child.check(key(i));
        }
      }
    }
  }

  @Test
  void what_was_removed_takes_no_room_after_a_while() {
    var run = filled(5_000, 100);
    for (int round = 0; round < 40; round++) {
      for (int i = 0; i < 1_000; i++) {
        run.put(key(i), value(round, 100));
      }
      run.commit();
      loop.advance(Duration.ofSeconds(1));
    }
    long bytes = chunks.sizes.values().stream().mapToLong(size -> size).sum();
    assertThat(bytes).isLessThan(4 * 5_000 * 150);
  }

  @Test
  void a_chunk_that_is_missing_damaged_cut_or_another_is_refused_by_name_whichever_it_is() {
    var run = filled(3_000, 100);
    run.put(key(1), value(9, 5_000));
    run.commit();
    byte[] other = new byte[70];
    for (var name : List.copyOf(chunks.sizes.keySet())) {
      List<UnaryOperator<byte[]>> ways =
          List.of(
              bytes -> {
                bytes[bytes.length / 2] ^= 4;
                return bytes;
              },
              bytes -> java.util.Arrays.copyOf(bytes, bytes.length - 9),
              bytes -> other);
      for (var way : ways) {
        var damaged = new Altered(chunks, name, way);
        assertThat(faultOf(damaged, run.commit.parts())).contains(name).contains("shard s");
      }
    }
  }

  private String faultOf(ChunkStore store, List<CommitParts> parts) {
    var run = run("s", store, parts);
    var fault = new CompletableFuture<String>();
    var unused =
        run.space
            .restore(parts)
            .thenCompose(done -> run.space.scan(EntryKind.STATE))
            .whenComplete(
                (all, thrown) ->
                    fault.complete(
                        thrown == null ? "nothing" : Stages.causeOf(thrown).getMessage()));
    loop.advance(Duration.ofSeconds(1));
    return fault.join();
  }

  private static final class Altered extends ForwardingChunkStore {
    private final String which;
    private final UnaryOperator<byte[]> how;

    Altered(ChunkStore chunks, String which, UnaryOperator<byte[]> how) {
      super(chunks);
      this.which = which;
      this.how = how;
    }

    @Override
    public CompletionStage<byte[]> get(String name) {
      return super.get(name).thenApply(bytes -> name.equals(which) ? how.apply(bytes) : bytes);
    }
  }

  @Test
  void chunks_and_roots_of_a_newer_format_are_refused_by_format() {
    byte[] chunk = DataChunk.write(List.of(new RawEntry(key(1).encoded(), value(1, 3))));
    assertThat(faultOfNewer(chunk, bytes -> DataChunk.read("the chunk", bytes)))
        .contains("the chunk")
        .contains("format 9");
    byte[] root = new Root(1, HashRange.ALL, Map.of(), List.of(), List.of()).write();
    assertThat(faultOfNewer(root, bytes -> Root.read("the root", bytes)))
        .contains("the root")
        .contains("format 9");
    byte[] riding = RootRef.of("chunk", root).with(new RidingChanges(Map.of(), List.of())).write();
    assertThat(faultOfNewer(riding, bytes -> RootRef.read("the commit", bytes)))
        .contains("the commit")
        .contains("format 9");
  }

  private static String faultOfNewer(byte[] bytes, UnaryReader reader) {
    var newer = new ByteWriter(bytes.length);
    newer.write(bytes, 0, 4);
    newer.writeByte(9);
    newer.write(bytes, 5, bytes.length - 9);
    try {
      reader.read(newer.toCheckedBytes());
      return "nothing";
    } catch (RuntimeException refused) {
      return String.valueOf(refused.getMessage());
    }
  }

  private interface UnaryReader {
    Object read(byte[] bytes);
  }

  @Test
  void any_flipped_bit_of_a_chunk_or_root_is_noticed() {
    var entries = new ArrayList<RawEntry>();
    entries.add(new RawEntry(key(1).encoded(), value(1, 30)));
    entries.add(new RawEntry(key(2).encoded(), null));
    byte[] root =
        new Root(7, HashRange.ALL, Map.of("clock", new byte[3]), entries, List.of()).write();
    for (int i = 0; i < root.length; i++) {
      byte[] damaged = root.clone();
      damaged[i] ^= 1;
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> Root.read("root", damaged)))
          .as("byte %s", i)
          .isInstanceOf(io.headrace.kcl.CheckpointException.class);
    }
  }

  @Test
  void two_parents_of_a_stream_without_hash_ranges_are_joined() {
    var one = filled(30, 100);
    var other = run("t", chunks, List.of()).restart();
    other.put(key(1), value(77, 10));
    other.put(key(1_000), value(78, 10));
    other.commit();
    var joined = new ArrayList<String>();
    var home =
        new StateHome(
            "function f, shard u",
            HashRange.ALL,
            "app/f/u/",
            "app/f/u/1.",
            "state",
            chunks,
            new StateCache(0),
            loop,
            loop);
    var space =
        new StateSpace(
            home,
            (name, bytes) -> {
              throw new AssertionError(name);
            },
            (key, left, right) -> {
              joined.add(key.key());
              return StateValue.of("both".getBytes(UTF_8), 1);
            });
    var parts = List.of(one.commit.parts().get(0), other.commit.parts().get(0));
    assertThat(one.outcome(space.restore(parts))).isPresent();
    assertThat(joined).containsExactly("key-1");
    var all = one.outcome(space.scan(EntryKind.STATE)).orElse(new HashMap<>());
    assertThat(all).hasSize(31).containsEntry(key(1), StateValue.of("both".getBytes(UTF_8), 1));
  }

  @Test
  void state_may_be_many_times_what_memory_holds() {
    var run =
        new SpaceRun(
                "s",
                HashRange.ALL,
                loop,
                chunks,
                new StateCache(20_000),
                StateRules.SOUND,
                loop,
                new SpaceRun.Commit(List.of(), Map.of()))
            .restart();
    for (int i = 0; i < 20_000; i++) {
      run.put(key(i), value(i, 100));
      if (i % 4_000 == 0) {
        run.commit();
      }
    }
    run.commit();
    for (int i = 0; i < 20_000; i += 97) {
      run.check(key(i));
    }
    run.check(key(30_000));
  }

  /** A store whose reads wait until they are let go, and whose deletions are counted. */
  private final class Holding extends ForwardingChunkStore {
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private boolean holds;
    private int deleting;
    private int deletingMost;

    Holding() {
      super(chunks);
    }

    @Override
    public CompletionStage<byte[]> get(String name) {
      if (!holds) {
        return chunks.get(name);
      }
      var answer = new CompletableFuture<byte[]>();
      held.add(() -> chunks.get(name).thenAccept(answer::complete));
      return answer;
    }

    void letGo() {
      holds = false;
      while (!held.isEmpty()) {
        held.remove().run();
      }
    }

    @Override
    public CompletionStage<Void> delete(String name) {
      deleting++;
      deletingMost = Math.max(deletingMost, deleting);
      var answer = new CompletableFuture<Void>();
      var unused =
          loop.schedule(
              Duration.ofMillis(5),
              () -> {
                deleting--;
                chunks.delete(name).thenAccept(answer::complete);
              });
      return answer;
    }
  }

  @Test
  void what_is_read_late_is_not_kept_over_what_was_stored_and_left_the_memory_meanwhile() {
    var store = new Holding();
    var first = filled(20_000, 100);
    var run =
        new SpaceRun(
                "s",
                HashRange.ALL,
                loop,
                store,
                new StateCache(50_000),
                StateRules.SOUND,
                task ->
                    loop.execute(
                        () -> {
                          task.run();
                          // The answer comes when all is stored, and the loop has not heard of it.
                          store.letGo();
                        }),
                first.commit)
            .restart();
    store.holds = true;
    var late = run.space.look(key(1));
    assertThat(late).isInstanceOf(Lookup.Loading.class);
    run.put(key(1), value(2, 60_000)); // More than is kept.
    run.commit = run.snapshot();
    run.check(key(1));
  }

  @Test
  void look_ups_that_come_together_read_what_lies_above_their_entries_once() {
    var first = filled(20_000, 100);
    var store = new Holding();
    var run = run("s", store, first.commit.parts());
    run.commit = first.commit;
    run.restart();
    chunks.gets = 0;
    store.holds = true;
    for (int i = 0; i < 100; i++) {
      assertThat(run.space.look(key(1))).isInstanceOf(Lookup.Loading.class);
    }
    assertThat(store.held).hasSize(1);
    store.letGo();
    run.check(key(1));
  }

  @Test
  void a_large_merge_is_not_followed_by_all_its_deletions_at_once() {
    var store = new Holding();
    var run = run("s", store, List.of()).restart();
    for (int round = 0; round < 12; round++) {
      for (int i = 0; i < 5_000; i++) {
        run.put(key(i), value(round, 100));
      }
      run.commit();
      loop.advance(Duration.ofSeconds(10));
    }
    assertThat(store.deletingMost).isBetween(1, 4);
    long bytes = chunks.sizes.values().stream().mapToLong(size -> size).sum();
    assertThat(bytes).as("all of them are done in the end").isLessThan(4 * 5_000 * 150);
  }
}
