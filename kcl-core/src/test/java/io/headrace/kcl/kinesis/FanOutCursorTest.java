package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.ScriptedKinesis.child;
import static io.headrace.kcl.kinesis.ScriptedKinesis.page;
import static io.headrace.kcl.kinesis.ScriptedKinesis.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardClaim;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.SimulatedLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;

/** Courses of a subscription that no server plays on demand. */
class FanOutCursorTest {
  private static final long PLENTY = 1 << 20;

  private final SimulatedLoop loop = new SimulatedLoop(3);
  private final ScriptedKinesis kinesis = new ScriptedKinesis(loop);
  private final PushedKinesis pushed = kinesis.pushed;
  private final List<String> told = new ArrayList<>();
  private final FanOutConsumer consumer =
      new FanOutConsumer(kinesis.calls(), ConsumerName.parse("app"), shard -> true);

  private final ShardClaim claim =
      new ShardClaim() {
        @Override
        public boolean holds() {
          return true;
        }

        @Override
        public void retrieving(String how) {
          told.add(how);
        }
      };

  private final FanOutCursor cursor =
      new FanOutCursor(
          kinesis.calls(),
          consumer,
          Shard.root("shard-0"),
          StartingPosition.TRIM_HORIZON,
          claim,
          n -> {});

  @Test
  void asks_for_one_event_for_each_fetch_and_for_none_without() {
    var first = streaming();
    var stream = pushed.latest();
    stream.push(event(1, 2));
    assertThat(sequences(first)).containsExactly(1L, 2L);
    loop.advance(Duration.ofMinutes(2));
    assertThat(stream.requested).isZero();

    var second = cursor.fetch(PLENTY);
    loop.runUntilIdle();
    assertThat(stream.requested).isOne();
    stream.push(event(3));
    assertThat(sequences(second)).containsExactly(3L);
  }

  @Test
  void hands_an_event_over_piece_by_piece_where_the_budget_is_small() {
    var first = streaming();
    pushed.latest().push(event(1));
    assertThat(sequences(first)).containsExactly(1L);
    long two = 2 * budgetOfOne();
    var second = cursor.fetch(two);
    loop.runUntilIdle();
    pushed.latest().push(event(2, 3, 4, 5, 6));

    assertThat(sequences(second)).containsExactly(2L, 3L);
    assertThat(sequences(cursor.fetch(two))).containsExactly(4L, 5L);
    assertThat(sequences(cursor.fetch(two))).containsExactly(6L);
    assertThat(pushed.latest().requested).isZero();
  }

  @Test
  void an_event_that_nobody_asked_for_takes_no_place_of_one_that_is_half_read() {
    var first = streaming();
    pushed.latest().push(event(1));
    assertThat(sequences(first)).containsExactly(1L);
    long two = 2 * budgetOfOne();
    var second = cursor.fetch(two);
    loop.runUntilIdle();
    pushed.latest().push(event(2, 3, 4, 5));
    pushed.latest().pushUnasked(event(6));

    assertThat(sequences(second)).containsExactly(2L, 3L);
    assertThat(sequences(cursor.fetch(two))).containsExactly(4L, 5L);
    kinesis.pages.add(page(0, 5, 6));
    assertThat(sequences(cursor.fetch(two))).containsExactly(6L);
    assertThat(told.get(told.size() - 1)).contains("came that nobody had asked for");
    assertThat(pushed.latest().cancelled).isTrue();
  }

  @Test
  void polls_past_an_event_whose_record_is_broken_and_says_what_is_wrong() {
    var first = streaming();
    pushed
        .latest()
        .push(
            SubscribeToShardEvent.builder()
                .records(Record.builder().sequenceNumber("7").data(data()).build())
                .continuationSequenceNumber("7")
                .build());
    kinesis.pages.add(page(0, 7));

    assertThat(sequences(first)).containsExactly(7L);
    assertThat(told).hasSize(2);
    assertThat(told.get(1))
        .startsWith("polling, since SubscribeToShard on stream \"orders\"")
        .contains("record 7 has no PartitionKey");
    assertThat(pushed.latest().cancelled).isTrue();
  }

  @Test
  void goes_on_by_polling_and_then_by_subscription_when_the_connection_is_cut() {
    var first = streaming();
    pushed.latest().push(event(1));
    assertThat(sequences(first)).containsExactly(1L);
    kinesis.pages.add(page(0, 1, 2));
    var second = cursor.fetch(PLENTY);
    loop.runUntilIdle();
    pushed.latest().fail(new IOException("connection reset"));

    assertThat(sequences(second)).containsExactly(2L);
    loop.advance(FanOutReader.APART_MIN);
    var third = cursor.fetch(PLENTY);
    loop.runUntilIdle();
    assertThat(pushed.made).hasSize(2);
    assertThat(pushed.latest().request.startingPosition().sequenceNumber()).isEqualTo("2");
    pushed.latest().open().push(event(2, 3));
    assertThat(sequences(third)).as("joined by sequence number").containsExactly(3L);
    assertThat(told).containsExactly("enhanced fan-out, consumer app");
  }

  @Test
  void takes_no_end_without_children_for_one_and_asks_by_polling() {
    var first = streaming();
    pushed.latest().push(lastEvent(1));
    assertThat(sequences(first)).containsExactly(1L);
    kinesis.pages.add(ScriptedKinesis.last(List.of(child("shard-1", "shard-0")), 1));

    assertThat(answer(cursor.fetch(PLENTY)))
        .isInstanceOfSatisfying(Fetched.End.class, end -> assertThat(end.children()).hasSize(1));
    assertThat(told.get(1)).contains("named neither a continuation nor child shards");
  }

  @Test
  void polls_past_children_that_are_broken() {
    var first = streaming();
    var broken = child("shard-1", "shard-0").toBuilder();
    broken.hashKeyRange(range -> range.startingHashKey("zero").endingHashKey("1"));
    pushed.latest().push(lastEvent(1).toBuilder().childShards(broken.build()).build());
    kinesis.pages.add(page(0, 1));

    assertThat(sequences(first)).containsExactly(1L);
    assertThat(told.get(1)).startsWith("polling, since SubscribeToShard on stream \"orders\"");
    assertThat(pushed.latest().cancelled).isTrue();
  }

  @Test
  void polls_past_what_is_broken_in_the_rest_of_an_event() {
    var first = streaming();
    pushed.latest().push(event(1));
    assertThat(sequences(first)).containsExactly(1L);
    var second = cursor.fetch(budgetOfOne());
    loop.runUntilIdle();
    var broken = Record.builder().sequenceNumber("4").data(data()).build();
    var all = new ArrayList<>(records(2, 3));
    all.add(broken);
    pushed.latest().push(event(4).toBuilder().records(all).build());

    assertThat(sequences(second)).containsExactly(2L);
    kinesis.pages.add(page(0, 2, 3, 4));
    assertThat(sequences(cursor.fetch(PLENTY))).containsExactly(3L, 4L);
    assertThat(told.get(1)).contains("record 4 has no PartitionKey");
  }

  @Test
  void reads_events_of_a_server_that_never_said_that_it_accepts() {
    assertThat(sequences(cursor.fetch(PLENTY))).isEmpty();
    var fetch = cursor.fetch(PLENTY);
    loop.runUntilIdle();
    pushed.latest().openWithoutAWord().push(event(1));

    assertThat(sequences(fetch)).containsExactly(1L);
  }

  @Test
  void lets_go_of_its_subscription_in_the_turn_in_which_it_is_closed() {
    streaming();
    var cancelled = new ArrayList<Boolean>();
    loop.execute(
        () -> {
          cursor.close();
          cancelled.add(pushed.latest().cancelled);
        });
    loop.runUntilIdle();

    assertThat(cancelled).as("the loop may take no other turn").containsExactly(true);
  }

  @Test
  void goes_on_looking_for_a_consumer_that_was_described_with_nothing() {
    kinesis.lackingDescriptions = 1;
    assertThat(sequences(cursor.fetch(PLENTY))).isEmpty();
    assertThat(told.get(0)).startsWith("polling, since DescribeStreamConsumer on stream");
    loop.advance(FanOutConsumer.REFUSAL_WAIT.multipliedBy(2));
    cursor.fetch(PLENTY);
    loop.runUntilIdle();

    assertThat(pushed.made).hasSize(1);
  }

  @Test
  void an_answer_for_want_of_events_does_not_say_that_the_tip_is_read() {
    var waiting = streaming();
    loop.advance(FanOutCursor.ANSWER_MAX);
    assertThat(((Fetched.Records) answer(waiting)).heard()).isFalse();

    var told = cursor.fetch(PLENTY);
    loop.runUntilIdle();
    pushed
        .latest()
        .push(
            SubscribeToShardEvent.builder()
                .records(List.of())
                .continuationSequenceNumber("1")
                .millisBehindLatest(0L)
                .build());
    assertThat(answer(told)).isEqualTo(new Fetched.Records(List.of(), Duration.ZERO, true));
  }

  @Test
  void drops_the_events_of_an_older_subscription() {
    var first = streaming();
    var older = pushed.latest();
    var second = fetchUntilSubscribedAgain(first);
    older.push(event(1));
    var newer = pushed.latest().open();
    newer.push(event(2));
    loop.runUntilIdle();

    assertThat(sequences(second)).containsExactly(2L);
  }

  /** A fetch that waits for the first event of an open subscription. */
  private CompletionStage<Fetched> streaming() {
    assertThat(sequences(cursor.fetch(PLENTY))).as("polled until the consumer is there").isEmpty();
    var fetch = cursor.fetch(PLENTY);
    loop.runUntilIdle();
    pushed.latest().open();
    loop.runUntilIdle();
    return fetch;
  }

  /** Waits in vain until the silence is too long. */
  private CompletionStage<Fetched> fetchUntilSubscribedAgain(CompletionStage<Fetched> first) {
    var fetch = first;
    for (int i = 0; pushed.made.size() < 2; i++) {
      assertThat(i).isLessThan(40);
      loop.advance(Duration.ofSeconds(1));
      if (pushed.made.size() < 2) {
        assertThat(sequences(fetch)).isEmpty();
        fetch = cursor.fetch(PLENTY);
      }
    }
    return fetch;
  }

  private static SubscribeToShardEvent event(long... sequences) {
    return SubscribeToShardEvent.builder()
        .records(records(sequences))
        .continuationSequenceNumber(Long.toString(sequences[sequences.length - 1]))
        .millisBehindLatest(0L)
        .build();
  }

  /** The shard's last one by its number, though no children are named. */
  private static SubscribeToShardEvent lastEvent(long sequence) {
    return SubscribeToShardEvent.builder()
        .records(records(sequence))
        .millisBehindLatest(0L)
        .build();
  }

  private static List<Record> records(long... sequences) {
    return LongStream.of(sequences).mapToObj(n -> record(n, new byte[10])).toList();
  }

  private static SdkBytes data() {
    return SdkBytes.fromByteArray(new byte[10]);
  }

  private long budgetOfOne() {
    var read =
        Page.read(
            records(1),
            new Page.Wanted(Shard.root("s"), null, 1, new Place("s", "here")),
            loop.now());
    return read.records().get(0).budgetBytes();
  }

  private List<Long> sequences(CompletionStage<Fetched> fetch) {
    return ((Fetched.Records) answer(fetch))
        .records().stream().map(r -> Long.valueOf(r.position().sequence().value())).toList();
  }

  private Fetched answer(CompletionStage<Fetched> fetch) {
    var answer = fetch.toCompletableFuture();
    for (int i = 0; !answer.isDone(); i++) {
      loop.runUntilIdle();
      if (!answer.isDone()) {
        assertThat(i).as("timers until there is an answer").isLessThan(200);
        loop.advance(loop.nextDue().orElseThrow());
      }
    }
    return answer.join();
  }
}
