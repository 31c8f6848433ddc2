package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.through.Address;
import io.headrace.function.through.Envelope;
import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Listed;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.function.through.EnvelopeFormat;
import io.headrace.function.through.Source;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.Tenure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class ThroughReceiverTest {
  private static final Address ADDRESS = new Address("app", "f");
  private static final ShardKey SOURCE =
      new ShardKey(new StreamId("in", Instant.EPOCH), new ShardId("a"));

  private final FunctionSpec<String, String> spec =
      Rig.reading().<String>handledBy(() -> (event, out) -> {}, Destination.nowhere());
  private final Rig rig = new Rig(1, spec);
  private final Environment environment =
      new Environment(
          "app",
          rig.loop,
          rig.loop,
          rig.random,
          new Outlets(
              rig.loop,
              rig.loop,
              name -> {
                throw new StreamException(StreamException.Kind.NOT_FOUND, name);
              },
              DeadLetters.toStream("none"),
              rig),
          rig.chunks,
          rig.events::add);
  private final List<Position> settled = new ArrayList<>();
  private long epoch;

  /** Settles nothing. */
  private static final class Behind implements ShardHandler {
    final List<StreamRecord> passed = new ArrayList<>();
    final List<Position> gone = new ArrayList<>();

    @Override
    public CompletionStage<Void> restore(List<CommitParts> parts) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void handle(List<StreamRecord> records) {
      passed.addAll(records);
    }

    @Override
    public void foundDone(List<Position> positions) {
      gone.addAll(positions);
    }

    @Override
    public CompletionStage<CommitParts> snapshot() {
      return CompletableFuture.completedFuture(CommitParts.NONE);
    }

    @Override
    public void abandon() {}

    @Override
    public void close() {}

    List<Instant> watermarks() {
      return passed.stream()
          .map(StreamRecord::payload)
          .filter(Watermark.class::isInstance)
          .map(payload -> ((Watermark) payload).time())
          .toList();
    }
  }

  private record Held(LeaseToken token) implements Tenure {
    @Override
    public boolean validAt(long ticks) {
      return true;
    }
  }

  private final class Unheard implements ShardHandler.Outcomes {
    @Override
    public void settled(Position position, ShardHandler.Outcome outcome) {
      settled.add(position);
    }

    @Override
    public void returned(List<Position> positions) {}

    @Override
    public void stateChanged() {}

    @Override
    public void failed(Throwable cause) {
      throw new AssertionError(cause);
    }
  }

  private ThroughReceiver open(Behind behind) {
    var tenure = new Held(new LeaseToken(new Incarnation("w", "1"), ++epoch));
    var context =
        new ShardHandler.Context(rig.shardKey(), rig.shard, tenure, epoch, rig.loop, new Unheard());
    var engine = Overhearing.of(context);
    var scope = new Scope("f", engine.in(context), environment);
    var letters = FunctionHost.open(spec, environment).letters(scope);
    return new ThroughReceiver(scope, ADDRESS, List.of("in"), true, letters, engine, behind);
  }

  /** One that goes on from a commit. */
  private ThroughReceiver restored(Behind behind, CommitParts commit) {
    var receiver = open(behind);
    done(receiver.restore(List.of(commit)));
    return receiver;
  }

  private <T> T done(CompletionStage<T> stage) {
    rig.loop.runUntilIdle();
    return stage.toCompletableFuture().join();
  }

  private static Instant at(int second) {
    return Instant.EPOCH.plusSeconds(second);
  }

  private static StreamRecord record(long position, Envelope envelope) {
    return new StreamRecord(
        Position.of(position), "k", at(0), EnvelopeFormat.write(ADDRESS, envelope));
  }

  private static StreamRecord mark(long position, int time) {
    var roster = List.of(new Listed(SOURCE.shard(), List.of()));
    return record(
        position, new Mark(SOURCE, Position.of(position), at(time), at(time), false, roster));
  }

  private static StreamRecord carried(long position, int time) {
    var source = new Source(SOURCE, Position.of(position));
    return record(
        position,
        new Carried(source, false, "k", "p", at(0), at(time), at(0), Map.of(), new byte[] {'x'}));
  }

  private static StreamRecord sum(long position, long... places) {
    var positions = Arrays.stream(places).mapToObj(Position::of).toList();
    return record(position, new Partial(SOURCE, positions, "k", at(5), at(6), 0, new byte[] {'s'}));
  }

  @Test
  void a_sum_is_handed_on_once_and_one_that_overlaps_with_what_was_counted_is_a_letter() {
    var behind = new Behind();
    var first = open(behind);

    first.handle(List.of(sum(1, 11, 12), sum(2, 11, 12), sum(3, 12, 13), carried(13, 5)));
    rig.loop.runUntilIdle();

    assertThat(behind.passed)
        .extracting(StreamRecord::position)
        .containsExactly(Position.of(1), Position.of(13));
    assertThat(behind.passed.get(0).payload()).isInstanceOf(PartialPayload.class);
    assertThat(rig.letters).extracting(DeadLetter::code).containsExactly("OverlappingSum");
  }

  @Test
  void a_sum_that_was_under_way_at_a_commit_is_no_duplicate_of_itself() {
    var first = open(new Behind());
    first.handle(List.of(sum(1, 11, 12)));
    var stored = done(first.snapshot());
    var behind = new Behind();

    restored(behind, stored).handle(List.of(sum(1, 11, 12), sum(2, 11, 12)));

    assertThat(behind.passed).extracting(StreamRecord::position).containsExactly(Position.of(1));
  }

  @Test
  void a_mark_that_comes_again_says_what_it_said_and_nothing_of_later_ones() {
    var records = List.of(carried(1, 5), mark(2, 20), carried(3, 25), mark(4, 30));
    var first = open(new Behind());
    first.handle(records);
    // All is read ahead, nothing is settled.
    var stored = done(first.snapshot());
    var behind = new Behind();
    var second = restored(behind, stored);
    second.handle(records);
    assertThat(behind.passed).hasSize(4);
    assertThat(behind.watermarks()).containsExactly(at(20), at(30));
  }

  @Test
  void what_was_under_way_at_a_commit_is_no_duplicate_of_itself_for_who_goes_back_to_a_copy() {
    var records = List.of(carried(1, 5), mark(2, 20), carried(3, 25), mark(4, 30));
    var first = open(new Behind());
    first.handle(records);
    var stored = done(first.snapshot());
    var root = StateRoot.of(stored, ThroughReceiver.PART).orElseThrow();
    assertThat(ThroughReceiver.isChunk(root.chunk())).as("swept by its name").isTrue();
    var copy = "app/f/snapshots/friday/carried";
    rig.chunks
        .get(root.chunk())
        .thenCompose(bytes -> rig.chunks.put(copy, bytes))
        .toCompletableFuture()
        .join();
    var behind = new Behind();
    var second = restored(behind, new StateRoot(copy, root.checksum()).parts(ThroughReceiver.PART));

    second.handle(records);

    assertThat(behind.passed).hasSize(4);
    assertThat(behind.watermarks()).containsExactly(at(20), at(30));
  }

  /** Whoever sorts what comes can't tell it by what comes behind. */
  @Test
  void what_was_under_way_and_is_trimmed_by_now_is_told_as_done() {
    var first = open(new Behind());
    first.handle(List.of(carried(1, 5), carried(2, 6), carried(3, 7)));
    var stored = done(first.snapshot());
    var behind = new Behind();
    var second = restored(behind, stored);

    second.handle(List.of(carried(2, 6), carried(4, 8)));

    assertThat(behind.gone).containsExactlyInAnyOrder(Position.of(1), Position.of(3));
  }

  /** Its sender has put it again before it says that it is there. */
  @Test
  void what_a_packed_record_brought_into_a_shard_of_other_keys_is_left_to_the_shard_of_its_key() {
    var behind = new Behind();
    var receiver = open(behind);
    var stray = carried(1, 5);

    receiver.handle(
        List.of(
            new StreamRecord(
                stray.position(), stray.key(), stray.arrivedAt(), stray.payload(), Map.of(), true),
            carried(2, 6)));
    rig.loop.runUntilIdle();

    assertThat(behind.passed).extracting(StreamRecord::position).containsExactly(Position.of(2));
    assertThat(settled).containsExactly(Position.of(1));
  }
}
