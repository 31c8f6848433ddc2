package io.headrace.checkpoint.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** State whose store is down or slow: bounds, rests, and what is left behind. */
class StateSpaceTroublesTest {
  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final UnsteadyChunks chunks = new UnsteadyChunks(loop, new SplittableRandom(1));

  private static EntryKey key(int number) {
    return EntryKey.of("key-" + number, "key-" + number, EntryKind.STATE);
  }

  private static StateValue value(int seed, int bytes) {
    var random = new byte[bytes];
    new SplittableRandom(seed).nextBytes(random);
    return StateValue.of(random, 1);
  }

  /** As the store beneath, but it can be read from only while it is up. */
  private static final class Unreadable extends ForwardingChunkStore {
    boolean down;
    int refused;

    Unreadable(ChunkStore chunks) {
      super(chunks);
    }

    @Override
    public CompletionStage<byte[]> get(String name) {
      if (down) {
        refused++;
        return CompletableFuture.failedFuture(new CheckpointException("down"));
      }
      return super.get(name);
    }
  }

  /** Answers no put until it is told to. */
  private static final class Dawdling extends ForwardingChunkStore {
    final List<CompletableFuture<Void>> answers = new ArrayList<>();

    Dawdling(ChunkStore chunks) {
      super(chunks);
    }

    @Override
    public CompletionStage<Void> put(String name, byte[] bytes) {
      var answer = new CompletableFuture<Void>();
      answers.add(answer);
      return super.put(name, bytes).thenCompose(stored -> answer);
    }
  }

  @Test
  void a_snapshot_puts_its_root_beside_the_pieces_and_waits_for_both() {
    for (int first = 0; first < 2; first++) {
      var store = new Dawdling(new InMemoryChunkStore(1 << 20));
      var run = run("s", store, new StateCache(64 << 20)).restart();
      for (int i = 0; i < 40; i++) {
        run.put(key(i), value(i, 1_000));
      }
      // So much beside the run that the root is a chunk.
      run.space.note("place", new byte[2_000]);
      var snapshot = run.space.snapshot().toCompletableFuture();
      loop.advance(Duration.ofSeconds(1));
      assertThat(store.answers).as("a piece, and the root").hasSize(2);
      store.answers.get(first).complete(null);
      loop.advance(Duration.ofSeconds(1));
      assertThat(snapshot).isNotDone();
      store.answers.get(1 - first).complete(null);
      loop.advance(Duration.ofSeconds(1));
      assertThat(snapshot).isCompleted();
    }
  }

  @Test
  void a_merge_that_fails_holds_up_no_commit_and_is_tried_again_more_and_more_seldom() {
    var store = new Unreadable(chunks);
    var run = run("s", store, new StateCache(64 << 20)).restart();
    store.down = true;
    for (int second = 0; second < 120; second++) {
      for (int i = 0; i < 100; i++) { // So much that none of it rides in the commit.
        run.put(key(i), value(second, 100));
      }
      run.commit();
      loop.advance(Duration.ofSeconds(1));
    }
    assertThat(store.refused).isBetween(3, 8);
    store.down = false;
    loop.advance(Duration.ofMinutes(5));
    run.commit();
    loop.advance(Duration.ofSeconds(1));
    for (int i = 0; i < 3; i++) {
      run.put(key(50), value(i, 3_000));
      run.commit();
      loop.advance(Duration.ofSeconds(1));
    }
    assertThat(chunks.sizes).as("one run in the place of the many").hasSizeLessThan(16);
    for (int i = 0; i < 100; i++) {
      run.check(key(i));
    }
  }

  @Test
  void what_a_merge_wrote_that_was_cut_off_is_deleted() {
    var run = run("s", chunks, new StateCache(64 << 20)).restart();
    for (int round = 0; round < 7; round++) {
      putRun(run, round);
      run.commit();
    }
    putRun(run, 7);
    run.commit = run.snapshot();
    loop.advance(Duration.ofSeconds(1));
    var before = List.copyOf(chunks.sizes.keySet());
    chunks.millisMax = 50;
    chunks.puts = 0;
    run.space.committed(run.commit.parts().get(0));
    for (int i = 0; i < 10_000 && chunks.puts == 0; i++) {
      loop.advance(Duration.ofMillis(1));
    }
    assertThat(chunks.puts).as("of the merge that is under way").isPositive();
    run.space.close();
    loop.advance(Duration.ofSeconds(10));
    assertThat(before).containsAll(chunks.sizes.keySet());
  }

  private static void putRun(SpaceRun run, int round) {
    for (int i = 0; i < 400; i++) {
      run.put(key(400 * round + i), value(i, 100));
    }
  }

  @Test
  void what_is_not_stored_yet_is_bounded_for_all_spaces_of_a_worker_by_their_shares() {
    var cache = new StateCache(1 << 20);
    var busy = run("busy", chunks, cache).restart();
    var calm = run("calm", chunks, cache).restart();
    busy.put(key(1), value(1, 300_000));
    calm.put(key(1), value(1, 20_000));
    assertThat(busy.space.isFull()).as("there is room").isFalse();
    busy.put(key(2), value(1, 300_000));
    assertThat(busy.space.isFull()).isTrue();
    assertThat(calm.space.isFull()).as("has less than its share").isFalse();
    busy.put(key(2), value(1, 10));
    assertThat(busy.space.isFull()).as("counted is what is there").isFalse();
    busy.put(key(2), value(1, 300_000));
    var told = new ArrayList<Boolean>();
    busy.space.whenStored(() -> told.add(busy.space.isFull()));
    busy.commit();
    assertThat(told).containsExactly(false);
    busy.put(key(3), value(1, 600_000));
    calm.put(key(3), value(1, 300_000));
    assertThat(calm.space.isFull()).isTrue();
    busy.space.close();
    assertThat(calm.space.isFull()).as("who has gone holds nothing").isFalse();
  }

  @Test
  void a_space_is_half_full_by_what_no_snapshot_has_and_never_while_all_hold_little() {
    var cache = new StateCache(1 << 20);
    var busy = run("busy", chunks, cache).restart();
    var calm = run("calm", chunks, cache).restart();
    calm.put(key(1), value(1, 20_000));
    busy.put(key(1), value(1, 200_000));
    assertThat(busy.space.isHalfFull()).as("half a share, of which others leave much").isFalse();
    busy.put(key(2), value(1, 50_000));
    assertThat(busy.space.isHalfFull()).isTrue();
    assertThat(busy.space.isFull()).isFalse();
    assertThat(calm.space.isHalfFull()).as("has less than half its share").isFalse();
    var storing = busy.space.snapshot();
    assertThat(busy.space.unstoredBytes()).as("being stored").isGreaterThan(500_000);
    assertThat(busy.space.isHalfFull()).isFalse();
    busy.put(key(3), value(1, 200_000));
    assertThat(busy.space.isHalfFull()).isTrue();
    assertThat(busy.outcome(storing)).isPresent();
    assertThat(busy.space.isHalfFull()).as("half of all is not held any more").isFalse();
  }

  private SpaceRun run(String shard, ChunkStore store, StateCache cache) {
    return new SpaceRun(
        shard,
        HashRange.ALL,
        loop,
        store,
        cache,
        StateRules.SOUND,
        loop,
        new SpaceRun.Commit(List.of(), Map.of()));
  }
}
