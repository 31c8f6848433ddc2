package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.StreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Events past the SDK, and by the SDK as it is, of the same bytes. */
@Timeout(180)
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
  void events_come_past_the_sdk_and_are_the_same() {
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
        .containsExactly(
            "opened",
            "49669 5 []",
            "49668 k aGVsbG8= 2026-01-22T01:22:02.007Z",
            "49670 k aGVsbG8= 2026-01-22T01:22:02.007Z",
            "ended");
  }

  @Test
  void wherever_the_bytes_are_cut_the_events_are_the_same_and_one_piece_is_asked_for_at_a_time() {
    byte[] all = joined(List.of(EventBytes.initialResponse(), PLAIN, PLAIN));
    var whole = outcome(EVENTS, List.of(ByteBuffer.wrap(all)), true);
    assertThat(whole.said).hasSize(1 + 3 + 3 + 1);
    for (int cut = 1; cut < all.length; cut++) {
      var pieces =
          List.of(
              ByteBuffer.wrap(Arrays.copyOf(all, cut)),
              ByteBuffer.wrap(all, cut, all.length - cut));
      assertThat(outcome(EVENTS, pieces, true).said).as("cut at %d", cut).isEqualTo(whole.said);
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
  void whatever_messages_of_the_service_come_they_are_the_ones_that_the_sdk_alone_reads() {
    long seed = 20_261_130;
    int records = 0;
    for (int round = 0; round < 1_000; round++) {
      var random = new Random(seed + round);
      var pieces = pieces(random, some(random, EventBytes::likely));
      assertThat(compare(pieces, "seed " + (seed + round))).as("seed %d", seed + round).isTrue();
      records += outcome(EVENTS, pieces, true).said.size();
    }
    assertThat(records).as("events and records").isGreaterThan(5_000);
  }

  @Test
  void whatever_else_comes_no_event_is_read_otherwise_than_by_the_sdk_and_nothing_hangs() {
    long seed = 20_261_131;
    int same = 0;
    for (int round = 0; round < 1_000; round++) {
      var random = new Random(seed + round);
      var pieces = pieces(random, some(random, EventBytes::any));
      same += compare(pieces, "seed " + (seed + round)) ? 1 : 0;
    }
    assertThat(same).as("rounds with the same outcome").isGreaterThan(500);
  }

  @Test
  void damaged_bytes_end_it_behind_what_was_sound_and_never_hang() {
    long seed = 20_261_131;
    for (int round = 0; round < 600; round++) {
      var random = new Random(seed + round);
      byte[] all = some(random, EventBytes::likely);
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        all[random.nextInt(all.length)] ^= (byte) (1 << random.nextInt(8));
      }
      if (random.nextInt(4) == 0) {
        all = Arrays.copyOf(all, random.nextInt(all.length));
      }
      boolean unused = compare(pieces(random, all), "seed " + (seed + round));
    }
  }

  @Test
  void bytes_that_are_no_message_end_it_and_are_told_with_their_place() {
    byte[] huge = EventBytes.message(new byte[0], new byte[0]);
    ByteBuffer.wrap(huge).putInt(0, 1 << 30);
    var check = new CRC32();
    check.update(huge, 0, 8);
    ByteBuffer.wrap(huge).putInt(8, (int) check.getValue());
    byte[] cut = PLAIN.clone();
    cut[cut.length - 20] ^= 1;

    assertThat(failureOf(huge))
        .isEqualTo(
            "the message at byte %d says that it has 1073741824 bytes, of headers 0"
                .formatted(PLAIN.length));
    assertThat(failureOf(cut))
        .isEqualTo(
            "the message at byte %d of %d bytes has a wrong check"
                .formatted(PLAIN.length, PLAIN.length));
    assertThat(failureOf(new byte[12]))
        .isEqualTo("the message at byte %d has a wrong check of its lengths", PLAIN.length);
    assertThat(failureOf(EventBytes.message(new byte[] {9, 'a', 7}, new byte[0])))
        .isEqualTo("the message at byte %d has headers that are none", PLAIN.length);
    assertThat(failureOf(EventBytes.event("{\"Records\":[}")))
        .isEqualTo(
            "the message at byte %d has an event of another form than is known, at its byte 12",
            PLAIN.length);
    assertThat(body.cancelled).as("what comes behind is of no use").isTrue();
  }

  @Test
  void a_failure_of_the_service_has_its_name_and_words() {
    var inUse = failure(EventBytes.exception("ResourceInUseException"));
    assertThat(inUse)
        .isInstanceOfSatisfying(
            ResourceInUseException.class,
            failure -> {
              assertThat(failure.awsErrorDetails().errorCode()).isEqualTo("ResourceInUseException");
              assertThat(failure.awsErrorDetails().errorMessage()).isEqualTo("no more");
            });
    assertThat(failure(EventBytes.exception("ResourceNotFoundException")))
        .isInstanceOf(ResourceNotFoundException.class);
    var headers =
        Map.of(":message-type", "error", ":error-code", "Later", ":error-message", "so it is");
    assertThat(failure(EventBytes.message(headers, "")))
        .isInstanceOfSatisfying(
            AwsServiceException.class,
            failure -> {
              assertThat(failure.awsErrorDetails().errorCode()).isEqualTo("Later");
              assertThat(failure.awsErrorDetails().errorMessage()).isEqualTo("so it is");
              assertThat(failure.statusCode()).isEqualTo(500);
            });
  }

  @Test
  void headers_that_are_no_texts_are_passed_over() {
    byte[] event = EventBytes.event("");
    var headers = new ByteArrayOutputStream();
    for (int kind = 0; kind < 10; kind++) {
      int length = new int[] {0, 0, 1, 2, 4, 8, 3, 3, 8, 16}[kind];
      headers.writeBytes(new byte[] {1, 'x', (byte) kind});
      headers.writeBytes(kind == 6 || kind == 7 ? new byte[] {0, 3} : new byte[0]);
      headers.writeBytes(new byte[length]);
    }
    headers.write(event, 12, event.length - 16);
    byte[] payload = "{\"MillisBehindLatest\":7}".getBytes(StandardCharsets.UTF_8);
    var pieces = List.of(ByteBuffer.wrap(EventBytes.message(headers.toByteArray(), payload)));

    assertThat(outcome(EVENTS, pieces, true).said).containsExactly("opened", "null 7 []", "ended");
  }

  @Test
  void a_body_of_another_type_is_left_as_it_came() {
    body.answer("application/json", List.of(ByteBuffer.wrap(PLAIN)));
    var reader = new Apart(Integer.MAX_VALUE);
    var alone = new Alone();
    assertThat(subscribe(client, new EventsAside(reader), alone)).isDone();

    assertThat(reader.said).isEmpty();
    assertThat(alone.said).contains("49669 5 []");
  }

  @Test
  void the_sdks_call_is_over_when_events_begin() {
    body.answer(EVENTS, List.of(ByteBuffer.wrap(PLAIN), ByteBuffer.wrap(PLAIN)));
    var reader = new Apart(1);
    var call = subscribe(client, new EventsAside(reader), new Alone());

    assertThat(call).isCompletedWithValue(null);
    assertThat(reader.said).hasSize(1 + 3);
    reader.source.request(1);
    assertThat(reader.said).hasSize(1 + 3 + 3);
    reader.source.request(1);
    assertThat(reader.said).endsWith("ended");
  }

  @Test
  void of_events_in_one_piece_each_is_handed_over_as_it_is_asked_for_and_then_the_end_is_told() {
    byte[] failed = EventBytes.exception("KMSThrottlingException");
    body.answer(EVENTS, List.of(ByteBuffer.wrap(joined(List.of(PLAIN, PLAIN, failed)))));
    var reader = new Apart(1);
    readApart(client, reader);

    assertThat(reader.said).hasSize(1 + 3);
    reader.source.request(1);
    assertThat(reader.said).hasSize(1 + 3 + 3 + 1).endsWith("failed: KMSThrottlingException");
    assertThat(body.requested).isOne();
  }

  @Test
  void an_end_that_comes_while_the_last_event_is_handed_over_is_told_behind_it() {
    body.answer(EVENTS, List.of(ByteBuffer.wrap(joined(List.of(PLAIN, PLAIN)))));
    var reader =
        new Apart(1) {
          @Override
          public void came(EventBody event) {
            if (said.size() > 1) {
              body.end();
            }
            super.came(event);
          }
        };
    readApart(client, reader);
    reader.source.request(1);

    assertThat(reader.said).hasSize(1 + 3 + 3 + 1).endsWith("ended");
  }

  @Test
  void an_answer_that_breaks_off_is_the_networks_whatever_it_is_called() {
    body.answer(EVENTS, List.of(ByteBuffer.wrap(PLAIN)));
    for (var why : List.of(new IllegalStateException("no read for 500 ms"), new IOException("x"))) {
      var reader = new Apart(1);
      readApart(client, reader);
      body.breakOff(why);

      var place = Place.of("orders", client);
      assertThat(Failure.of("SubscribeToShard", place, Objects.requireNonNull(reader.failure)))
          .hasMessageContaining("could not reach the service")
          .hasMessageContaining(why.getMessage())
          .extracting(StreamException::kind)
          .isEqualTo(StreamException.Kind.RETRYABLE);
    }
  }

  @Test
  void a_reader_that_throws_is_told_an_end_rather_than_nothing_for_ever() {
    body.answer(EVENTS, List.of(ByteBuffer.wrap(PLAIN), ByteBuffer.wrap(PLAIN)));
    var broken = new IllegalStateException("broken");
    var reader =
        new Apart(1) {
          @Override
          public void came(EventBody event) {
            throw broken;
          }
        };
    readApart(client, reader);

    assertThat(reader.failure).isSameAs(broken);
    assertThat(body.cancelled).isTrue();
  }

  @Test
  void a_reader_that_cancels_ends_the_answer_and_is_told_nothing_more() {
    body.answer(
        EVENTS, List.of(ByteBuffer.wrap(joined(List.of(PLAIN, PLAIN))), ByteBuffer.wrap(PLAIN)));
    var reader = new Apart(1);
    readApart(client, reader);
    reader.source.cancel();
    reader.source.request(1);

    assertThat(reader.said).hasSize(1 + 3);
    assertThat(body.cancelled).isTrue();
    assertThat(body.requested).isOne();
  }

  @Test
  void a_client_that_was_prepared_twice_loses_no_record() {
    var pieces = List.of(ByteBuffer.wrap(PLAIN), ByteBuffer.wrap(PLAIN));
    body.answer(EVENTS, pieces);
    var reader = new Apart(Integer.MAX_VALUE);
    try (var twice =
        body.client(
            as -> {
              KinesisHttp.prepare(as);
              KinesisHttp.prepare(as);
            })) {
      readApart(twice, reader);
    }

    assertThat(reader.said).isEqualTo(outcome(EVENTS, pieces, false).said);
  }

  @Test
  void an_event_of_ten_mebibytes_comes_between_small_ones_in_pieces_of_a_frame() {
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

    assertThat(compare(pieces, "ten mebibytes")).isTrue();
    assertThat(outcome(EVENTS, pieces, true).said).hasSize(1 + 4 + 7 + 1);
  }

  @AfterEach
  void close() {
    client.close();
  }

  /** Whether both outcomes are the same; where one ends earlier, it has to be by a failure. */
  private boolean compare(List<ByteBuffer> pieces, String as) {
    var alone = outcome(EVENTS, pieces, false).said;
    var apart = outcome(EVENTS, pieces, true).said;
    if (areSame(apart, alone)) {
      return true;
    }
    var shorter = apart.size() < alone.size() ? apart : alone;
    int read = shorter.size() - 1;
    assertThat(shorter.get(read)).as(as).startsWith("failed");
    assertThat(apart.subList(0, read)).as(as).isEqualTo(alone.subList(0, read));
    return false;
  }

  /** The SDK does not always say why: it ends the call for a failure, and may tell only that. */
  private static boolean areSame(List<String> apart, List<String> alone) {
    int last = alone.size() - 1;
    return apart.equals(alone)
        || (apart.size() == alone.size()
            && apart.subList(0, last).equals(alone.subList(0, last))
            && alone.get(last).equals("failed")
            && apart.get(last).startsWith("failed"));
  }

  private String failureOf(byte[] bytes) {
    return String.valueOf(failure(PLAIN, bytes, PLAIN).getMessage());
  }

  private Throwable failure(byte[]... messages) {
    body.answer(EVENTS, Arrays.stream(messages).map(ByteBuffer::wrap).toList());
    var reader = new Apart(Integer.MAX_VALUE);
    readApart(client, reader);
    return Objects.requireNonNull(reader.failure);
  }

  /** What a reader is told. */
  private record Outcome(List<String> said, long requested) {}

  private Outcome outcome(String type, List<ByteBuffer> pieces, boolean isApart) {
    body.answer(type, pieces);
    if (isApart) {
      var reader = new Apart(Integer.MAX_VALUE);
      readApart(client, reader);
      assertThat(reader.over).as("it ends, on this thread").isTrue();
      return new Outcome(reader.said, body.requested);
    }
    var reader = new Alone();
    var call = subscribe(client, null, reader);
    assertThat(call).as("all is done on this thread").isDone();
    CompletionStage<Void> ended = call;
    ended.whenComplete((nothing, failure) -> reader.noteEnd(failure));
    return new Outcome(reader.said, body.requested);
  }

  private static void readApart(KinesisAsyncClient client, Apart reader) {
    assertThat(subscribe(client, new EventsAside(reader), new Alone()))
        .as("the SDK's call is over")
        .isDone();
  }

  private static CompletableFuture<Void> subscribe(
      KinesisAsyncClient client, @Nullable EventsAside aside, Alone reader) {
    var as = AwsRequestOverrideConfiguration.builder();
    if (aside != null) {
      as.putExecutionAttribute(Aside.OF_CALL, aside);
    }
    return client.subscribeToShard(
        request -> request.shardId("shardId-0").overrideConfiguration(as.build()), reader);
  }

  private static byte[] some(Random random, Function<EventBytes, byte[]> next) {
    var bytes = new EventBytes(random);
    var messages = new ArrayList<byte[]>();
    messages.add(EventBytes.initialResponse());
    for (int i = random.nextInt(5); i >= 0; i--) {
      messages.add(next.apply(bytes));
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

  /** Notes what is said. */
  private abstract static class Notes {
    final List<String> said = new ArrayList<>();
    @Nullable Throwable failure;
    boolean over;

    void open() {
      if (said.isEmpty()) {
        said.add("opened");
      }
    }

    void note(EventBody event) {
      open();
      said.add(event.continuation() + " " + event.millisBehind() + " " + event.children());
      for (var record : event.records()) {
        byte[] data = record.data();
        var base64 = data == null ? null : Base64.getEncoder().encodeToString(data);
        said.add(
            String.join(" ", record.sequence(), record.key(), base64, String.valueOf(record.at())));
      }
    }

    void noteEnd(@Nullable Throwable why) {
      assertThat(over).as("the end is told once").isFalse();
      over = true;
      failure = why;
      var cause = why;
      while (cause instanceof CompletionException || cause instanceof SdkClientException) {
        cause = cause.getCause();
      }
      if (why == null) {
        said.add("ended");
      } else {
        said.add(
            cause instanceof AwsServiceException service
                ? "failed: " + service.awsErrorDetails().errorCode()
                : "failed");
      }
    }
  }

  /** Asks for one event of the SDK's after the other. */
  private static final class Alone extends Notes
      implements SubscribeToShardResponseHandler, Subscriber<SubscribeToShardEventStream> {
    private Subscription source;

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
      open();
      if (message instanceof SubscribeToShardEvent event) {
        note(EventBody.of(event));
      }
      source.request(1);
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}

    @Override
    public void responseReceived(SubscribeToShardResponse response) {
      open();
    }

    @Override
    public void exceptionOccurred(Throwable failure) {}

    @Override
    public void complete() {}
  }

  /** Asks for one event after the other, past the SDK. */
  private static class Apart extends Notes implements EventsAside.Reader {
    private final int eventsMax;
    private int events;
    Subscription source;

    Apart(int eventsMax) {
      this.eventsMax = eventsMax;
    }

    @Override
    public void taken() {}

    @Override
    public void reads(Subscription subscription) {
      source = subscription;
      source.request(1);
    }

    @Override
    public void opened() {
      open();
    }

    @Override
    public void ended(@Nullable Throwable why) {
      noteEnd(why);
    }

    @Override
    public void came(EventBody event) {
      note(event);
      if (++events < eventsMax) {
        source.request(1);
      }
    }
  }
}
