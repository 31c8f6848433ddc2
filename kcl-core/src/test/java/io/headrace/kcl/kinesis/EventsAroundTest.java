package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardClaim;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.loop.SimulatedLoop;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * Something around the SDK's client does to events what it must not do, since their records come
 * beside them: none may be lost by it, nor be handed over with another event than its own.
 */
@Timeout(120)
class EventsAroundTest {
  private static final String NAME = "orders";
  private static final String EVENTS = "application/vnd.amazon.eventstream";
  private static final long PLENTY = 1 << 20;

  private final ScriptedBody body = new ScriptedBody();
  private final KinesisAsyncClient client = body.client();
  private final List<String> told = new ArrayList<>();

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void events_that_are_left_out_are_found_out_and_their_records_are_read_again() {
    isReadWholeThrough(() -> ChangedEvents.leavingOut(3));

    assertThat(told).anyMatch(how -> isOutOfStep(how) && how.contains(" where one was read that "));
  }

  @Test
  void events_that_come_twice_are_found_out_and_no_record_does() {
    isReadWholeThrough(() -> ChangedEvents.doubling(3));

    assertThat(told).anyMatch(EventsAroundTest::isOutOfStep);
  }

  @Test
  void events_that_change_places_are_found_out_and_records_keep_theirs() {
    isReadWholeThrough(() -> ChangedEvents.moving(3));

    assertThat(told).anyMatch(how -> isOutOfStep(how) && how.contains(" where one was read that "));
  }

  @Test
  void events_that_are_changed_are_found_out_and_their_records_are_read_again() {
    isReadWholeThrough(() -> ChangedEvents.makingLate(3));

    assertThat(told).anyMatch(how -> isOutOfStep(how) && how.contains(" (77000 ms behind) with 0"));
  }

  @Test
  void no_record_is_lost_where_all_events_that_look_empty_are_left_out() {
    isReadWholeThrough(
        () ->
            event -> event.hasRecords() && event.records().isEmpty() ? List.of() : List.of(event));

    assertThat(told).contains("polling, since SubscribeToShard was silent for 15 s");
  }

  @Test
  void whatever_is_done_to_events_those_that_come_before_it_is_found_out_are_as_they_were() {
    long seed = 20_261_133;
    int found = 0;
    for (int round = 0; round < 600; round++) {
      var random = new Random(seed + round);
      var sent = events(random);
      var read = read(sent, event -> done(random, event));

      assertThat(read.seen)
          .as("seed %d", seed + round)
          .isEqualTo(sent.subList(0, read.seen.size()));
      if (read.found == null) {
        assertThat(sent.subList(read.seen.size(), sent.size()))
            .as("only what the last ones are may be left out unseen, seed %d", seed + round)
            .hasSizeLessThanOrEqualTo(3);
      } else {
        found++;
      }
    }
    assertThat(found).as("rounds in which it is found out").isGreaterThan(300);
  }

  @Test
  void an_error_names_both_places() {
    var read =
        read(
            List.of(new Sent("10", 5L, 2), new Sent("20", 7L, 1), new Sent("30", 0L, 0)),
            ChangedEvents.leavingOut(2));

    assertThat(read.seen).containsExactly(new Sent("10", 5L, 2));
    assertThat(read.found)
        .isEqualTo(
            "handed over an event that goes on at 30 (0 ms behind) with 0 records in it, where one"
                + " was read that goes on at 20 (7 ms behind)");
  }

  @Test
  void an_event_without_records_is_one_that_must_come_in_its_place() {
    var read =
        read(
            List.of(new Sent("10", 5L, 0), new Sent("20", 7L, 0), new Sent("30", 0L, 1)),
            ChangedEvents.leavingOut(2));

    assertThat(read.seen).containsExactly(new Sent("10", 5L, 0));
    assertThat(read.found).contains("goes on at 30").contains("goes on at 20");
  }

  @Test
  void records_that_somebody_puts_into_an_event_do_not_take_the_place_of_its_own() {
    var own =
        Record.builder().sequenceNumber("5").partitionKey("k").data(SdkBytes.fromUtf8String("x"));
    var read =
        read(
            List.of(new Sent("10", 5L, 2)),
            event -> List.of(event.toBuilder().records(own.build()).build()));

    assertThat(read.seen).isEmpty();
    assertThat(read.found).contains("goes on at 10 (5 ms behind) with 1 records in it");
  }

  @Test
  void a_shards_last_event_is_known_by_going_on_nowhere() {
    var read =
        read(List.of(new Sent("10", 5L, 1), new Sent(null, 0L, 2)), ChangedEvents.leavingOut(9));
    assertThat(read.seen).hasSize(2);

    var left =
        read(List.of(new Sent("10", 5L, 1), new Sent(null, 0L, 2)), ChangedEvents.doubling(2));
    assertThat(left.found)
        .isEqualTo(
            "handed over an event that ends the shard (0 ms behind) with 0 records in it, where"
                + " none was read");
  }

  @Test
  void events_that_nobody_hands_over_are_held_up_to_a_bound() {
    var sent = new ArrayList<Sent>();
    for (int i = 0; i < 100; i++) {
      sent.add(new Sent(String.valueOf(100 + i), 0L, 1));
    }
    var read = read(sent, event -> List.of(), 1 << 20);

    assertThat(read.seen).isEmpty();
    assertThat(read.requested).isBetween(24L, 26L);
    assertThat(read.failure).contains("events that were read are not handed over");
  }

  @Test
  void where_nobody_hands_events_over_somebody_must_mend_it_and_is_told_what() {
    var pieces = new ArrayList<ByteBuffer>();
    for (int i = 0; i < 40; i++) {
      pieces.add(ByteBuffer.wrap(new Sent("1", 0L, 1).bytes(i, 1 << 20)));
    }
    body.answer(EVENTS, pieces);
    var around = ChangedEvents.around(client, () -> event -> List.of());
    var loop = new SimulatedLoop(20_261_141);
    var calls = new KinesisCalls(around, Place.of(NAME, client), loop, new SplittableRandom(1));
    var ends = new ArrayList<StreamException>();
    var listener =
        new io.headrace.kcl.kinesis.Subscription.Listener() {
          @Override
          public void opened(long number) {}

          @Override
          public void pushed(long number, io.headrace.kcl.kinesis.Subscription.Delivery event) {}

          @Override
          public void closed(long number, boolean accepted, @Nullable StreamException failure) {
            ends.add(failure);
          }
        };
    var made = new io.headrace.kcl.kinesis.Subscription(1, calls, listener);
    made.request(new Page.Wanted("SubscribeToShard", Shard.root("s"), null, PLENTY, calls.place));
    made.start(
        "arn",
        "s",
        software.amazon.awssdk.services.kinesis.model.StartingPosition.builder()
            .type(ShardIteratorType.TRIM_HORIZON)
            .build());

    assertThat(ends).hasSize(1);
    assertThat(SubscriptionEnd.of(ends.get(0), true)).isEqualTo(SubscriptionEnd.REFUSED);
    assertThat(ends.get(0)).hasMessageContaining(" leave them out or hold them back?");
  }

  private static boolean isOutOfStep(String how) {
    return how.matches(
        "polling, since SubscribeToShard on stream \"orders\" at .*, shard shardId-000000000000"
            + " handed over an event that goes on at [0-9]+ \\(.* ms behind\\) with 0 records in"
            + " it, where .* was read.*; does something around the Kinesis client .*");
  }

  /** All that is put is read once and in order, by whatever means. */
  private void isReadWholeThrough(Supplier<ChangedEvents.Change> changes) {
    try (var local = LocalStreams.pushedThrough(real -> ChangedEvents.around(real, changes))) {
      var stream = local.create(NAME, 1);
      local.awaitConsumer(stream);
      var claim =
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
      var shard = local.await(stream.shards()).get(0);
      var cursor = stream.open(shard, StartingPosition.TRIM_HORIZON, claim);
      var put = new ArrayList<Position>();
      var read = new ArrayList<Position>();
      for (int i = 0; i < 20; i++) {
        put.add(put(local, i));
        put.add(put(local, i));
        for (int fetches = 0; read.size() < put.size(); fetches++) {
          assertThat(fetches).as("fetches for a record that was put").isLessThan(200);
          var records = (Fetched.Records) local.await(cursor.fetch(PLENTY));
          records.records().forEach(record -> read.add(record.position()));
        }
        local.loop.advance(Duration.ofSeconds(4));
      }

      assertThat(read).isEqualTo(put);
      assertThat(local.counted.subscriptions).hasSizeGreaterThan(1);
      cursor.close();
    }
  }

  private static Position put(LocalStreams local, int key) {
    var data = SdkBytes.fromByteArray(new byte[100]);
    return Position.of(
        local
            .direct
            .putRecord(r -> r.streamName(NAME).partitionKey("key-" + key).data(data))
            .join()
            .sequenceNumber());
  }

  /**
   * An event as the service sends it; its records are numbered by its place.
   *
   * @param records how many
   */
  private record Sent(@Nullable String continuation, Long millisBehind, int records) {
    byte[] bytes(int place, int dataBytes) {
      var data = Base64.getEncoder().encodeToString(new byte[dataBytes]);
      var all = new ArrayList<String>();
      for (int i = 0; i < records; i++) {
        all.add(
            "{\"SequenceNumber\":\"%d\",\"PartitionKey\":\"%d\",\"Data\":\"%s\"}"
                .formatted(place, i, data));
      }
      var next = continuation == null ? "null" : "\"" + continuation + "\"";
      return EventBytes.event(
          "{\"ContinuationSequenceNumber\":%s,\"MillisBehindLatest\":%d,\"Records\":[%s]}"
              .formatted(next, millisBehind, String.join(",", all)));
    }
  }

  /** Some that come one after the other, of which some can't be told from their neighbours. */
  private static List<Sent> events(Random random) {
    var events = new ArrayList<Sent>();
    int continuation = 100;
    for (int i = random.nextInt(12); i >= 0; i--) {
      continuation += random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(10);
      events.add(
          new Sent(String.valueOf(continuation), (long) random.nextInt(2), random.nextInt(3)));
    }
    return events;
  }

  private static List<SubscribeToShardEvent> done(Random random, SubscribeToShardEvent event) {
    return switch (random.nextInt(24)) {
      case 0, 1 -> List.of();
      case 2 -> List.of(event, event);
      case 3 -> List.of(event.toBuilder().continuationSequenceNumber("7").build());
      case 4 -> List.of(event.toBuilder().millisBehindLatest(9L).build());
      default -> List.of(event);
    };
  }

  private Seen read(List<Sent> events, ChangedEvents.Change change) {
    return read(events, change, 10);
  }

  private Seen read(List<Sent> events, ChangedEvents.Change change, int dataBytes) {
    var pieces = new ArrayList<ByteBuffer>();
    pieces.add(ByteBuffer.wrap(EventBytes.initialResponse()));
    for (int i = 0; i < events.size(); i++) {
      pieces.add(ByteBuffer.wrap(events.get(i).bytes(i, dataBytes)));
    }
    body.answer(EVENTS, pieces);
    var aside = new EventsAside();
    var as = AwsRequestOverrideConfiguration.builder();
    as.putExecutionAttribute(Aside.OF_CALL, aside);
    var seen = new Seen(aside);
    var request =
        SubscribeToShardRequest.builder()
            .shardId("shardId-0")
            .overrideConfiguration(as.build())
            .build();
    var call = ChangedEvents.around(client, () -> change).subscribeToShard(request, seen);
    CompletionStage<Void> ending = call;
    ending.whenComplete((nothing, failure) -> seen.failure = String.valueOf(failure));
    assertThat(call).as("all is done on this thread").isDone();
    seen.requested = body.requested;
    return seen;
  }

  /** Asks for one event after the other until one is out of step. */
  private static final class Seen
      implements SubscribeToShardResponseHandler, Subscriber<SubscribeToShardEventStream> {
    final List<Sent> seen = new ArrayList<>();
    @Nullable String found;
    String failure = "";
    long requested;
    private final EventsAside aside;
    private Subscription source;

    Seen(EventsAside aside) {
      this.aside = aside;
    }

    @Override
    public void onEventStream(SdkPublisher<SubscribeToShardEventStream> publisher) {
      publisher.subscribe(this);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      source = subscription;
      source.request(1);
    }

    @Override
    public void onNext(SubscribeToShardEventStream message) {
      if (found == null && message instanceof SubscribeToShardEvent event) {
        try {
          var records = aside.recordsOf(event);
          for (var record : records) {
            assertThat(record.sequence()).isEqualTo(String.valueOf(seen.size()));
          }
          seen.add(
              new Sent(
                  event.continuationSequenceNumber(), event.millisBehindLatest(), records.size()));
        } catch (EventsAside.OutOfStep other) {
          found = other.getMessage();
        }
      }
      if (found == null) {
        source.request(1);
      } else {
        source.cancel();
      }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}

    @Override
    public void responseReceived(SubscribeToShardResponse response) {}

    @Override
    public void exceptionOccurred(Throwable failure) {}

    @Override
    public void complete() {}
  }
}
