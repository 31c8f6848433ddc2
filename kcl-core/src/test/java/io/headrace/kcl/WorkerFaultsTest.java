package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** The worker while its store, its stream or its handlers fail. */
class WorkerFaultsTest extends WorkerScenario {
  @Test
  void goes_on_handling_while_the_store_is_gone_and_commits_when_it_is_back() {
    engine.worker("w1", "alarms");
    engine.seconds(1);
    engine.progress.outOfReach(true);
    for (int i = 0; i < 300; i++) {
      engine.put(2, 7);
      engine.seconds(1);
    }
    assertThat(engine.progress.writes()).isZero();
    assertThat(engine.events(WorkerEvent.Retrying.class)).hasSizeGreaterThan(50);

    engine.progress.outOfReach(false);
    engine.seconds(10);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSize(600);
    assertEverythingCommitted("alarms");
  }

  @Test
  void seals_as_soon_as_a_store_that_was_gone_is_back() {
    engine.progress.outOfReach(true);
    engine.put(20, 3);
    engine.worker("w1", "alarms");
    engine.seconds(180);
    assertThat(engine.function("alarms").deliveries).isEmpty();

    engine.progress.outOfReach(false);
    engine.seconds(8);

    assertNothingLost("alarms");
  }

  @Test
  void restores_again_when_state_was_out_of_reach() {
    engine.function("alarms").restoreFails = true;
    engine.put(20, 3);
    engine.worker("w1", "alarms");
    engine.seconds(60);
    assertThat(engine.function("alarms").deliveries).isEmpty();

    engine.function("alarms").restoreFails = false;
    engine.seconds(8);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").open).hasSize(2);
  }

  @Test
  void a_function_alone_has_its_cursors_ready_while_it_restores_and_reads_nothing_before() {
    var flaky = new FlakyStream(engine.stream);
    engine.read = flaky;
    engine.function("alarms").restoreFails = true;
    engine.put(20, 3);
    engine.worker("w1", "alarms");
    engine.seconds(60);
    assertThat(flaky.preparedCursors).as("one for each shard").isEqualTo(2);
    assertThat(flaky.fetches).isZero();

    engine.function("alarms").restoreFails = false;
    engine.seconds(8);

    assertNothingLost("alarms");
    assertThat(flaky.preparedCursors).isEqualTo(2);
  }

  @Test
  void gives_up_a_shard_whose_handler_can_not_go_on_and_skips_nothing() {
    var worker = engine.worker("w1", "alarms", "audit");
    engine.put(20, 5);
    engine.seconds(1);
    var broken = engine.function("alarms").open.get(0);
    engine.fleet.assigning(false);
    engine.loop.execute(() -> broken.context.outcomes().failed(new OutOfMemoryError("planted")));
    engine.loop.runUntilIdle();

    var failed = engine.events(WorkerEvent.ShardFailed.class);
    assertThat(failed).hasSize(1);
    assertThat(failed.get(0).function()).isEqualTo("alarms");
    assertThat(failed.get(0).cause()).hasMessage("planted");
    assertThat(engine.fleet.log())
        .contains(
            "giveUp "
                + failed.get(0).shard().shard()
                + ": function alarms failed with java.lang.OutOfMemoryError");
    assertThat(engine.status(worker).shards()).hasSize(1);
    engine.events.clear();
    engine.put(20, 5);
    engine.fleet.assigning(true);
    engine.seconds(10);

    assertNothingLost("alarms");
    assertNothingLost("audit");
  }

  @Test
  void gives_up_a_shard_whose_handler_throws() {
    engine.function("alarms").throwsOn = "key-1";
    engine.worker("w1", "alarms");
    engine.seconds(1);
    engine.fleet.assigning(false);
    engine.put(20, 5);
    engine.seconds(1);

    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isNotEmpty();
    assertThat(engine.function("alarms").faults).isEmpty();
    engine.function("alarms").throwsOn = "";
    engine.events.clear();
    engine.fleet.assigning(true);
    engine.seconds(5);
    assertNothingLost("alarms");
  }

  @Test
  void frees_every_byte_of_a_shard_that_fails_before_all_functions_had_its_records() {
    engine.function("alarms").throwsOn = "key-0";
    var worker = engine.worker("w1", "alarms", "audit");
    engine.seconds(1);
    engine.fleet.assigning(false);
    engine.put(6, 1);
    engine.advance(Duration.ofMillis(100));
    engine.fleet.want(engine.shard(0));
    engine.fleet.want(engine.shard(1));
    engine.seconds(1);

    assertThat(engine.events(WorkerEvent.ShardFailed.class)).hasSize(1);
    assertThat(engine.status(worker).shards()).isEmpty();
    assertThat(engine.status(worker).bytesInFlight()).isZero();
  }

  @Test
  void frees_every_byte_when_a_handler_gives_back_what_it_was_not_handed() {
    engine.function("alarms").stuckKeys.addAll(List.of("key-0", "key-1"));
    var worker = engine.worker("w1", "alarms");
    engine.put(6, 2);
    engine.seconds(1);
    engine.fleet.assigning(false);
    var handlers = List.copyOf(engine.function("alarms").open);
    assertThat(engine.status(worker).bytesInFlight()).isPositive();

    for (var handler : handlers) {
      var returned = new ArrayList<>(handler.inLanes());
      returned.add(Position.of(999_999));
      engine.loop.execute(() -> handler.context.outcomes().returned(returned));
    }
    engine.seconds(1);

    assertThat(engine.events(WorkerEvent.ShardFailed.class)).hasSize(handlers.size());
    assertThat(engine.status(worker).bytesInFlight()).isZero();
  }

  @Test
  void holds_records_while_the_lease_is_in_doubt_and_goes_on_after_it() {
    engine.worker("w1", "alarms");
    engine.seconds(1);
    engine.fleet.doubt(engine.shard(0), true);
    engine.fleet.doubt(engine.shard(1), true);
    engine.put(20, 5);
    engine.seconds(30);
    assertThat(engine.function("alarms").batches).isEmpty();

    engine.fleet.doubt(engine.shard(0), false);
    engine.fleet.doubt(engine.shard(1), false);
    engine.seconds(2);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSize(20);
  }

  @Test
  void tells_of_a_gap_and_goes_on_behind_it() {
    var first = engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.seconds(3);
    stop(first);
    engine.function("alarms").tolerant = true;
    engine.put(20, 5);
    for (int shard = 0; shard < 2; shard++) {
      var key = engine.shard(shard).shard();
      var records = engine.stream.recordsOf(key);
      engine.stream.trim(key, records.get(records.size() - 2).position());
    }
    engine.worker("w2", "alarms");
    engine.seconds(3);

    assertThat(engine.events(WorkerEvent.GapFound.class)).hasSize(2);
    assertThat(engine.function("alarms").deliveries).hasSize(22);
  }

  @Test
  void reads_on_after_a_stream_that_failed_for_a_while() {
    var flaky = new FlakyStream(engine.stream);
    engine.read = flaky;
    var worker = engine.worker("w1", "alarms");
    engine.seconds(1);
    flaky.failure = StreamException.Kind.RETRYABLE;
    engine.seconds(2); // those that wait at the tip still get an answer
    engine.put(20, 5);
    engine.seconds(100);
    assertThat(engine.function("alarms").deliveries).isEmpty();
    // Nobody says how far behind it is: at least for as long as nothing was read.
    assertThat(engine.status(worker).shards())
        .allSatisfy(
            shard ->
                assertThat(shard.functions().get(0).behind())
                    .hasValueSatisfying(
                        behind -> assertThat(behind).isGreaterThan(Duration.ofSeconds(90))));
    assertThat(engine.events(WorkerEvent.Retrying.class)).hasSizeBetween(20, 80);

    flaky.failure = null;
    engine.seconds(11);

    assertNothingLost("alarms");
    assertThat(engine.status(worker).shards())
        .allSatisfy(shard -> assertThat(shard.functions().get(0).behind()).contains(Duration.ZERO));
  }

  @Test
  void replaces_a_cursor_that_never_answers() {
    var flaky = new FlakyStream(engine.stream);
    engine.read = flaky;
    engine.worker("w1", "alarms");
    engine.put(20, 5);
    engine.seconds(2);
    flaky.silent = true;
    engine.seconds(2);
    engine.put(20, 5);
    engine.seconds(30);
    flaky.silent = false;
    engine.seconds(50);

    assertNothingLost("alarms");
    assertThat(engine.function("alarms").deliveries).hasSize(40);
  }

  @Test
  void gives_up_a_shard_that_the_stream_does_not_have() {
    var flaky = new FlakyStream(engine.stream);
    engine.read = flaky;
    flaky.failure = StreamException.Kind.NOT_FOUND;
    var worker = engine.worker("w1", "alarms");
    engine.advance(Duration.ofMillis(20));
    engine.fleet.assigning(false);
    engine.seconds(2);

    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isNotEmpty();
    assertThat(engine.status(worker).shards()).isEmpty();
    assertThat(engine.status(worker).bytesInFlight()).isZero();
  }

  @Test
  void does_not_start_without_its_stream() {
    var flaky = new FlakyStream(engine.stream);
    flaky.identifyFailures = 100;
    var refused = start(flaky);
    engine.seconds(30);
    assertThat(refused).isCompletedExceptionally();

    var patient = new FlakyStream(engine.stream);
    patient.identifyFailures = 3;
    var joined = start(patient);
    engine.seconds(30);
    assertThat(joined).isCompleted();
  }

  private void assertEverythingCommitted(String function) {
    for (var shard : engine.stream.shardsNow()) {
      var records = engine.stream.recordsOf(shard.id());
      assertThat(engine.progress.progress(engine.key(shard), function).through())
          .contains(records.get(records.size() - 1).position());
    }
  }

  private CompletableFuture<Void> start(ShardedStream stream) {
    var spec =
        new HandlerSpec(
            "alarms",
            stream,
            engine.limits,
            5,
            engine.function("alarms"),
            engine.progress.of("alarms", StartingPosition.TRIM_HORIZON));
    var worker =
        new Worker(
            engine.settings,
            List.of(spec),
            engine.fleet.member("w"),
            engine.loop,
            engine.random,
            engine.events::add);
    return worker.start().toCompletableFuture();
  }

  @Test
  void a_closed_shard_that_the_stream_has_forgotten_is_ended_and_its_children_run() {
    var parent = engine.stream.shardsNow().get(0);
    engine.put(20, 5);
    engine.stream.split(parent.id());
    var forgetting = new ForgettingStream(engine.stream);
    engine.read = forgetting;
    forgetting.forgotten.add(parent.id());
    engine.function("alarms").tolerant = true;
    engine.worker("w1", "alarms");

    engine.seconds(10);

    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isEmpty();
    assertThat(engine.events(WorkerEvent.ShardForgotten.class))
        .singleElement()
        .extracting(WorkerEvent.ShardForgotten::shard)
        .isEqualTo(engine.key(parent));
    assertThat(engine.events(WorkerEvent.ShardEnded.class))
        .singleElement()
        .satisfies(ended -> assertThat(ended.children()).hasSize(2));
    engine.put(20, 5);
    engine.seconds(10);
    var children = engine.stream.shardsNow().stream().filter(s -> !s.parents().isEmpty()).toList();
    assertThat(engine.function("alarms").deliveries)
        .extracting(FoldingHandlers.Delivery::shard)
        .containsAnyElementsOf(children.stream().map(engine::key).toList());
  }

  @Test
  void a_shard_that_is_not_found_though_the_stream_lists_it_is_a_failure() {
    var forgetting = new ForgettingStream(engine.stream);
    forgetting.listsAll = true;
    forgetting.forgotten.add(engine.stream.shardsNow().get(0).id());
    engine.read = forgetting;
    engine.worker("w1", "alarms");

    engine.seconds(2);

    assertThat(engine.events(WorkerEvent.ShardFailed.class)).isNotEmpty();
    assertThat(engine.events(WorkerEvent.ShardForgotten.class)).isEmpty();
  }

  /** A stream that does not know some of its shards any more. */
  private static final class ForgettingStream implements ShardedStream {
    private final ShardedStream stream;
    private final Set<ShardId> forgotten = new HashSet<>();
    private boolean listsAll;

    ForgettingStream(ShardedStream stream) {
      this.stream = stream;
    }

    @Override
    public String name() {
      return stream.name();
    }

    @Override
    public CompletionStage<StreamId> identify() {
      return stream.identify();
    }

    @Override
    public CompletionStage<List<Shard>> shards() {
      return stream
          .shards()
          .thenApply(
              all -> all.stream().filter(s -> listsAll || !forgotten.contains(s.id())).toList());
    }

    @Override
    public ShardCursor open(Shard shard, StartingPosition from) {
      if (!forgotten.contains(shard.id())) {
        return stream.open(shard, from);
      }
      return new ShardCursor() {
        @Override
        public CompletionStage<Fetched> fetch(long bytes) {
          return CompletableFuture.failedFuture(
              new StreamException(StreamException.Kind.NOT_FOUND, "no shard " + shard.id()));
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void close() {}
  }
}
