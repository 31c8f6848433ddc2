package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.FaultyFront.badGateway;
import static io.headrace.kcl.kinesis.FaultyFront.cut;
import static io.headrace.kcl.kinesis.FaultyFront.error;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.ThreadedLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** The real client on a real socket, with faults put in its way. */
class KinesisOverTheWireTest {
  private static final long PLENTY = 16 << 20;

  private final LocalStreams local = LocalStreams.behindFront();
  private final KinesisStream stream = local.create("orders", 1);

  @AfterEach
  void close() {
    local.close();
  }

  @Test
  void reads_through_throttling_errors_of_the_service_and_broken_connections() {
    put(0, 50);
    local.front.next(
        "GetShardIterator",
        error(400, "LimitExceededException", "Rate exceeded"),
        error(500, "InternalFailure", "oops"));
    local.front.next(
        "GetRecords",
        error(400, "ProvisionedThroughputExceededException", "Rate exceeded for shard"),
        error(400, "KMSThrottlingException", "slow"),
        error(503, "ServiceUnavailable", "busy"),
        badGateway(),
        cut());

    assertThat(payloads(read(open(), 50))).isEqualTo(numbers(0, 50));
  }

  /**
   * The service answers five GetShardIterator a second and shard, and a roll offers many shards.
   */
  @Test
  void shards_that_are_offered_together_ask_the_stream_once_and_again_when_that_failed() {
    var shard = local.await(stream.shards()).get(0);
    local.await(stream.prepare(shard));

    local.front.next("GetShardIterator", error(500, "InternalFailure", "oops"));
    local.await(stream.prepare(shard)); // Not asked: what goes wrong is still to come.
    local.loop.advance(Duration.ofSeconds(31));
    assertThatThrownBy(() -> local.await(stream.prepare(shard))).hasMessageContaining("oops");

    local.await(stream.prepare(shard));
  }

  @Test
  void an_iterator_that_was_asked_for_early_and_refused_is_asked_for_again() {
    put(0, 10);
    local.front.next("GetShardIterator", error(500, "InternalFailure", "oops"));
    var cursor = open();
    cursor.prepare();
    local.loop.runUntilIdle();

    assertThat(payloads(read(cursor, 10))).isEqualTo(numbers(0, 10));
  }

  @Test
  void reads_on_when_the_iterator_expired() {
    put(0, 10);
    var cursor = open();
    assertThat(payloads(read(cursor, 10))).isEqualTo(numbers(0, 10));
    put(10, 20);

    local.loop.advance(Duration.ofMinutes(6));

    assertThat(payloads(read(cursor, 10))).isEqualTo(numbers(10, 20));
  }

  @Test
  void reads_on_after_a_server_that_said_nothing() {
    put(0, 3);
    local.front.next("GetRecords", local.front.silence());
    var stage = open().fetch(PLENTY);

    boolean arrived = local.loop.runUntil(() -> local.front.silenced() == 1, 20_000);
    assertThat(arrived).isTrue();
    local.loop.advance(KinesisCalls.TRY_MAX);

    var records = ((Fetched.Records) local.await(stage)).records();
    assertThat(payloads(records)).isEqualTo(numbers(0, 3));
  }

  @Test
  void does_not_let_the_sdk_retry_behind_its_back() {
    var cursor = open();
    for (int i = 0; i < 30; i++) {
      local.front.next("GetRecords", error(500, "InternalFailure", "oops"));
    }
    var failure = failureOf(cursor.fetch(PLENTY));

    assertThat(failure.kind()).isEqualTo(Kind.RETRYABLE);
    assertThat(failure.getCause())
        .isInstanceOfSatisfying(SdkException.class, e -> assertThat(e.numAttempts()).isEqualTo(1));
  }

  @Test
  void says_which_stream_is_missing_and_where() {
    var missing = local.open("payments");
    for (CompletionStage<?> stage :
        List.<CompletionStage<?>>of(
            missing.identify(),
            missing.shards(),
            missing.open(Shard.root("shardId-0"), StartingPosition.TRIM_HORIZON).fetch(PLENTY),
            local.sink("payments").put(List.of(new Entry("key", new byte[1]))))) {
      assertThat(failureOf(stage))
          .hasMessageContainingAll("payments", "127.0.0.1", "us-east-1", "create the stream")
          .extracting(StreamException::kind)
          .isEqualTo(Kind.NOT_FOUND);
    }
  }

  @Test
  void says_that_rights_are_missing_and_which() {
    local.front.next(
        "DescribeStreamSummary", error(400, "AccessDeniedException", "not authorized"));
    assertThat(failureOf(stream.identify()))
        .hasMessageContainingAll("orders", "kinesis:DescribeStreamSummary", "not authorized")
        .extracting(StreamException::kind)
        .isEqualTo(Kind.REFUSED);
    local.front.next(
        "ListShards", error(403, "UnrecognizedClientException", "security token is invalid"));
    assertThat(failureOf(stream.shards()).kind()).isEqualTo(Kind.REFUSED);
  }

  @Test
  void says_that_nobody_listens() {
    int port = local.front.endpoint().getPort();
    local.front.close();
    var failure =
        failureOf(local.calls("orders").once("ListStreams", client -> client.listStreams()));
    assertThat(failure).hasMessageContainingAll("orders", "127.0.0.1:" + port, "could not reach");
    assertThat(failure.kind()).isEqualTo(Kind.RETRYABLE);
  }

  @Test
  void says_that_a_request_was_wrong() {
    local.front.next("ListShards", error(400, "ValidationException", "1 validation error"));
    assertThat(failureOf(stream.shards()).kind()).isEqualTo(Kind.INVALID);
  }

  @Test
  void lists_shards_of_all_pages() {
    var many = local.create("many", 2_345);
    assertThat(local.await(many.shards())).hasSize(2_345);
  }

  @Test
  void unpacks_aggregates_that_came_through_the_service() {
    byte[] aggregate =
        new AggregateWriter()
            .add("a", null, "one".getBytes(UTF_8), java.util.Map.of("id", "7"))
            .add("b", "two".getBytes(UTF_8))
            .bytes();
    local
        .direct
        .putRecord(
            r -> r.streamName("orders").partitionKey("a").data(SdkBytes.fromByteArray(aggregate)))
        .join();

    var records = read(open(), 2);

    assertThat(records).extracting(r -> r.key().text()).containsExactly("a", "b");
    assertThat(records).extracting(r -> r.position().subSequence()).containsExactly(0L, 1L);
    assertThat(payloads(records)).containsExactly("one", "two");
    assertThat(records.get(0).headers()).containsEntry("id", "7");

    var behindFirst = StartingPosition.after(records.get(0).position());
    var again = read(stream.open(shard(), behindFirst), 1);
    assertThat(again).isEqualTo(records.subList(1, 2));
    assertThat(stream.misroutedSubRecords()).isZero();
  }

  @Test
  void writes_through_faults_and_tells_where_each_record_is() {
    local.front.next(
        "PutRecords",
        error(400, "ProvisionedThroughputExceededException", "Rate exceeded"),
        error(500, "InternalFailure", "oops"),
        cut());
    var entries =
        IntStream.range(0, 2_000)
            .mapToObj(i -> new Entry("key-" + i % 50, Integer.toString(i).getBytes(UTF_8)))
            .toList();

    List<Stored> stored = local.await(local.sink("orders").put(entries));

    var read = read(open(), 2_000);
    var byPosition = new HashMap<Object, String>();
    read.forEach(r -> byPosition.put(r.position(), payload(r)));
    for (int i = 0; i < 2_000; i++) {
      assertThat(byPosition).containsEntry(stored.get(i).position(), Integer.toString(i));
    }
    var last = new HashMap<String, Integer>();
    for (StreamRecord record : read) {
      int number = Integer.parseInt(payload(record));
      assertThat(last.getOrDefault(record.key().text(), -1)).isLessThan(number);
      last.put(record.key().text(), number);
    }
  }

  @Test
  @Timeout(180)
  void reads_100_000_records_in_order_on_a_real_loop() throws Exception {
    put(0, 100_000);
    try (var loop = ThreadedLoop.start("reader", failure -> {})) {
      var real = LocalStreams.client(local.server.endpoint(), LocalStreams.HTTP2);
      var connector = new KinesisConnector(real);
      var cursor =
          connector
              .open(StreamSource.kinesis("orders"), loop, new SplittableRandom(1))
              .open(shard(), StartingPosition.TRIM_HORIZON);
      int expected = 0;
      while (expected < 100_000) {
        var fetched = cursor.fetch(PLENTY).toCompletableFuture().get(60, TimeUnit.SECONDS);
        for (StreamRecord record : ((Fetched.Records) fetched).records()) {
          assertThat(payload(record)).isEqualTo(Integer.toString(expected++));
        }
      }
      cursor.close();
      real.close();
    }
  }

  @Test
  void is_found_as_the_connector_of_kinesis() {
    assertThat(ServiceLoader.load(StreamConnector.class))
        .filteredOn(c -> c.service().equals(KinesisConnector.SERVICE))
        .hasExactlyElementsOfTypes(KinesisConnector.class);
  }

  @Test
  void leaves_the_clients_of_others_open_when_it_is_closed() {
    var client =
        LocalStreams.builder(local.server.endpoint()).httpClient(LocalStreams.HTTP2).build();
    new KinesisConnector(client).close();
    assertThat(client.listStreams().join().streamNames()).isNotNull();
    client.close();
  }

  private void put(int from, int to) {
    KinesisAsyncClient client = local.direct;
    for (int i = from; i < to; i += 500) {
      int first = i;
      client
          .putRecords(
              r ->
                  r.streamName("orders")
                      .records(
                          IntStream.range(first, Math.min(to, first + 500))
                              .mapToObj(
                                  n ->
                                      software.amazon.awssdk.services.kinesis.model
                                          .PutRecordsRequestEntry.builder()
                                          .partitionKey("key")
                                          .data(SdkBytes.fromUtf8String(Integer.toString(n)))
                                          .build())
                              .toList()))
          .join();
    }
  }

  private Shard shard() {
    return local.await(stream.shards()).get(0);
  }

  private ShardCursor open() {
    return stream.open(shard(), StartingPosition.TRIM_HORIZON);
  }

  private List<StreamRecord> read(ShardCursor cursor, int count) {
    var read = new ArrayList<StreamRecord>();
    for (int fetches = 0; read.size() < count; fetches++) {
      assertThat(fetches).isLessThan(1_000);
      read.addAll(((Fetched.Records) local.await(cursor.fetch(PLENTY))).records());
    }
    assertThat(read).hasSize(count);
    return read;
  }

  private StreamException failureOf(CompletionStage<?> stage) {
    var thrown = catchThrowableOfType(CompletionException.class, () -> local.await(stage));
    assertThat(thrown).hasCauseInstanceOf(StreamException.class);
    return (StreamException) thrown.getCause();
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  private static List<String> payloads(List<StreamRecord> records) {
    return records.stream().map(KinesisOverTheWireTest::payload).toList();
  }

  private static String payload(StreamRecord record) {
    try {
      return new String(record.payload().bytes(), UTF_8);
    } catch (IOException unreadable) {
      throw new AssertionError(unreadable);
    }
  }
}
