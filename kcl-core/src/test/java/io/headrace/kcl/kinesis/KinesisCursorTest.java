package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.ScriptedKinesis.child;
import static io.headrace.kcl.kinesis.ScriptedKinesis.failing;
import static io.headrace.kcl.kinesis.ScriptedKinesis.last;
import static io.headrace.kcl.kinesis.ScriptedKinesis.page;
import static io.headrace.kcl.kinesis.ScriptedKinesis.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.loop.SimulatedLoop;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class KinesisCursorTest {
  private static final long PLENTY = 1 << 20;

  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final ScriptedKinesis kinesis = new ScriptedKinesis(loop);
  private long misrouted;

  @Test
  void reads_a_backlog_at_five_calls_a_second() {
    IntStream.range(1, 60).forEach(i -> kinesis.pages.add(page(5_000, i)));
    var cursor = open(StartingPosition.TRIM_HORIZON);
    for (int i = 1; i < 60; i++) {
      assertThat(sequences(fetch(cursor))).containsExactly((long) i);
    }
    var sent = kinesis.pagesAskedAtMillis;
    assertThat(sent.subList(0, 5)).containsOnly(0L);
    for (int i = 5; i < sent.size(); i++) {
      assertThat(sent.get(i) - sent.get(i - 5)).isBetween(1_001L, 1_100L);
    }
  }

  @Test
  void polls_a_quiet_shard_about_once_a_second_and_answers_each_time() {
    var cursor = open(StartingPosition.TRIM_HORIZON);
    for (int i = 0; i < 20; i++) {
      long before = loop.ticks();
      assertThat(sequences(fetch(cursor))).isEmpty();
      assertThat(Duration.ofNanos(loop.ticks() - before)).isLessThan(Duration.ofMillis(1_100));
    }
    var sent = kinesis.pagesAskedAtMillis;
    assertThat(sent.get(1) - sent.get(0)).isEqualTo(250);
    assertThat(sent.get(19) - sent.get(18)).isEqualTo(1_000);
  }

  @Test
  void answers_within_about_a_second_where_pages_stay_empty_behind_the_tip() {
    IntStream.range(0, 100).forEach(i -> kinesis.pages.add(page(9_000)));
    var cursor = open(StartingPosition.TRIM_HORIZON);

    var answer = (Fetched.Records) fetch(cursor);

    assertThat(answer).isEqualTo(new Fetched.Records(List.of(), Duration.ofSeconds(9)));
    assertThat(loop.ticks()).isLessThan(Duration.ofMillis(1_100).toNanos());
  }

  @Test
  void answers_within_about_a_second_where_empty_pages_come_slowly() {
    IntStream.range(0, 400).forEach(i -> kinesis.pages.add(page(9_000)));
    kinesis.pages.add(page(0, 1));
    kinesis.pagesTake = Duration.ofMillis(250);
    var cursor = open(StartingPosition.TRIM_HORIZON);

    boolean empty = true;
    while (empty) {
      long before = loop.ticks();
      empty = sequences(fetch(cursor)).isEmpty();
      assertThat(Duration.ofNanos(loop.ticks() - before)).isLessThan(Duration.ofMillis(1_300));
    }

    assertThat(kinesis.pagesAsked).hasSize(401);
    assertThat(kinesis.iteratorsAsked).hasSize(1);
  }

  @Test
  void retries_a_throttled_call_after_200_to_250_ms_and_not_twice_as_long_at_first() {
    for (String code :
        List.of("ProvisionedThroughputExceededException", "LimitExceededException")) {
      kinesis.pages.add(failing(code, 400));
    }
    kinesis.pages.add(failing("InternalFailure", 500));
    kinesis.pages.add(failing(new IOException("reset")));
    kinesis.pages.add(page(0, 1));

    assertThat(sequences(fetch(open(StartingPosition.TRIM_HORIZON)))).containsExactly(1L);

    var sent = kinesis.pagesAskedAtMillis;
    for (int i = 1; i < 5; i++) {
      assertThat(sent.get(i) - sent.get(i - 1)).isBetween(200L, 251L);
    }
    assertThat(kinesis.iteratorsAsked).hasSize(1);
  }

  @Test
  void retries_a_silent_server_after_ten_seconds_and_gives_its_call_up() {
    var silent = new CompletableFuture<GetRecordsResponse>();
    kinesis.pages.add(silent);
    kinesis.pages.add(page(0, 1));

    assertThat(sequences(fetch(open(StartingPosition.TRIM_HORIZON)))).containsExactly(1L);

    assertThat(silent).isCancelled();
    assertThat(kinesis.pagesAskedAtMillis.get(1)).isBetween(10_200L, 10_251L);
  }

  @Test
  void tells_of_failures_that_last_and_stays_where_it_was() {
    kinesis.pages.add(page(1_000, 1));
    IntStream.range(0, 20).forEach(i -> kinesis.pages.add(failing("InternalFailure", 503)));
    var cursor = open(StartingPosition.TRIM_HORIZON);
    fetch(cursor);

    assertThatThrownBy(() -> fetch(cursor))
        .cause()
        .isInstanceOfSatisfying(
            StreamException.class, e -> assertThat(e.kind()).isEqualTo(Kind.RETRYABLE))
        .hasMessageContainingAll("GetRecords", "orders", "moon-1", "InternalFailure");
    assertThat(Duration.ofNanos(loop.ticks()))
        .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(37));

    kinesis.pages.clear();
    kinesis.pages.add(page(0, 2));
    assertThat(sequences(fetch(cursor))).containsExactly(2L);
    assertThat(kinesis.iteratorsAsked).hasSize(1);
  }

  @Test
  void fails_at_once_where_waiting_does_not_help() {
    kinesis.pages.add(failing("AccessDeniedException", 400));
    kinesis.pages.add(failing("ResourceNotFoundException", 400));
    var cursor = open(StartingPosition.TRIM_HORIZON);
    for (Kind kind : List.of(Kind.REFUSED, Kind.NOT_FOUND)) {
      assertThatThrownBy(() -> fetch(cursor))
          .cause()
          .isInstanceOfSatisfying(StreamException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }
    assertThat(loop.ticks()).isZero();
  }

  @Test
  void renews_an_expired_iterator_at_the_last_position_and_repeats_nothing() {
    kinesis.pages.add(page(1_000, 1, 2));
    kinesis.pages.add(failing(ExpiredIteratorException.builder().build()));
    kinesis.pages.add(page(0, 2, 3));
    var cursor = open(StartingPosition.TRIM_HORIZON);

    assertThat(sequences(fetch(cursor))).containsExactly(1L, 2L);
    assertThat(sequences(fetch(cursor))).containsExactly(3L);

    var renewed = kinesis.iteratorsAsked.get(1);
    assertThat(renewed.shardIteratorType()).isEqualTo(ShardIteratorType.AT_SEQUENCE_NUMBER);
    assertThat(renewed.startingSequenceNumber()).isEqualTo("2");
    assertThat(loop.ticks()).isZero();
  }

  @Test
  void renews_an_iterator_that_expired_before_anything_came_where_it_began() {
    kinesis.pages.add(failing(ExpiredIteratorException.builder().build()));
    kinesis.pages.add(page(0, 1));

    assertThat(sequences(fetch(open(StartingPosition.at(Instant.EPOCH))))).containsExactly(1L);

    assertThat(kinesis.iteratorsAsked)
        .extracting(r -> r.shardIteratorType())
        .containsOnly(ShardIteratorType.AT_TIMESTAMP);
  }

  @Test
  void does_not_hammer_a_server_whose_iterators_are_expired_from_birth() {
    IntStream.range(0, 10)
        .forEach(i -> kinesis.pages.add(failing(ExpiredIteratorException.builder().build())));
    kinesis.pages.add(page(0, 1));

    assertThat(sequences(fetch(open(StartingPosition.TRIM_HORIZON)))).containsExactly(1L);

    assertThat(loop.ticks()).isGreaterThan(Duration.ofSeconds(2).toNanos());
  }

  @Test
  void resumes_within_an_aggregate() {
    byte[] aggregate = new AggregateWriter().add("a", new byte[1]).add("b", new byte[2]).bytes();
    kinesis.pages.add(answer(record(7, aggregate), record(8, new byte[3])));

    var from = StartingPosition.after(new Position(SequenceNumber.of(7), 0));
    var records = ((Fetched.Records) fetch(open(from))).records();

    assertThat(records).extracting(r -> r.position().toString()).containsExactly("7:1", "8:0");
    assertThat(kinesis.iteratorsAsked.get(0).startingSequenceNumber()).isEqualTo("7");
  }

  @Test
  void finds_the_record_behind_empty_pages_and_tells_of_no_gap() {
    kinesis.pages.add(page(5_000));
    kinesis.pages.add(page(0));
    kinesis.pages.add(page(4_000));
    kinesis.pages.add(page(0, 7, 8));
    var cursor = open(StartingPosition.after(Position.of(7)));

    assertThat(sequences(fetch(cursor))).isEmpty();
    assertThat(sequences(fetch(cursor))).containsExactly(8L);
  }

  @Test
  void tells_of_a_gap_once_and_then_of_what_is_left() {
    kinesis.pages.add(page(5_000));
    kinesis.pages.add(page(0, 9));
    kinesis.pages.add(page(0, 9));
    var cursor = open(StartingPosition.after(Position.of(7)));

    assertThat(fetch(cursor)).isEqualTo(new Fetched.Gap(Position.of(7), Position.of(9)));
    assertThat(sequences(fetch(cursor))).containsExactly(9L);
  }

  @Test
  void tells_of_a_gap_only_once_even_if_the_iterator_expires_over_it() {
    kinesis.pages.add(page(0, 9));
    kinesis.pages.add(failing(ExpiredIteratorException.builder().build()));
    kinesis.pages.add(page(0, 10));
    var cursor = open(StartingPosition.after(Position.of(7)));
    fetch(cursor);

    assertThat(sequences(fetch(cursor))).containsExactly(10L);
    assertThat(kinesis.iteratorsAsked.get(1).shardIteratorType())
        .isEqualTo(ShardIteratorType.TRIM_HORIZON);
  }

  @Test
  void tells_of_a_gap_when_the_shard_ends_without_the_record() {
    kinesis.pages.add(last(List.of(child("c", "shardId-0"))));
    var cursor = open(StartingPosition.after(Position.of(7)));

    assertThat(fetch(cursor)).isEqualTo(new Fetched.Gap(Position.of(7), null));
    assertThat(fetch(cursor)).isInstanceOf(Fetched.End.class);
  }

  @Test
  void sees_what_was_trimmed_while_it_was_held_up_behind_the_tip() {
    kinesis.pages.add(page(1_000, 1));
    kinesis.pages.add(failing(ExpiredIteratorException.builder().build()));
    kinesis.pages.add(page(0, 5));
    kinesis.pages.add(page(0, 5));
    var cursor = open(StartingPosition.TRIM_HORIZON);
    fetch(cursor);

    assertThat(fetch(cursor)).isEqualTo(new Fetched.Gap(Position.of(1), Position.of(5)));
    assertThat(sequences(fetch(cursor))).containsExactly(5L);
  }

  @Test
  void suspects_nothing_when_it_was_at_the_tip_within_a_day() {
    kinesis.pages.add(page(0, 1));
    kinesis.pages.add(failing(ExpiredIteratorException.builder().build()));
    kinesis.pages.add(page(0, 5));
    var cursor = open(StartingPosition.TRIM_HORIZON);
    fetch(cursor);
    loop.advance(Duration.ofHours(22));

    assertThat(sequences(fetch(cursor))).containsExactly(5L);
  }

  @Test
  void suspects_a_gap_when_it_was_away_from_the_tip_for_a_day() {
    kinesis.pages.add(page(0, 1));
    kinesis.pages.add(failing(ExpiredIteratorException.builder().build()));
    kinesis.pages.add(page(0, 5));
    var cursor = open(StartingPosition.TRIM_HORIZON);
    fetch(cursor);
    loop.advance(Duration.ofHours(24));

    assertThat(fetch(cursor)).isEqualTo(new Fetched.Gap(Position.of(1), Position.of(5)));
  }

  @Test
  void ends_after_the_last_records_and_ends_again_when_asked_again() {
    kinesis.pages.add(last(List.of(child("c", "shardId-0"), child("d", "shardId-0")), 1, 2));
    var cursor = open(StartingPosition.TRIM_HORIZON);

    assertThat(sequences(fetch(cursor))).containsExactly(1L, 2L);
    for (int i = 0; i < 2; i++) {
      assertThat(((Fetched.End) fetch(cursor)).children())
          .extracting(s -> s.id().value())
          .containsExactly("c", "d");
    }
    assertThat(kinesis.pagesAsked).hasSize(1);
  }

  @Test
  void asks_the_stream_for_the_children_where_the_answer_names_none() {
    kinesis.pages.add(last(List.of(), 1));
    kinesis.lists.add(listed());
    var cursor = open(StartingPosition.TRIM_HORIZON);

    assertThat(sequences(fetch(cursor))).containsExactly(1L);
    assertThat(((Fetched.End) fetch(cursor)).children())
        .extracting(s -> s.id().value())
        .containsExactly("child");
  }

  @Test
  void asks_the_stream_for_the_children_where_one_is_named_without_parents() {
    kinesis.pages.add(last(List.of(child("c"))));
    kinesis.lists.add(listed());

    var end = (Fetched.End) fetch(open(StartingPosition.TRIM_HORIZON));

    assertThat(end.children()).extracting(s -> s.id().value()).containsExactly("child");
  }

  @Test
  void does_not_end_a_shard_without_children_but_asks_again() {
    kinesis.pages.add(last(List.of(), 1));
    kinesis.pages.add(page(0, 1));

    assertThat(sequences(fetch(open(StartingPosition.TRIM_HORIZON)))).containsExactly(1L);
    assertThat(kinesis.listsAsked).hasSize(1);
  }

  @Test
  void keeps_within_the_bytes_and_reads_the_rest_again() {
    kinesis.pages.add(
        answer(record(1, new byte[100]), record(2, new byte[100]), record(3, new byte[500])));
    kinesis.pages.add(answer(record(2, new byte[100]), record(3, new byte[500])));
    var cursor = open(StartingPosition.TRIM_HORIZON);

    assertThat(sequences(fetch(cursor, 700))).containsExactly(1L, 2L);
    assertThat(sequences(fetch(cursor, 700))).containsExactly(3L);

    assertThat(kinesis.iteratorsAsked.get(1).startingSequenceNumber()).isEqualTo("2");
  }

  @Test
  void does_not_take_a_cut_page_for_the_end() {
    kinesis.pages.add(last(List.of(child("c", "shardId-0")), 1, 2));
    kinesis.pages.add(last(List.of(child("c", "shardId-0")), 1, 2));
    var cursor = open(StartingPosition.TRIM_HORIZON);

    assertThat(sequences(fetch(cursor, 250))).containsExactly(1L);
    assertThat(sequences(fetch(cursor, 250))).containsExactly(2L);
    assertThat(fetch(cursor, 250)).isInstanceOf(Fetched.End.class);
  }

  @Test
  void waits_for_a_time_that_the_service_has_not_reached() {
    IntStream.range(0, 3)
        .forEach(i -> kinesis.iterators.add(failing(InvalidArgumentException.builder().build())));
    kinesis.pages.add(page(0, 1));

    assertThat(sequences(fetch(open(StartingPosition.at(loop.now()))))).containsExactly(1L);
    assertThat(loop.ticks()).isBetween(600_000_000L, 760_000_000L);
  }

  @Test
  void answers_with_nothing_while_it_waits_for_its_time() {
    IntStream.range(0, 30)
        .forEach(i -> kinesis.iterators.add(failing(InvalidArgumentException.builder().build())));

    assertThat(sequences(fetch(open(StartingPosition.at(loop.now().plusSeconds(60)))))).isEmpty();
    assertThat(loop.ticks()).isLessThan(1_100_000_000L);
  }

  @Test
  void refuses_an_answer_that_breaks_the_protocol_and_names_the_field() {
    var bad = record(1, new byte[1]).toBuilder().sequenceNumber("x7").build();
    kinesis.pages.add(answer(bad));

    assertThatThrownBy(() -> fetch(open(StartingPosition.TRIM_HORIZON)))
        .cause()
        .isInstanceOfSatisfying(
            StreamException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID))
        .hasMessageContainingAll("SequenceNumber \"x7\"", "orders", "shardId-0");
  }

  @Test
  void leaves_an_outstanding_fetch_alone_once_closed() {
    var late = new CompletableFuture<GetRecordsResponse>();
    kinesis.pages.add(late);
    var cursor = open(StartingPosition.TRIM_HORIZON);
    var stage = cursor.fetch(PLENTY).toCompletableFuture();
    loop.runUntilIdle();

    cursor.close();
    loop.runUntilIdle();
    loop.advance(Duration.ofMinutes(1));

    assertThat(late).isCancelled();
    assertThat(stage).isNotDone();
    assertThat(loop.nextDue()).isEmpty();
    assertThatThrownBy(() -> cursor.fetch(PLENTY)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void counts_sub_records_that_lie_in_the_wrong_shard_and_hands_them_over() {
    byte[] aggregate =
        new AggregateWriter()
            .add("a", "7", new byte[1], java.util.Map.of())
            .add("b", "340282366920938463463374607431768211455", new byte[2], java.util.Map.of())
            .bytes();
    kinesis.pages.add(answer(record(1, aggregate)));
    var half =
        new Shard(
            Shard.root("shardId-0").id(),
            List.of(),
            new io.headrace.kcl.HashRange(
                java.math.BigInteger.ZERO, java.math.BigInteger.ONE.shiftLeft(127)));
    var cursor =
        new KinesisCursor(
            kinesis.calls(), half, StartingPosition.TRIM_HORIZON, n -> misrouted += n);

    assertThat(((Fetched.Records) fetch(cursor)).records())
        .extracting(record -> record.misrouted())
        .containsExactly(false, true);
    assertThat(misrouted).isEqualTo(1);
  }

  private KinesisCursor open(StartingPosition from) {
    return new KinesisCursor(kinesis.calls(), Shard.root("shardId-0"), from, n -> misrouted += n);
  }

  private Fetched fetch(KinesisCursor cursor) {
    return fetch(cursor, PLENTY);
  }

  private Fetched fetch(KinesisCursor cursor, long bytesMax) {
    var stage = cursor.fetch(bytesMax).toCompletableFuture();
    loop.runUntilIdle();
    while (!stage.isDone()) {
      loop.advance(loop.nextDue().orElseThrow());
    }
    return stage.join();
  }

  private static List<Long> sequences(Fetched fetched) {
    return ((Fetched.Records) fetched)
        .records().stream().map(r -> Long.valueOf(r.position().sequence().value())).toList();
  }

  private static CompletableFuture<GetRecordsResponse> answer(
      software.amazon.awssdk.services.kinesis.model.Record... records) {
    return CompletableFuture.completedFuture(
        GetRecordsResponse.builder()
            .records(records)
            .nextShardIterator("next")
            .millisBehindLatest(0L)
            .build());
  }

  private static CompletableFuture<ListShardsResponse> listed() {
    var parent =
        software.amazon.awssdk.services.kinesis.model.Shard.builder()
            .shardId("shardId-0")
            .hashKeyRange(ScriptedKinesis.allKeys())
            .build();
    var child = parent.toBuilder().shardId("child").parentShardId("shardId-0").build();
    return CompletableFuture.completedFuture(
        ListShardsResponse.builder().shards(List.of(parent, child)).build());
  }
}
