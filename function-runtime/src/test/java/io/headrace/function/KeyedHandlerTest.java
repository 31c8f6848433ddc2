package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardHandler.Outcome;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class KeyedHandlerTest {
  /** More than rides in a commit. */
  private static final String LARGE = "x".repeat(3_000);

  /** However short it is when packed, so much never rides in a commit. */
  private static final String CHUNKED = "x".repeat(9_000);

  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);
  private static final HashRange LEFT =
      new HashRange(BigInteger.ZERO, HALF.subtract(BigInteger.ONE));
  private static final HashRange RIGHT = new HashRange(HALF, HashRange.ALL.last());

  /** Appends each value to the state and sends it; "forget" forgets, "same" leaves it. */
  static final class Appending implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return key + ":";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      return switch (event.value()) {
        case "forget" -> Next.forget();
        case "unwritable" -> Next.state("unwritable");
        case "same" -> {
          out.send(state);
          yield Next.same();
        }
        default -> {
          out.send(state + event.value());
          yield Next.state(state + event.value());
        }
      };
    }
  }

  private static Rig rig(RetryPolicy retry) {
    return new Rig(
        1,
        Rig.reading()
            .retrying(retry)
            .keyedBy(Keys.partitionKey(), new Texts())
            .handledBy(Appending::new, Destination.nowhere()));
  }

  private static Rig started() {
    return rig(RetryPolicy.forever()).start().restore();
  }

  @Test
  void the_state_of_a_key_is_handed_to_its_next_record() {
    var rig = started();
    rig.putAll("a=1", "b=2", "a=3", "a=forget", "a=4", "b=same");
    rig.drain();
    assertThat(rig.outputs.values()).containsExactlyInAnyOrder("a:1", "b:2", "a:13", "a:4", "b:2");
  }

  @Test
  void state_survives_a_crash_exactly_as_of_the_commit() {
    var rig = started();
    rig.putAll("a=1", "b=2");
    rig.drain();
    rig.commit();
    rig.advance(10);
    rig.putAll("a=3");
    rig.drain();
    rig.crash();
    rig.put("a", "4");
    rig.put("b", "5");
    rig.drain();
    assertThat(rig.outputs.values()).contains("a:134", "b:25").doesNotContain("a:1334");
  }

  @Test
  void the_last_snapshot_of_a_drain_is_stored_although_there_was_no_room_at_first() {
    var rig = rig(RetryPolicy.forever());
    var refusals = new AtomicInteger(3);
    rig.background =
        task -> {
          if (refusals.getAndDecrement() > 0) {
            throw new RejectedExecutionException("full");
          }
          rig.loop.execute(task);
        };
    rig.start().restore();
    rig.put("a", "1");
    rig.drain();
    rig.handler().abandon();
    rig.commit();
    rig.advance(1_000);
    assertThat(refusals.get()).isNegative();
    assertThat(rig.commit.parts()).hasSize(1);
    rig.crash();
    assertThat(rig.settled).hasSize(1);
    rig.put("a", "2");
    rig.drain();
    assertThat(rig.outputs.values()).contains("a:12");
  }

  @Test
  void state_is_stored_while_user_code_holds_every_thread() {
    var stuck = rig(RetryPolicy.forever());
    var free = new AtomicInteger(2);
    stuck.pool =
        task -> {
          if (free.getAndDecrement() > 0) {
            stuck.loop.execute(task);
          }
        };
    stuck.start().restore();
    stuck.put("a", "1");
    stuck.advance(1_000);
    stuck.put("b", "never comes to run");
    stuck.advance(1_000);
    stuck.commit();
    stuck.advance(1_000);
    assertThat(stuck.commit.parts()).hasSize(1);
  }

  @Test
  void unchanged_state_is_not_written_again() {
    var store = new CountingChunks();
    var rig = rig(RetryPolicy.forever());
    rig.chunks = store;
    rig.start().restore();
    rig.put("a", CHUNKED);
    rig.drain();
    rig.commit();
    rig.advance(10);
    var parts = rig.commit.parts();
    rig.put("a", "same");
    rig.drain();
    rig.commit();
    rig.advance(10);
    assertThat(rig.commit.parts()).isEqualTo(parts);
    assertThat(store.put).hasSize(1);
  }

  @Test
  void a_handler_without_state_commits_nothing() {
    var rig = started();
    rig.commit();
    rig.advance(10);
    assertThat(rig.commit.parts()).containsExactly(CommitParts.NONE);
  }

  @Test
  void chunks_that_confirmed_commits_made_unreachable_are_deleted_and_no_others() {
    var store = new CountingChunks();
    var rig = rig(RetryPolicy.forever());
    rig.chunks = store;
    rig.start().restore();
    for (int i = 1; i <= 40; i++) {
      rig.put("a", "forget");
      rig.put("a", CHUNKED);
      rig.drain();
      rig.commit();
      rig.advance(10);
    }
    assertThat(store.put).hasSizeGreaterThan(40).doesNotHaveDuplicates();
    assertThat(store.put.size() - store.deleted.size()).isLessThan(24);
    rig.crash();
    rig.put("a", "2");
    rig.drain();
    assertThat(rig.outputs.values()).contains("a:" + CHUNKED + "2");
  }

  @Test
  void small_state_rides_in_the_commit_and_no_chunk_is_written() {
    var store = new CountingChunks();
    var rig = rig(RetryPolicy.forever());
    rig.chunks = store;
    rig.start().restore();
    for (int i = 1; i <= 40; i++) {
      rig.put("a", "forget");
      rig.put("a", "1");
      rig.drain();
      rig.commit();
      rig.advance(10);
    }
    assertThat(store.put).isEmpty();
    rig.crash();
    rig.put("a", "2");
    rig.drain();
    assertThat(rig.outputs.values()).contains("a:12");
  }

  @Test
  void a_record_whose_state_is_being_read_waits_in_its_lane_while_others_go_on() {
    var rig = rig(RetryPolicy.forever());
    var store = crashedWithManyStates(rig);
    rig.put("k1", "hot");
    rig.drain();
    store.holding = true;
    rig.put("k2", "one");
    rig.put("k2", "two");
    rig.put("k1", "er");
    rig.advance(1_000);
    assertThat(rig.outputs.values()).contains("k1:" + LARGE + "hoter");
    assertThat(rig.outputs.values()).doesNotContain("k2:" + LARGE + "one");
    store.release();
    rig.drain();
    assertThat(rig.outputs.values()).contains("k2:" + LARGE + "one", "k2:" + LARGE + "onetwo");
    assertThat(rig.letters).isEmpty();
  }

  @Test
  void a_store_that_is_down_keeps_the_keys_waiting_that_it_has_and_says_so() {
    var rig = rig(RetryPolicy.upTo(1));
    var store = crashedWithManyStates(rig);
    store.down = true;
    rig.put("k2", "one");
    rig.advance(10_000);
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class)).isNotEmpty();
    store.down = false;
    rig.drain();
    assertThat(rig.outputs.values()).contains("k2:" + LARGE + "one");
    assertThat(rig.events(FunctionEvent.SinkRecovered.class)).isNotEmpty();
    assertThat(rig.letters).isEmpty();
  }

  @Test
  void while_the_store_is_down_what_is_not_stored_is_bounded_and_records_wait_until_it_is_back() {
    var store = new CountingChunks();
    var rig = rig(RetryPolicy.forever());
    rig.chunks = store;
    rig.cache = new StateCache(1 << 20);
    rig.start().restore();
    store.down = true;
    for (int i = 0; i < 1_000; i++) {
      rig.put("k" + i, LARGE);
      rig.advance(1); // Else hundreds of calls are under way before the first one ends.
    }
    for (int i = 0; i < 20; i++) {
      rig.advance(1_000);
      rig.commit();
    }
    // A state of 3 KB takes twice that with its object.
    assertThat(rig.settled).hasSizeBetween(100, 250);
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class)).hasSize(1);
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class).get(0).cause())
        .hasMessageContaining("not stored yet");
    assertThat(rig.stateChanges).as("a commit is wanted").isPositive();
    assertThat(rig.handler().standing(Duration.ofMinutes(1)))
        .isEqualTo(ShardHandler.Standing.RETRYING);
    store.down = false;
    for (int i = 0; i < 40 && rig.settled.size() < 1_000; i++) {
      rig.advance(1_000);
      rig.commit();
    }
    rig.drain();
    assertThat(rig.events(FunctionEvent.SinkRecovered.class))
        .hasSameSizeAs(rig.events(FunctionEvent.SinkUnavailable.class));
    assertThat(rig.letters).isEmpty();
  }

  @Test
  void a_backlog_that_changes_much_commits_before_it_has_to_wait_for_the_store() {
    var rig = rig(RetryPolicy.forever());
    rig.chunks = new CountingChunks();
    rig.cache = new StateCache(1 << 20);
    rig.start().restore();
    int commits = 0;
    for (int i = 0; i < 1_000; i++) {
      rig.put("k" + i, LARGE);
      rig.advance(1);
      if (rig.commitsWanted.contains(Duration.ZERO)) {
        rig.commitsWanted.clear();
        rig.commit();
        commits++;
      }
    }
    assertThat(rig.settled).hasSize(1_000);
    assertThat(rig.events(FunctionEvent.SinkUnavailable.class)).isEmpty();
    // Of 6 KB a key half of what may wait is some 80 keys.
    assertThat(commits).isBetween(10, 16);
  }

  @Test
  void a_store_that_answers_every_second_call_is_asked_less_and_less() {
    var rig = rig(RetryPolicy.upTo(1));
    var store = crashedWithManyStates(rig);
    store.everySecondFails = true;
    for (int i = 0; i < 30; i++) {
      rig.put("k" + (10 * i), "x");
      rig.advance(50);
    }
    var failures = rig.events(FunctionEvent.SinkUnavailable.class);
    assertThat(failures).hasSizeGreaterThan(5);
    assertThat(failures.get(failures.size() - 1).in()).isGreaterThan(Duration.ofSeconds(1));
    store.everySecondFails = false;
    rig.drain();
    assertThat(rig.events(FunctionEvent.SinkRecovered.class)).isNotEmpty();
    assertThat(rig.letters).isEmpty();
  }

  @Test
  void state_that_was_stored_whole_by_an_earlier_version_goes_on() {
    var rig = rig(RetryPolicy.forever());
    var key = new StateKey("a", "a");
    var entry = new StateChunk.Entry(key, null, "a:1".getBytes(UTF_8));
    byte[] chunk = StateChunk.ofKeys(HashRange.ALL, 1, List.of(entry)).write();
    var unused = rig.chunks.put("app/f/whole", chunk);
    var root = new StateRoot("app/f/whole", ChunkBytes.checksum(chunk));
    rig.commit = new Rig.Commit(Set.of(), List.of(root.parts(StateRoot.STATE)));
    rig.start().restore();
    rig.put("a", "2");
    rig.drain();
    assertThat(rig.outputs.values()).containsExactly("a:12");
    rig.commit();
    rig.advance(10);
    rig.crash();
    rig.put("a", "3");
    rig.drain();
    assertThat(rig.outputs.values()).contains("a:123");
  }

  @Test
  void a_commit_that_was_not_confirmed_deletes_nothing() {
    var store = new CountingChunks();
    var rig = rig(RetryPolicy.forever());
    rig.chunks = store;
    rig.start().restore();
    for (int i = 1; i <= 20; i++) {
      rig.put("a", CHUNKED);
      rig.drain();
      rig.loop.execute(() -> rig.handler().snapshot());
      rig.advance(10);
    }
    assertThat(store.put).hasSizeGreaterThanOrEqualTo(20);
    assertThat(store.deleted).isEmpty();
  }

  @Test
  void a_chunk_that_could_not_be_stored_is_stored_with_the_next_snapshot() {
    var store = new CountingChunks();
    store.down = true;
    var rig = rig(RetryPolicy.forever());
    rig.chunks = store;
    rig.start().restore();
    rig.put("a", CHUNKED);
    rig.drain();
    rig.commit();
    rig.advance(10);
    assertThat(rig.commit.parts()).isEmpty();
    store.down = false;
    rig.commit();
    rig.advance(10);
    rig.crash();
    rig.put("a", "2");
    rig.drain();
    assertThat(rig.outputs.values()).contains("a:" + CHUNKED + "2");
  }

  @Test
  void children_of_a_split_take_the_keys_of_their_range_and_a_merge_brings_them_together() {
    var parent = started();
    for (int i = 0; i < 20; i++) {
      parent.put("k" + i, "p");
    }
    parent.drain();
    var left = parent.child("shardId-000000000001", LEFT, parent);
    var right = parent.child("shardId-000000000002", RIGHT, parent);
    Map<String, Rig> of = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      var key = "k" + i;
      var child = LEFT.holds(key) ? left : right;
      of.put(key, child);
      child.put(key, "c");
    }
    left.drain();
    right.drain();
    assertThat(of.values()).contains(left, right);
    var merged = left.child("shardId-000000000003", HashRange.ALL, left, right);
    for (int i = 0; i < 20; i++) {
      merged.put("k" + i, "m");
    }
    merged.drain();
    for (int i = 0; i < 20; i++) {
      assertThat(merged.outputs.values()).contains("k" + i + ":pcm");
    }
  }

  @Test
  void a_child_that_received_no_record_passes_its_inheritance_on() {
    var parent = started();
    parent.put("a", "1");
    parent.drain();
    var child = parent.child("shardId-000000000001", HashRange.ALL, parent);
    var grandchild = child.child("shardId-000000000002", HashRange.ALL, child);
    grandchild.put("a", "2");
    grandchild.drain();
    assertThat(grandchild.outputs.values()).containsExactly("a:12");
  }

  @Test
  void two_parents_with_a_state_of_one_key_are_an_error_that_names_the_key_by_its_hash() {
    var one = started();
    one.put("secret", "1");
    one.drain();
    var other = rig(RetryPolicy.forever());
    other.chunks = one.chunks;
    other.shard = Shard.root("shardId-000000000009");
    other.start().restore();
    other.put("secret", "2");
    other.drain();
    assertThatThrownBy(() -> one.child("shardId-000000000003", HashRange.ALL, one, other))
        .hasRootCauseInstanceOf(CheckpointException.class)
        .rootCause()
        .hasMessageContaining("function f")
        .hasMessageContaining("key hash")
        .hasMessageNotContaining("secret");
  }

  @Test
  void a_missing_chunk_is_an_error_and_never_empty_state() {
    var rig = started();
    rig.put("a", CHUNKED);
    rig.drain();
    rig.commit();
    rig.advance(10);
    rig.chunks = new InMemoryChunkStore();
    assertThatThrownBy(rig::crash).hasRootCauseInstanceOf(CheckpointException.class);
  }

  @Test
  void a_chunk_of_a_newer_format_or_with_a_flipped_bit_is_refused_by_name() {
    var bytes = StateChunk.ofKeys(HashRange.ALL, 1, List.of()).write();
    var newer = bytes.clone();
    newer[7] = 2;
    assertThatThrownBy(() -> StateChunk.read("app/f/1", newer))
        .hasMessageContaining("app/f/1")
        .hasMessageContaining("format 2");
    for (int i = 0; i < bytes.length; i++) {
      var damaged = bytes.clone();
      damaged[i] ^= 1;
      assertThatThrownBy(() -> StateChunk.read("app/f/1", damaged))
          .as("byte %s", i)
          .isInstanceOf(CheckpointException.class);
      var cut = Arrays.copyOf(bytes, i);
      assertThatThrownBy(() -> StateChunk.read("app/f/1", cut))
          .as("cut at %s", i)
          .isInstanceOf(CheckpointException.class);
    }
  }

  @Test
  void a_state_that_can_not_be_encoded_is_the_records_failure_and_not_a_crash() {
    var rig = rig(RetryPolicy.upTo(1)).start().restore();
    rig.put("secret", "unwritable");
    rig.put("secret", "2");
    rig.drain();
    assertThat(rig.failed).isNull();
    assertThat(rig.outputs.values()).containsExactly("secret:2");
    assertThat(rig.letters)
        .singleElement()
        .extracting(DeadLetter::message)
        .asString()
        .contains("function f")
        .contains("key hash")
        .doesNotContain("secret");
  }

  @Test
  void a_record_outside_its_shards_range_never_touches_state_silently() {
    var rig = rig(RetryPolicy.forever());
    rig.shard = new Shard(rig.shard.id(), List.of(), LEFT);
    rig.start().restore();
    var key = "a";
    while (LEFT.holds(key)) {
      key += "a";
    }
    var position = rig.put(key, "1");
    rig.drain();
    assertThat(rig.settled).containsEntry(position, Outcome.DEAD_LETTERED);
    assertThat(rig.letters).singleElement().extracting(DeadLetter::code).isEqualTo("ForeignKey");
    assertThat(rig.letters.get(0).message())
        .contains(rig.shardKey().toString())
        .doesNotContain(key);
    assertThat(rig.outputs).isEmpty();

    var next = rig.put(key, "2");
    rig.drain();
    assertThat(rig.events(FunctionEvent.ForeignKeyFound.class))
        .extracting(FunctionEvent.ForeignKeyFound::position, FunctionEvent.ForeignKeyFound::count)
        .containsExactly(tuple(position, 1L), tuple(next, 2L));
  }

  @Test
  void keys_within_a_partition_key_have_states_of_their_own() {
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .keyedBy(Keys.within(value -> value.substring(0, 1)), new Texts())
                    .handledBy(Appending::new, Destination.nowhere()))
            .start()
            .restore();
    rig.putAll("p=x1", "p=y1", "p=x2", "q=x3");
    rig.drain();
    rig.commit();
    rig.advance(10);
    rig.crash();
    rig.put("p", "x4");
    rig.drain();
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder("x:x1", "y:y1", "x:x1x2", "x:x3", "x:x1x2x4");
  }

  @Test
  void a_key_function_that_throws_is_a_letter() {
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .keyedBy(Keys.within(value -> value.substring(5)), new Texts())
                    .handledBy(Appending::new, Destination.nowhere()))
            .start()
            .restore();
    rig.put("p", "x");
    rig.drain();
    assertThat(rig.letters).singleElement().extracting(DeadLetter::code).isEqualTo("NoKey");
  }

  @Test
  void an_async_keyed_function_has_its_key_wait() {
    var stages = new ArrayList<CompletableFuture<Next<String>>>();
    var states = new ArrayList<String>();
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .keyedBy(Keys.partitionKey(), new Texts())
                    .handledAsyncBy(
                        () -> new Waiting(stages, states), Destination.<String>nowhere()))
            .start()
            .restore();
    rig.putAll("a=1", "a=2");
    rig.advance(10);
    assertThat(stages).hasSize(1);
    stages.get(0).complete(Next.state("one"));
    rig.advance(10);
    stages.get(1).complete(Next.same());
    rig.drain();
    assertThat(states).containsExactly("none", "one");
  }

  private record Waiting(List<CompletableFuture<Next<String>>> stages, List<String> states)
      implements AsyncKeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "none";
    }

    @Override
    public CompletionStage<Next<String>> handle(
        String state, Event<String> event, Output<String> out) {
      states.add(state);
      var stage = new CompletableFuture<Next<String>>();
      stages.add(stage);
      return stage;
    }
  }

  /** More states than stay in memory are stored, and the next owner begins. */
  private static HeldBackChunks crashedWithManyStates(Rig rig) {
    var store = new HeldBackChunks();
    rig.chunks = store;
    rig.start().restore();
    for (int i = 0; i < 400; i++) {
      rig.put("k" + i, LARGE);
    }
    rig.drain();
    rig.commit();
    rig.advance(10);
    rig.crash();
    return store;
  }

  /** Chunks whose reading can be held back, or fail. */
  static final class HeldBackChunks extends ForwardingChunkStore {
    private final List<Runnable> held = new ArrayList<>();
    boolean holding;
    boolean down;
    boolean everySecondFails;
    private int calls;

    HeldBackChunks() {
      super(new InMemoryChunkStore());
    }

    @Override
    public CompletionStage<byte[]> get(String name) {
      if (down || (everySecondFails && ++calls % 2 == 0)) {
        return CompletableFuture.failedFuture(new CheckpointException("down"));
      }
      if (!holding) {
        return super.get(name);
      }
      var answer = new CompletableFuture<byte[]>();
      held.add(() -> super.get(name).thenAccept(answer::complete));
      return answer;
    }

    void release() {
      holding = false;
      held.forEach(Runnable::run);
      held.clear();
    }
  }

  static final class CountingChunks extends ForwardingChunkStore {
    final List<String> put = new ArrayList<>();
    final List<String> deleted = new ArrayList<>();
    boolean down;

    CountingChunks() {
      super(new InMemoryChunkStore());
    }

    @Override
    public CompletionStage<Void> put(String name, byte[] bytes) {
      if (down) {
        return CompletableFuture.failedFuture(new CheckpointException("down"));
      }
      put.add(name);
      return super.put(name, bytes);
    }

    @Override
    public CompletionStage<Void> delete(String name) {
      deleted.add(name);
      return super.delete(name);
    }
  }
}
