package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Instant.EPOCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What an engineer on call does to state, beside workers on a simulated loop. */
class StateToolsTest {
  private static final Duration SETTLED = Duration.ofSeconds(5);
  private static final List<String> KEYS = List.of("ann", "bob", "cyd", "dan", "eve", "fay");

  private final SimulatedLoop loop = new SimulatedLoop(5);
  private final SplittableRandom random = new SplittableRandom(5);
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryLeaseTable leases = new InMemoryLeaseTable();
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final InMemoryStream in = streams.create("in", 3, loop);
  private final Map<String, String> expected = new TreeMap<>();
  private final FunctionSpec<String, String> spec = appending("notes");
  private final FunctionSpec<String, String> heir = appending("heir");
  private int put;

  private static FunctionSpec<String, String> appending(String name) {
    return FunctionSpec.named(name)
        .reading(Rig.input())
        .keyedBy(Keys.partitionKey(), new Texts())
        .beginningAnew() // An heir looks like the function whose state it is given.
        .handledBy(KeyedHandlerTest.Appending::new, Destination.nowhere());
  }

  private FunctionRuntime.Running start(String worker, FunctionSpec<String, String> function) {
    return FunctionRuntime.named("app")
        .workerId(worker)
        .on(loop, loop, loop, random)
        .leasesIn(leases)
        .checkpointsIn(checkpoints)
        .stateIn(chunks)
        .connecting(streams)
        .committingEvery(Duration.ofSeconds(1))
        .leaseTime(Duration.ofSeconds(5))
        .run(function)
        .start();
  }

  private void stop(FunctionRuntime.Running running) {
    var stopped = running.stop();
    loop.advance(Duration.ofSeconds(10));
    assertThat(stopped.toCompletableFuture()).isDone();
  }

  private StateReader reader(ChunkStore through) {
    return new StateReader(
        "app", List.of(spec, heir, stateless()), leases, checkpoints, through, loop);
  }

  private StateReader reader() {
    return reader(chunks);
  }

  private static FunctionSpec<String, String> stateless() {
    return FunctionSpec.named("plain")
        .reading(Rig.input())
        .handledBy(() -> (event, out) -> {}, Destination.nowhere());
  }

  private Operations operations() {
    return new Operations("app", List.of(spec, heir), leases, checkpoints, loop, random, "ann");
  }

  private StateSnapshots snapshots() {
    return new StateSnapshots(reader(), checkpoints, random);
  }

  private StateOperations state() {
    return new StateOperations(operations(), snapshots());
  }

  private <T> T done(CompletionStage<T> stage) {
    loop.runUntilIdle();
    return stage.toCompletableFuture().join();
  }

  private void refused(String message, Supplier<CompletionStage<?>> deed) {
    assertThatThrownBy(() -> done(deed.get())).hasMessageContaining(message);
  }

  /** Each key gets so many records of so many bytes. */
  private void put(int each, int bytes) {
    for (int i = 0; i < each; i++) {
      for (var key : KEYS) {
        put(key, bytes);
      }
    }
  }

  private void put(String key, int bytes) {
    var value = "/" + put++ + ".".repeat(bytes);
    var unused = in.sink().put(List.of(new StreamSink.Entry(key, value.getBytes(UTF_8))));
    expected.merge(key, key + ":" + value, (before, first) -> before + value);
  }

  private Map<String, String> states(String function) {
    return states(reader(), function);
  }

  private Map<String, String> states(StateReader reader, String function) {
    var all = new CollectedState();
    done(reader.all(function, all));
    return all.states();
  }

  @Test
  void state_is_read_as_of_the_last_commits_by_key_and_as_a_whole_while_a_worker_runs() {
    start("w1", spec);
    put(3, 500);
    loop.advance(SETTLED);

    assertThat(states("notes")).isEqualTo(expected);
    for (var key : KEYS) {
      var read = done(reader().key("notes", key));
      assertThat(read.asOf().range().holds(key)).isTrue();
      assertThat(read.asOf().through()).isPresent();
      assertThat(read.entries()).hasSize(1);
      var entry = read.entries().get(0);
      assertThat(new String(entry.bytes(), UTF_8)).isEqualTo(expected.get(key));
      assertThat(entry.codecVersion()).isEqualTo(1);
    }
    assertThat(done(reader().key("notes", "nobody")).entries()).isEmpty();
    refused("function x: application app has", () -> reader().key("x", "ann"));
    refused("function plain: keeps no state", () -> reader().key("plain", "ann"));
  }

  @Test
  void what_a_split_has_left_is_read_where_it_belongs() {
    start("w1", spec);
    put(3, 500);
    loop.advance(SETTLED);
    in.split(in.shardsNow().get(0).id());
    put(2, 500);
    loop.advance(SETTLED.multipliedBy(3));

    assertThat(states("notes")).isEqualTo(expected);
  }

  @Test
  void a_reader_whose_chunk_is_deleted_under_its_hands_reads_a_later_commit_and_never_half() {
    start("w1", spec);
    put(4, 2_000);
    loop.advance(SETTLED);
    var late = new Late();
    var visitor = new CollectedState();

    var reading = reader(late).all("notes", visitor);
    loop.runUntilIdle();
    for (int i = 0; i < 12; i++) {
      put(1, 2_000);
      loop.advance(SETTLED);
    }
    var wanted = Map.copyOf(expected);
    late.go();
    loop.advance(SETTLED);

    assertThat(reading.toCompletableFuture()).isCompleted();
    assertThat(visitor.states()).isEqualTo(wanted);
  }

  /** Answers nothing before it is told to. */
  private final class Late extends ForwardingChunkStore {
    private final CompletableFuture<Void> going = new CompletableFuture<>();

    Late() {
      super(chunks);
    }

    void go() {
      going.complete(null);
    }

    @Override
    public CompletionStage<byte[]> get(String name) {
      return going.thenCompose(done -> super.get(name));
    }
  }

  @Test
  void a_missing_chunk_of_the_last_commit_is_named_and_never_empty_state() {
    var running = start("w1", spec);
    put(4, 2_000);
    loop.advance(SETTLED);
    stop(running);
    var lost = done(chunks.names("app/notes/" + shard("ann"), Optional.empty()));
    lost.forEach(name -> done(chunks.delete(name)));

    refused("is missing", () -> reader().key("notes", "ann"));
  }

  private String shard(String key) {
    return done(reader().key("notes", key)).asOf().shard().key();
  }

  @Test
  void a_function_goes_back_to_a_snapshot_with_its_position_and_does_the_rest_again() {
    start("w1", spec);
    put(4, 2_000);
    loop.advance(SETTLED);
    var snapshot = done(snapshots().take("notes", "friday"));
    var then = Map.copyOf(expected);
    assertThat(snapshot.shards()).hasSize(3);
    for (int i = 0; i < 10; i++) {
      put(2, 2_000);
      loop.advance(SETTLED);
    }
    assertThat(states("notes")).isEqualTo(expected).isNotEqualTo(then);
    refused("is there already", () -> snapshots().take("notes", "friday"));

    var slow = operations();
    done(slow.pause(Operations.Target.of("notes"), "to see where it stands"));
    loop.advance(SETTLED);
    done(state().seek(Operations.Target.of("notes"), "friday", "a bad deploy"));
    assertThat(states("notes")).as("as of the snapshot, before anything runs").isEqualTo(then);
    refused("still stands on it", () -> snapshots().remove("notes", "friday"));
    done(slow.resume(Operations.Target.of("notes"), "on"));
    loop.advance(SETTLED);

    assertThat(states("notes")).isEqualTo(expected);
    put(2, 50);
    loop.advance(SETTLED);
    assertThat(states("notes")).isEqualTo(expected);
    assertThat(done(snapshots().list("notes")))
        .extracting(Snapshot::name)
        .containsExactly("friday");
  }

  @Test
  void a_snapshot_is_removed_whole_and_its_name_is_free_again() {
    start("w1", spec);
    put(4, 2_000);
    loop.advance(SETTLED);
    var snapshot = done(snapshots().take("notes", "friday"));
    var directory = snapshot.directory() + "/" + shard("ann");
    assertThat(done(chunks.names(directory, Optional.empty()))).isNotEmpty();

    done(snapshots().remove("notes", "friday"));

    assertThat(done(chunks.names(directory, Optional.empty()))).isEmpty();
    assertThat(done(snapshots().list("notes"))).isEmpty();
    refused("there is none", () -> snapshots().remove("notes", "friday"));
    done(snapshots().take("notes", "friday"));
    refused("its name must be", () -> snapshots().take("notes", "a/b"));
  }

  @Test
  void a_snapshot_from_before_a_split_is_refused_for_the_children_and_nothing_is_moved() {
    start("w1", spec);
    put(4, 2_000);
    loop.advance(SETTLED);
    done(snapshots().take("notes", "friday"));
    in.split(in.shardsNow().get(0).id());
    put(1, 10);
    loop.advance(SETTLED.multipliedBy(3));

    refused(
        "was taken before there was this shard",
        () -> state().seek(Operations.Target.of("notes"), "friday", "back"));
    refused(
        "there is none; there are [friday]",
        () -> state().seek(Operations.Target.of("notes"), "monday", "back"));
    assertThat(done(checkpoints.orders()).given()).isEmpty();
    assertThat(states("notes")).isEqualTo(expected);
  }

  @Test
  void a_key_is_erased_while_its_function_runs_and_only_once() {
    var first = start("w1", spec);
    put(4, 2_000);
    loop.advance(SETTLED);

    var order = done(state().erase("notes", "bob", "she asked for it"));
    loop.advance(SETTLED.multipliedBy(2));

    expected.remove("bob");
    assertThat(states("notes")).isEqualTo(expected);
    assertThat(done(reader().key("notes", "bob")).asOf().erasures()).isEqualTo(order.number());
    assertThat(order.toString()).doesNotContain("bob");
    put("bob", 10);
    loop.advance(SETTLED);
    assertThat(states("notes")).as("a new beginning").isEqualTo(expected);

    stop(first);
    var second = start("w2", spec);
    loop.advance(SETTLED);
    in.split(in.shardsNow().get(0).id());
    in.split(in.shardsNow().get(1).id());
    in.split(in.shardsNow().get(2).id());
    put(1, 10);
    loop.advance(SETTLED.multipliedBy(3));
    stop(second);
    start("w3", spec);
    put(1, 10);
    loop.advance(SETTLED.multipliedBy(2));
    assertThat(states("notes")).as("no order is obeyed twice").isEqualTo(expected);
    refused("key: is empty", () -> state().erase("notes", "", "x"));
  }

  /** Keeps how often it was told something, and a timer with it. */
  private static final class Napping implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      return Next.state(state + "x").wakeAfter("nap", Duration.ofDays(1));
    }

    @Override
    public Next<String> onTimer(String state, WakeUp timer, Output<String> out) {
      return Next.same();
    }
  }

  @Test
  void timers_and_the_ids_of_duplicates_are_erased_with_a_key() {
    var napping =
        FunctionSpec.named("notes")
            .reading(Rig.input().deduplicatedBy(value -> value, Duration.ofHours(1)))
            .keyedBy(Keys.partitionKey(), new Texts())
            .handledBy(Napping::new, Destination.nowhere());
    start("w1", napping);
    for (int i = 0; i < 3; i++) {
      send("bob", "the same");
      send("ann", "hers");
    }
    loop.advance(SETTLED);
    assertThat(kindsOf("bob")).containsExactlyInAnyOrder("STATE x", "TIMER nap");

    done(state().erase("notes", "bob", "he asked for it"));
    loop.advance(SETTLED.multipliedBy(2));
    assertThat(kindsOf("bob")).isEmpty();
    send("bob", "the same");
    send("ann", "hers");
    loop.advance(SETTLED);

    assertThat(kindsOf("bob")).as("its id was forgotten").contains("STATE x", "TIMER nap");
    assertThat(kindsOf("ann")).as("hers was not").contains("STATE x", "TIMER nap");
  }

  private void send(String key, String value) {
    var unused = in.sink().put(List.of(new StreamSink.Entry(key, value.getBytes(UTF_8))));
  }

  private List<String> kindsOf(String key) {
    return done(reader().key("notes", key)).entries().stream()
        .map(
            entry ->
                entry.kind()
                    + " "
                    + entry
                        .timer()
                        .map(StoredEntry.SetTimer::name)
                        .orElseGet(() -> new String(entry.bytes(), UTF_8)))
        .toList();
  }

  @Test
  void a_key_that_was_erased_does_not_come_back_with_a_snapshot_from_before() {
    start("w1", spec);
    put(4, 2_000);
    loop.advance(SETTLED);
    done(snapshots().take("notes", "friday"));
    done(state().erase("notes", "bob", "she asked for it"));
    loop.advance(SETTLED.multipliedBy(2));

    done(state().seek(Operations.Target.of("notes"), "friday", "a bad deploy"));
    loop.advance(SETTLED.multipliedBy(2));

    expected.remove("bob");
    assertThat(states("notes")).isEqualTo(expected);
  }

  @Test
  void exported_state_is_what_another_function_goes_on_from() {
    var running = start("w1", spec);
    put(4, 2_000);
    loop.advance(SETTLED);
    stop(running);
    var exported = new CollectedState();
    done(reader().all("notes", exported));

    imported("heir", exported, Optional.empty(), false);
    assertThat(states("heir")).isEqualTo(expected);
    put(2, 100);
    start("w2", heir);
    loop.advance(SETTLED.multipliedBy(2));

    assertThat(states("heir")).as("it went on where the other was").isEqualTo(expected);
    refused("there is state already", () -> begun("heir", false).begin());
  }

  @Test
  void an_import_may_replace_what_is_there_and_say_where_it_reads_on() {
    var running = start("w1", spec);
    put(2, 100);
    loop.advance(SETTLED);
    stop(running);
    var before = Map.copyOf(expected);
    var exported = new CollectedState();
    done(reader().all("notes", exported));
    var again = start("w2", spec);
    put(2, 100);
    loop.advance(SETTLED);
    stop(again);

    imported("notes", exported, Optional.of(StartingPosition.at(loop.now())), true);
    assertThat(states("notes")).isEqualTo(before);
    expected.clear();
    before.forEach(expected::put);
    start("w3", spec);
    loop.advance(SETTLED);
    put(1, 10);
    loop.advance(SETTLED);

    assertThat(states("notes")).isEqualTo(expected);
  }

  @Test
  void a_window_that_is_imported_without_its_mark_is_open() {
    var running = start("w1", heir);
    put(1, 10);
    loop.advance(SETTLED);
    stop(running);
    var window =
        new WindowKey(new StateKey("ann", "ann"), new Windows.Span(EPOCH, EPOCH.plusSeconds(60)));
    var sum = new StoredEntry(EntryKeys.sumOf(window), StateValue.of(new byte[] {'7'}, 0));

    var into = begun("heir", true);
    done(into.begin());
    done(into.add(List.of(sum)));
    done(into.finish(Optional.of(StartingPosition.TRIM_HORIZON), "moving house"));

    var found = new CollectedState();
    done(reader().all("heir", found));
    assertThat(found.shards().values().stream().flatMap(List::stream))
        .containsExactlyInAnyOrder(sum, new StoredEntry(EntryKeys.openOf(window), EntryKeys.OPEN));
  }

  private StateImport begun(String function, boolean replaces) {
    return new StateImport(reader(), state(), function, replaces, random);
  }

  private void imported(
      String function, CollectedState exported, Optional<StartingPosition> to, boolean replaces) {
    var into = begun(function, replaces);
    done(into.begin());
    exported
        .shards()
        .forEach(
            (shard, entries) -> {
              into.add(shard);
              done(into.add(entries));
            });
    done(into.finish(to, "moving house"));
    assertThat(into.entries()).isEqualTo(exported.states().size());
  }

  @Test
  void an_import_without_a_shards_position_is_refused_and_changes_nothing() {
    var running = start("w1", spec);
    put(2, 100);
    loop.advance(SETTLED);
    stop(running);
    var into = begun("heir", false);
    done(into.begin());

    refused("say with --to where it reads on", () -> into.finish(Optional.empty(), "x"));
    assertThat(states("heir")).isEmpty();
  }
}
