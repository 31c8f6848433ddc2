package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** The SDK as it is, with records taken from its events and without, on the same bytes. */
@Timeout(60)
class EventsAsideTest {
  private static final String EVENTS = "application/vnd.amazon.eventstream";

  private static final String RECORD =
      "{\"SequenceNumber\":\"49668\",\"ApproximateArrivalTimestamp\":1769044922.007,"
          + "\"PartitionKey\":\"k\",\"Data\":\"aGVsbG8=\"}";

  private static final byte[] PLAIN =
      EventBytes.event(
          "{\"ContinuationSequenceNumber\":\"49669\",\"MillisBehindLatest\":5,\"Records\":["
              + RECORD
              + ","
              + RECORD.replace("49668", "49670")
              + "]}");

  private final ScriptedBody body = new ScriptedBody();
  private final KinesisAsyncClient client = body.client();

  @Test
  void an_event_comes_without_its_records_and_these_are_the_same() {
    var alone =
        outcome(
            EVENTS,
            List.of(ByteBuffer.wrap(EventBytes.initialResponse()), ByteBuffer.wrap(PLAIN)),
            false);
    var apart =
        outcome(
            EVENTS,
            List.of(ByteBuffer.wrap(EventBytes.initialResponse()), ByteBuffer.wrap(PLAIN)),
            true);

    assertThat(apart.said).isEqualTo(alone.said);
    assertThat(apart.said)
        .startsWith(
            "opened",
            "49669 5 []",
            "49668 k aGVsbG8= 2026-01-22T01:22:02.007Z",
            "49670 k aGVsbG8= 2026-01-22T01:22:02.007Z");
    assertThat(alone.taken).isZero();
    assertThat(apart.taken).isEqualTo(2);
  }

  @Test
  void wherever_the_bytes_are_cut_the_events_are_the_same_and_one_piece_is_asked_for_at_a_time() {
    byte[] all = joined(List.of(EventBytes.initialResponse(), PLAIN, PLAIN));
    var whole = outcome(EVENTS, List.of(ByteBuffer.wrap(all)), true);
    assertThat(whole.taken).isEqualTo(4);
    for (int cut = 1; cut < all.length; cut++) {
      var pieces =
          List.of(
              ByteBuffer.wrap(Arrays.copyOf(all, cut)),
              ByteBuffer.wrap(all, cut, all.length - cut));
      var read = outcome(EVENTS, pieces, true);
      assertThat(read.said).as("cut at %d", cut).isEqualTo(whole.said);
      assertThat(read.taken).as("cut at %d", cut).isEqualTo(4);
    }
    var bytes = new ArrayList<ByteBuffer>();
    for (byte each : all) {
      bytes.add(ByteBuffer.allocateDirect(1).put(each).flip());
    }
    var read = outcome(EVENTS, bytes, true);
    assertThat(read.said).isEqualTo(whole.said);
    assertThat(read.requested).isLessThanOrEqualTo(all.length + 1);
  }

  @Test
  void whatever_messages_come_the_outcome_is_the_one_of_the_sdk_alone() {
    long seed = 20_261_130;
    int taken = 0;
    for (int round = 0; round < 1_000; round++) {
      var random = new Random(seed + round);
      var pieces = pieces(random, some(random));
      taken += compare(pieces, "seed " + (seed + round));
    }
    assertThat(taken).as("records that the SDK has not read").isGreaterThan(1_500);
  }

  @Test
  void damaged_bytes_end_as_with_the_sdk_alone_and_never_hang() {
    long seed = 20_261_131;
    for (int round = 0; round < 600; round++) {
      var random = new Random(seed + round);
      byte[] all = some(random);
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        all[random.nextInt(all.length)] ^= (byte) (1 << random.nextInt(8));
      }
      if (random.nextInt(4) == 0) {
        all = Arrays.copyOf(all, random.nextInt(all.length));
      }
      compare(pieces(random, all), "seed " + (seed + round));
    }
  }

  @Test
  void a_length_beyond_all_bounds_holds_nothing_and_is_the_sdks_to_refuse() {
    byte[] huge = EventBytes.message(new byte[0], new byte[0]);
    ByteBuffer.wrap(huge).putInt(0, 1 << 30);
    var check = new CRC32();
    check.update(huge, 0, 8);
    ByteBuffer.wrap(huge).putInt(8, (int) check.getValue());
    var pieces = List.of(ByteBuffer.wrap(PLAIN), ByteBuffer.wrap(huge), ByteBuffer.wrap(PLAIN));

    compare(pieces, "a gigabyte");
    assertThat(outcome(EVENTS, pieces, true).said).contains("error: IllegalArgumentException");
  }

  @Test
  void a_body_of_another_type_is_left_as_it_came() {
    var left = outcome("application/json", List.of(ByteBuffer.wrap(PLAIN)), true);

    assertThat(left.said).isEqualTo(outcome(EVENTS, List.of(ByteBuffer.wrap(PLAIN)), true).said);
    assertThat(left.taken).isZero();
  }

  @Test
  void a_reader_that_cancels_ends_the_call_and_nothing_more_is_asked_for() {
    body.answer(
        EVENTS, List.of(ByteBuffer.wrap(PLAIN), ByteBuffer.wrap(PLAIN), ByteBuffer.wrap(PLAIN)));
    var reader = new Reader(new EventsAside(), 1);
    var call = subscribe(reader);

    assertThat(call).isDone();
    assertThat(reader.taken).isEqualTo(2);
    assertThat(body.cancelled).isTrue();
    assertThat(body.requested).isOne();
  }

  @Test
  void a_client_that_was_prepared_twice_loses_no_record() {
    var pieces = List.of(ByteBuffer.wrap(PLAIN), ByteBuffer.wrap(PLAIN));
    body.answer(EVENTS, pieces);
    var reader = new Reader(new EventsAside(), Integer.MAX_VALUE);
    try (var twice =
        body.client(
            as -> {
              KinesisHttp.prepare(as);
              KinesisHttp.prepare(as);
            })) {
      assertThat(subscribe(twice, reader)).isDone();
    }

    assertThat(reader.taken).isEqualTo(4);
    assertThat(reader.said).isEqualTo(outcome(EVENTS, pieces, true).said);
  }

  @Test
  void an_event_of_ten_mebibytes_comes_apart_between_small_ones_in_pieces_of_a_frame() {
    byte[] data = new byte[10 << 20];
    new Random(20_261_132).nextBytes(data);
    var large = RECORD.replace("aGVsbG8=", Base64.getEncoder().encodeToString(data));
    byte[] all =
        joined(
            List.of(
                PLAIN,
                EventBytes.event("{\"Records\":[" + RECORD + "," + large + "," + RECORD + "]}"),
                EventBytes.event("{\"MillisBehindLatest\":0,\"Records\":[]}"),
                PLAIN));
    var pieces = new ArrayList<ByteBuffer>();
    for (int at = 0; at < all.length; at += 16 << 10) {
      pieces.add(ByteBuffer.wrap(all, at, Math.min(16 << 10, all.length - at)));
    }

    assertThat(compare(pieces, "ten mebibytes")).isEqualTo(7);
  }

  @AfterEach
  void close() {
    client.close();
  }

  private int compare(List<ByteBuffer> pieces, String as) {
    var alone = outcome(EVENTS, pieces, false);
    var apart = outcome(EVENTS, pieces, true);
    assertThat(apart.said).as(as).isEqualTo(alone.said);
    return apart.taken;
  }

  /**
   * What a reader is told.
   *
   * @param taken how many records came beside their events
   */
  private record Outcome(List<String> said, int taken, long requested) {}

  private Outcome outcome(String type, List<ByteBuffer> pieces, boolean isApart) {
    body.answer(type, pieces);
    var reader = new Reader(isApart ? new EventsAside() : null, Integer.MAX_VALUE);
    var call = subscribe(reader);
    assertThat(call).as("all is done on this thread").isDone();
    CompletionStage<Void> ended = call;
    ended.whenComplete(
        (nothing, failure) -> {
          for (var cause = failure; cause != null; cause = cause.getCause()) {
            reader.said.add("failed: " + cause.getClass().getSimpleName());
          }
        });
    return new Outcome(reader.said, reader.taken, body.requested);
  }

  private CompletableFuture<Void> subscribe(Reader reader) {
    return subscribe(client, reader);
  }

  private static CompletableFuture<Void> subscribe(KinesisAsyncClient client, Reader reader) {
    var as = AwsRequestOverrideConfiguration.builder();
    if (reader.aside != null) {
      as.putExecutionAttribute(Aside.OF_CALL, reader.aside);
    }
    return client.subscribeToShard(
        request -> request.shardId("shardId-0").overrideConfiguration(as.build()), reader);
  }

  private static byte[] some(Random random) {
    var bytes = new EventBytes(random);
    var messages = new ArrayList<byte[]>();
    messages.add(EventBytes.initialResponse());
    for (int i = random.nextInt(5); i >= 0; i--) {
      messages.add(bytes.any());
    }
    return joined(messages);
  }

  private static List<ByteBuffer> pieces(Random random, byte[] all) {
    var pieces = new ArrayList<ByteBuffer>();
    int most = 1 + random.nextInt(all.length + 1);
    for (int at = 0; at < all.length; ) {
      int length = Math.min(all.length - at, 1 + random.nextInt(most));
      pieces.add(ByteBuffer.wrap(all, at, length).slice());
      at += length;
    }
    return pieces;
  }

  private static byte[] joined(List<byte[]> messages) {
    var all = new ByteArrayOutputStream();
    messages.forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** Asks for one event after the other, and notes what each is. */
  private static final class Reader
      implements SubscribeToShardResponseHandler, Subscriber<SubscribeToShardEventStream> {
    final List<String> said = new ArrayList<>();
    final @Nullable EventsAside aside;
    private final int eventsMax;
    private Subscription source;
    private int events;
    int taken;

    Reader(@Nullable EventsAside aside, int eventsMax) {
      this.aside = aside;
      this.eventsMax = eventsMax;
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
      if (message instanceof SubscribeToShardEvent event) {
        note(event);
      } else {
        said.add("another: " + message.getClass().getSimpleName());
      }
      if (++events < eventsMax) {
        source.request(1);
      } else {
        source.cancel();
      }
    }

    private void note(SubscribeToShardEvent event) {
      said.add(
          event.continuationSequenceNumber()
              + " "
              + event.millisBehindLatest()
              + " "
              + event.childShards());
      var own = StoredRecord.of(event.records());
      var records = aside == null ? own : recordsBeside(event, aside);
      if (own.isEmpty()) {
        taken += records.size();
      }
      for (var record : records) {
        byte[] data = record.data();
        var base64 = data == null ? null : Base64.getEncoder().encodeToString(data);
        said.add(
            String.join(" ", record.sequence(), record.key(), base64, String.valueOf(record.at())));
      }
    }

    private static List<StoredRecord> recordsBeside(
        SubscribeToShardEvent event, EventsAside aside) {
      try {
        return aside.recordsOf(event);
      } catch (EventsAside.OutOfStep other) {
        throw new AssertionError("each event is the one that was read next", other);
      }
    }

    @Override
    public void onError(Throwable failure) {
      said.add("error: " + failure.getClass().getSimpleName());
    }

    @Override
    public void onComplete() {
      said.add("complete");
    }

    @Override
    public void responseReceived(SubscribeToShardResponse response) {
      said.add("opened");
    }

    @Override
    public void exceptionOccurred(Throwable failure) {
      said.add("exception: " + failure.getClass().getSimpleName());
    }

    @Override
    public void complete() {
      said.add("over");
    }
  }
}
