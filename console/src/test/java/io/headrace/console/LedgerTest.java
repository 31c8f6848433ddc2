package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.FunctionEvent;
import io.headrace.function.KeyParking;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.WorkerEvent;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static final ShardId SHARD = new ShardId("shardId-0");
  private static final ShardKey KEY = new ShardKey(new StreamId("s", Instant.EPOCH), SHARD);

  private final Ledger ledger = new Ledger();

  @Test
  void a_record_counts_when_it_is_settled_and_a_commit_has_passed_it() {
    put(1, 2, 3, 4);
    settle(Outcome.HANDLED, 1);
    settle(Outcome.FILTERED, 2);
    settle(Outcome.DEAD_LETTERED, 3);
    settle(Outcome.HANDLED, 4);
    commit(3);

    assertThat(ledger.account()).isEqualTo(new Ledger.Account(4, 1, 1, 1, 0, 0, 0, 1, 0, 0));
  }

  @Test
  void a_misrouted_record_that_was_dropped_counts_as_that_and_not_as_filtered() {
    put(1, 2);
    settle(Outcome.HANDLED, 1);
    settle(Outcome.DROPPED_AS_MISROUTED, 2);
    commit(2);

    assertThat(ledger.account()).isEqualTo(new Ledger.Account(2, 1, 0, 0, 1, 0, 0, 0, 0, 0));
  }

  @Test
  void a_parked_record_counts_as_that_until_it_is_told_what_became_of_it() {
    put(1, 2);
    settle(Outcome.PARKED, 1);
    settle(Outcome.HANDLED, 2);
    commit(2);

    assertThat(ledger.account()).isEqualTo(new Ledger.Account(2, 1, 0, 0, 0, 0, 1, 0, 0, 0));

    var load = new KeyParking.Load(0, 0, 0, KeyParking.DEFAULT);
    ledger.on(
        new FunctionEvent.ParkedSettled(
            "f", KEY, "s/shardId-0/1:0", Position.of(1), Outcome.HANDLED, load));
    assertThat(ledger.account()).isEqualTo(new Ledger.Account(2, 2, 0, 0, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void a_record_that_a_commit_passed_and_nobody_settled_is_unaccounted() {
    put(1, 2, 3);
    settle(Outcome.HANDLED, 1);
    settle(Outcome.HANDLED, 3);
    commit(3);

    assertThat(ledger.account()).isEqualTo(new Ledger.Account(3, 2, 0, 0, 0, 0, 0, 0, 1, 0));
    assertThat(ledger.missing()).containsExactly("f shardId-0 2:0");
  }

  @Test
  void a_record_in_no_range_above_the_prefix_is_still_in_flight() {
    put(1, 2, 3);
    settle(Outcome.HANDLED, 1);
    settle(Outcome.HANDLED, 3);
    ledger.on(
        new WorkerEvent.Committed(
            KEY,
            "f",
            new Progress(
                Optional.of(Position.of(1)),
                List.of(new Progress.Range(Position.of(3), Position.of(3))))));

    assertThat(ledger.account()).isEqualTo(new Ledger.Account(3, 2, 0, 0, 0, 0, 0, 1, 0, 0));
  }

  @Test
  void a_record_that_is_settled_twice_counts_once_and_as_a_duplicate() {
    put(1);
    settle(Outcome.HANDLED, 1);
    settle(Outcome.HANDLED, 1);
    commit(1);

    assertThat(ledger.account()).isEqualTo(new Ledger.Account(1, 1, 0, 0, 0, 0, 0, 0, 0, 1));
  }

  @Test
  void a_record_that_was_never_put_is_a_duplicate_of_the_producer() {
    settle(Outcome.HANDLED, 9);

    assertThat(ledger.account().duplicates()).isEqualTo(1);
  }

  @Test
  void an_ended_shard_is_passed_whole() {
    put(1, 2);
    settle(Outcome.HANDLED, 1);
    ledger.on(new WorkerEvent.ShardEnded(KEY, "f", List.of()));

    assertThat(ledger.account()).isEqualTo(new Ledger.Account(2, 1, 0, 0, 0, 0, 0, 0, 1, 0));
  }

  @Test
  void two_records_at_one_place_are_a_fault_of_the_stream() {
    put(1);

    assertThatThrownBy(() -> put(1)).hasMessageContaining("s stored two records at shardId-0 1:0");
  }

  @Test
  void what_a_first_stage_handled_is_in_flight_until_the_second_is_done_with_it() {
    ledger.carries("g", "between");
    ledger.stored(
        List.of("g@s"),
        "s",
        LongStream.rangeClosed(1, 4).mapToObj(p -> new Stored(SHARD, Position.of(p))).toList());
    for (long position = 1; position <= 4; position++) {
      ledger.on(new WorkerEvent.Settled(KEY, "g@s", Position.of(position), Outcome.HANDLED));
    }
    ledger.on(
        new WorkerEvent.Committed(
            KEY, "g@s", new Progress(Optional.of(Position.of(4)), List.of())));
    assertThat(ledger.account()).isEqualTo(new Ledger.Account(4, 4, 0, 0, 0, 0, 0, 0, 0, 0));
    assertThat(ledger.carried()).isEqualTo(new Ledger.Carried(4, 0, 0, 0, 0, 4));

    var second = new ShardKey(new StreamId("between", Instant.EPOCH), SHARD);
    var outcomes =
        List.of(
            Outcome.HANDLED,
            Outcome.FILTERED,
            Outcome.HANDLED,
            Outcome.DEAD_LETTERED,
            Outcome.HANDLED);
    for (int i = 0; i < outcomes.size(); i++) {
      ledger.on(new WorkerEvent.Settled(second, "g@between", Position.of(i + 1), outcomes.get(i)));
    }
    assertThat(ledger.isInFlight()).isTrue();
    ledger.on(
        new WorkerEvent.Committed(
            second, "g@between", new Progress(Optional.of(Position.of(5)), List.of())));

    assertThat(ledger.carried()).isEqualTo(new Ledger.Carried(4, 3, 1, 0, 1, 0));
    assertThat(ledger.account()).isEqualTo(new Ledger.Account(4, 4, 0, 0, 0, 0, 0, 0, 0, 0));
    assertThat(ledger.isInFlight()).isFalse();
    assertThat(ledger.settled()).isEqualTo(4);
  }

  private void put(long... positions) {
    ledger.stored(
        List.of("f"),
        "s",
        LongStream.of(positions).mapToObj(p -> new Stored(SHARD, Position.of(p))).toList());
  }

  private void settle(Outcome outcome, long position) {
    ledger.on(new WorkerEvent.Settled(KEY, "f", Position.of(position), outcome));
  }

  private void commit(long through) {
    ledger.on(
        new WorkerEvent.Committed(
            KEY, "f", new Progress(Optional.of(Position.of(through)), List.of())));
  }
}
