package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.FunctionRegister;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What an engineer on call does to state while shards are split and merged. */
class StateToolsReshardingTest {
  private static final Duration SETTLED = Duration.ofSeconds(20);
  private static final List<String> KEYS = List.of("ann", "bob", "cyd", "dan", "eve", "fay");
  private static final Operations.Target NOTES = Operations.Target.of("notes");

  private final SimulatedLoop loop = new SimulatedLoop(5);
  private final SplittableRandom random = new SplittableRandom(5);
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final InMemoryStream in = streams.create("in", 2, loop);
  private final Map<String, String> expected = new TreeMap<>();
  private int put;

  private final FunctionSpec<String, String> spec =
      FunctionSpec.named("notes")
          .reading(Rig.input())
          .keyedBy(Keys.partitionKey(), new Texts())
          .handledBy(KeyedHandlerTest.Appending::new, Destination.nowhere());

  private void start() {
    var unused =
        FunctionRuntime.named("app")
            .workerId("w1")
            .on(loop, loop, loop, random)
            .leasesIn(leases)
            .checkpointsIn(checkpoints)
            .stateIn(chunks)
            .connecting(streams)
            .committingEvery(Duration.ofSeconds(1))
            .leaseTime(Duration.ofSeconds(5))
            .run(spec)
            .start();
    settle();
  }

  private StateReader reader(OperatorStore store) {
    return new StateReader("app", List.of(spec), leases, store, chunks, loop);
  }

  private Operations operations() {
    return new Operations("app", List.of(spec), leases, checkpoints, loop, random, "ann");
  }

  private StateSnapshots snapshots() {
    return new StateSnapshots(reader(checkpoints), checkpoints, random);
  }

  private StateOperations state() {
    return new StateOperations(operations(), snapshots());
  }

  private <T> T done(CompletionStage<T> stage) {
    loop.runUntilIdle();
    return stage.toCompletableFuture().join();
  }

  private void settle() {
    loop.advance(SETTLED);
  }

  private void putAll() {
    for (var key : KEYS) {
      var value = "/" + put++ + ".".repeat(900);
      in.put(key, value.getBytes(UTF_8));
      expected.merge(key, key + ":" + value, (before, first) -> before + value);
    }
  }

  private Map<String, String> states(OperatorStore store) {
    var all = new CollectedState();
    done(reader(store).all("notes", all));
    return all.states();
  }

  private Map<String, String> statesByKey() {
    var all = new TreeMap<String, String>();
    for (var key : KEYS) {
      for (var entry : done(reader(checkpoints).key("notes", key)).entries()) {
        all.put(key, new String(entry.bytes(), UTF_8));
      }
    }
    return all;
  }

  private ShardId shard(int number) {
    return in.shardsNow().get(number).id();
  }

  private void pause(ShardId shard) {
    done(
        operations()
            .pause(
                new Operations.Target("notes", Optional.of(shard.value()), Optional.empty()),
                "to look"));
    settle();
  }

  /** Both shards are split, and nobody ends them. */
  private void splitWhilePaused() {
    start();
    putAll();
    settle();
    done(operations().pause(NOTES, "to look"));
    settle();
    in.split(shard(0));
    in.split(shard(1));
    loop.advance(Duration.ofMinutes(2));
  }

  @Test
  void children_that_wait_for_their_parents_hide_nothing() {
    splitWhilePaused();

    assertThat(states(checkpoints)).isEqualTo(expected);
    assertThat(statesByKey()).isEqualTo(expected);
  }

  @Test
  void a_merge_that_waits_for_its_second_parent_hides_nothing() {
    start();
    putAll();
    settle();
    for (int waiting = 0; waiting < 2; waiting++) {
      var left = in.openShards().get(0).id();
      var right = in.openShards().get(1).id();
      pause(waiting == 0 ? left : right);
      in.merge(left, right);
      loop.advance(Duration.ofMinutes(2));

      assertThat(states(checkpoints)).isEqualTo(expected);
      assertThat(statesByKey()).isEqualTo(expected);
      done(operations().resume(NOTES, "on"));
      settle();
      in.split(in.openShards().get(0).id());
      settle();
    }
  }

  @Test
  void a_seek_to_a_snapshot_leaves_children_alone_that_wait_for_their_parents() {
    splitWhilePaused();
    done(snapshots().take("notes", "friday"));

    done(state().seek(NOTES, "friday", "a bad deploy"));
    done(operations().resume(NOTES, "on"));
    settle();

    assertThat(states(checkpoints)).isEqualTo(expected);
    putAll();
    settle();
    assertThat(states(checkpoints)).isEqualTo(expected);
  }

  @Test
  void a_snapshot_has_no_children_that_waited_for_their_parents() {
    splitWhilePaused();
    done(snapshots().take("notes", "friday"));
    done(operations().resume(NOTES, "on"));
    settle();

    assertThatThrownBy(() -> done(state().seek(NOTES, "friday", "a bad deploy")))
        .hasMessageContaining("was taken before there was this shard");
    settle();
    assertThat(states(checkpoints)).isEqualTo(expected);
  }

  @Test
  void a_shard_that_ends_while_shards_are_looked_for_is_not_passed_over() {
    splitWhilePaused();
    var parents = new TreeMap<String, ProgressRow>();
    var between =
        new Watched(
            key -> {
              if (key.shard().shard().equals(shard(0)) && parents.isEmpty()) {
                parents.put("seen", ProgressRow.absent(key));
                done(operations().resume(NOTES, "on"));
                settle();
              }
            });

    assertThat(states(between)).isEqualTo(expected);
    assertThat(parents).hasSize(1);
  }

  /** Something happens before progress is answered. */
  private final class Watched implements OperatorStore {
    private final Consumer<ProgressKey> before;

    Watched(Consumer<ProgressKey> before) {
      this.before = before;
    }

    @Override
    public FunctionRegister functions() {
      return checkpoints.functions();
    }

    @Override
    public CompletionStage<Orders> orders() {
      return checkpoints.orders();
    }

    @Override
    public CompletionStage<Boolean> give(Order order) {
      return checkpoints.give(order);
    }

    @Override
    public CompletionStage<Void> forget(List<Order> spent) {
      return checkpoints.forget(spent);
    }

    @Override
    public CompletionStage<ProgressRow> progress(ProgressKey key) {
      before.accept(key);
      return checkpoints.progress(key);
    }

    @Override
    public CompletionStage<Found> progress(int bucket) {
      return checkpoints.progress(bucket);
    }

    @Override
    public CompletionStage<Boolean> move(ProgressRow seen, StartingPosition to, long order) {
      return checkpoints.move(seen, to, order);
    }

    @Override
    public CompletionStage<Boolean> install(
        ProgressRow seen, StartingPosition to, Progress progress, CommitParts parts, long order) {
      return checkpoints.install(seen, to, progress, parts, order);
    }
  }

  @Test
  void a_name_whose_removal_broke_off_is_not_free_before_it_is_done() {
    start();
    putAll();
    settle();
    var friday = done(snapshots().take("notes", "friday"));
    done(chunks.put("app/notes/snapshots/~friday", friday.write()));
    done(chunks.delete("app/notes/snapshots/friday"));

    assertThatThrownBy(() -> done(snapshots().take("notes", "friday")))
        .hasMessageContaining("is not removed whole yet");
    done(snapshots().remove("notes", "friday"));
    done(snapshots().take("notes", "friday"));
    assertThat(done(snapshots().list("notes"))).hasSize(1);
  }

  @Test
  void a_snapshot_is_not_removed_while_a_commit_names_what_it_has_besides_state() {
    start();
    putAll();
    settle();
    var friday = done(snapshots().take("notes", "friday"));
    var place = done(reader(checkpoints).places().of(spec)).get(0);
    var besides = new StateRoot(friday.directory() + "/x/carried", 7).parts(ThroughReceiver.PART);
    done(
        checkpoints.install(place.row(), StartingPosition.TRIM_HORIZON, Progress.NONE, besides, 1));

    assertThatThrownBy(() -> done(snapshots().remove("notes", "friday")))
        .hasMessageContaining("still stands on it");
  }

  @Test
  void an_erasure_is_told_as_done_where_nothing_was_kept() {
    start();
    var order = done(state().erase("notes", "ann", "she asked for it"));
    settle();

    assertThat(done(reader(checkpoints).key("notes", "ann")).asOf().erasures())
        .isEqualTo(order.number());
  }

  @Test
  void an_import_leaves_what_a_key_was_told_after_it_was_erased() {
    start();
    putAll();
    settle();
    done(state().erase("notes", "ann", "she asked for it"));
    settle();
    expected.remove("ann");
    putAll();
    settle();

    imported(Optional.of(StartingPosition.at(loop.now())));
    settle();

    assertThat(states(checkpoints)).isEqualTo(expected);
  }

  @Test
  void a_key_is_erased_after_an_import_from_a_place_with_more_orders_than_here() {
    start();
    putAll();
    settle();
    exportedErasures = "70";
    imported(Optional.empty());
    settle();

    done(state().erase("notes", "ann", "she asked for it"));
    settle();

    expected.remove("ann");
    assertThat(states(checkpoints)).isEqualTo(expected);
  }

  @Test
  void what_waits_outside_of_the_state_is_told_and_no_import_goes_on_without_it() {
    start();
    putAll();
    settle();
    done(operations().pause(NOTES, "to look"));
    settle();
    for (var part : List.of(KeyedHandler.PARKED, ThroughReceiver.PART)) {
      var heads = new ArrayList<StateReader.AsOf>();
      for (var place : done(reader(checkpoints).places().of(spec))) {
        var parts = CommitParts.of(part, new byte[0]);
        done(
            checkpoints.install(
                place.row(), StartingPosition.TRIM_HORIZON, Progress.NONE, parts, 9));
        heads.add(done(reader(checkpoints).all("notes", new CollectedState())).get(heads.size()));
      }
      assertThat(heads).allSatisfy(head -> assertThat(head.outside()).containsExactly(part));
      var into = new StateImport(reader(checkpoints), state(), "notes", true, random);
      done(into.begin());
      heads.forEach(into::add);
      assertThatThrownBy(() -> done(into.finish(Optional.empty(), "moving house")))
          .hasMessageContaining("say with --to where it reads on");
    }
  }

  @Test
  void an_import_reads_on_where_every_shard_can_be_read() {
    start();
    putAll();
    settle();

    assertThatThrownBy(() -> imported(Optional.of(StartingPosition.at(loop.now().plusSeconds(9)))))
        .hasMessageContaining("lies in the future");
    assertThatThrownBy(() -> imported(Optional.of(StartingPosition.after(Position.of(7)))))
        .hasMessageContaining("says nothing in any other");
    settle();
    assertThat(states(checkpoints)).isEqualTo(expected);
  }

  @Test
  void erasures_leave_room_for_other_orders() {
    for (int i = 0; i < Orders.ERASURES_MAX; i++) {
      done(state().erase("notes", "customer-" + i, "asked for it"));
    }

    assertThatThrownBy(() -> done(state().erase("notes", "ann", "she asked for it")))
        .hasMessageContaining("orders to erase");
    done(operations().pause(NOTES, "to look"));
  }

  /** Of a state that was exported where so many orders had been given; as it is if null. */
  private @Nullable String exportedErasures;

  private void imported(Optional<StartingPosition> to) {
    var exported = new CollectedState();
    done(reader(checkpoints).all("notes", exported));
    var into = new StateImport(reader(checkpoints), state(), "notes", true, random);
    done(into.begin());
    exported
        .shards()
        .forEach(
            (head, entries) -> {
              into.add(elsewhere(head));
              done(into.add(entries));
            });
    done(into.finish(to, "moving house"));
  }

  private StateReader.AsOf elsewhere(StateReader.AsOf head) {
    if (exportedErasures == null) {
      return head;
    }
    var notes = new HashMap<>(head.notes());
    notes.put(StateErasure.NOTE, exportedErasures.getBytes(UTF_8));
    return new StateReader.AsOf(
        head.function(), head.shard(), head.range(), head.progress(), head.revision(), notes);
  }
}
