package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.KmsThrottlingException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Faults as real clients meet them. */
@Timeout(180)
class FaultsTest {
  private static final String SHARD = "shardId-000000000000";

  private LocalKinesis kinesis;
  private KinesisAsyncClient client;

  @BeforeEach
  void start() {
    kinesis = LocalKinesis.builder().faultSeed(11).start();
    kinesis.createStream("orders", 2);
    client = Clients.withoutRetries(kinesis.endpoint());
  }

  @AfterEach
  void close() {
    client.close();
    kinesis.close();
  }

  @Test
  void an_error_is_the_services_exception_and_nothing_has_happened() {
    kinesis.faults().add(Fault.error("KMSThrottlingException").on("PutRecord").first(1));
    kinesis.faults().add(Fault.error("InternalFailure").on("PutRecord").first(1));

    assertThatThrownBy(() -> put("a"))
        .cause()
        .isInstanceOf(KmsThrottlingException.class)
        .hasMessageContaining("The request was denied due to request throttling.");
    put("b");

    assertThat(stored()).containsExactly("b");
  }

  @Test
  void a_failure_of_the_service_has_status_500_and_one_of_a_rule_its_own() {
    kinesis.faults().add(Fault.error("InternalFailure").on("ListStreams").first(1));
    kinesis.faults().add(Fault.error("ServiceUnavailable").on("ListStreams").first(2));
    kinesis.faults().add(Fault.error("Odd", "so", 418).on("ListStreams"));

    Wires.Answer first = Wires.json(kinesis.endpoint(), "ListStreams", "{}");
    assertThat(first.status()).isEqualTo(500);
    assertThat(first.body().toString())
        .isEqualTo("{\"__type\":\"InternalFailure\",\"message\":\"Internal service failure.\"}");
    Wires.Answer second = Wires.json(kinesis.endpoint(), "ListStreams", "{}");
    assertThat(second.status()).isEqualTo(503);
    assertThat(second.type()).isEqualTo("ServiceUnavailable");
    assertThat(Wires.json(kinesis.endpoint(), "ListStreams", "{}").status()).isEqualTo(418);
  }

  @Test
  void an_expired_iterator_is_typed_and_a_throttle_names_the_shard() {
    put("a");
    String iterator = iterator(SHARD);
    kinesis.faults().add(Fault.error("ExpiredIteratorException").on("GetRecords").first(1));
    kinesis
        .faults()
        .add(Fault.error("ProvisionedThroughputExceededException").stream("orders").shard(SHARD));

    assertThatThrownBy(() -> client.getRecords(b -> b.shardIterator(iterator)).join())
        .cause()
        .isInstanceOf(ExpiredIteratorException.class);
    assertThatThrownBy(() -> client.getRecords(b -> b.shardIterator(iterator)).join())
        .hasMessageContaining("Rate exceeded for Shard - 000000000000/orders/shardId-000000000000");
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void a_cut_before_the_work_leaves_nothing_and_one_after_it_leaves_the_record(Protocol http) {
    try (KinesisAsyncClient one = Clients.withoutRetries(kinesis.endpoint(), http)) {
      kinesis.faults().add(Fault.cutBefore().on("PutRecord").first(1));
      assertThatThrownBy(() -> put(one, "lost"))
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOf(SdkClientException.class);
      kinesis.faults().clear();
      kinesis.faults().add(Fault.cutAfter().on("PutRecord").first(1));
      assertThatThrownBy(() -> put(one, "unheard")).cause().isInstanceOf(SdkClientException.class);

      put(one, "heard");

      assertThat(stored()).containsExactlyInAnyOrder("unheard", "heard");
    }
  }

  @Test
  void a_client_that_retries_a_cut_put_writes_it_twice() {
    kinesis.faults().add(Fault.cutAfter().on("PutRecord").first(1));
    try (KinesisAsyncClient patient = Clients.standard(kinesis.endpoint())) {
      put(patient, "twice");
    }

    assertThat(stored()).containsExactly("twice", "twice");
  }

  @Test
  void over_http2_a_cut_ends_one_request_and_the_others_of_its_connection_go_on() {
    kinesis.faults().add(Fault.cutBefore().on("DescribeStream"));
    kinesis.faults().add(Fault.delay(Duration.ofMillis(300)).on("ListShards"));
    var shards = client.listShards(b -> b.streamName("orders"));

    assertThatThrownBy(() -> client.describeStream(b -> b.streamName("orders")).join())
        .cause()
        .isInstanceOf(SdkClientException.class);

    assertThat(shards.join().shards()).hasSize(2);
  }

  @Test
  void a_delay_holds_the_answer_back_and_no_other() {
    Duration delay = Duration.ofMillis(350);
    Duration other;
    do {
      delay = delay.multipliedBy(2);
      kinesis.faults().clear();
      kinesis.faults().add(Fault.delay(delay).on("DescribeStreamSummary"));
      long asked = System.nanoTime();
      CompletableFuture<?> late = client.describeStreamSummary(b -> b.streamName("orders"));
      client.listStreams().join();
      boolean held = !late.isDone();
      other = Duration.ofNanos(System.nanoTime() - asked);
      late.join();

      assertThat(Duration.ofNanos(System.nanoTime() - asked)).isGreaterThanOrEqualTo(delay);
      assertThat(held || other.compareTo(delay) >= 0).isTrue();
      // Where the other answer took as long, which came first shows nothing.
    } while (other.compareTo(delay) >= 0);
  }

  @Test
  void a_share_of_a_put_fails_record_by_record_and_always_the_same_with_the_same_seed() {
    kinesis.faults().add(Fault.failRecords(0.4));
    PutRecordsResponse first = putMany(300);
    kinesis.faults().clear();
    kinesis.faults().add(Fault.failRecords(0.4));
    PutRecordsResponse again = putMany(300);
    kinesis.faults().clear();

    assertThat(first.failedRecordCount()).isBetween(80, 160);
    assertThat(failures(again)).isEqualTo(failures(first));
    PutRecordsResultEntry failed =
        first.records().stream().filter(each -> each.errorCode() != null).findFirst().orElseThrow();
    assertThat(failed.errorCode()).isEqualTo("ProvisionedThroughputExceededException");
    assertThat(failed.errorMessage())
        .matches(
            "Rate exceeded for shard shardId-00000000000[01] in stream orders under account"
                + " 000000000000\\.");
    assertThat(failed.sequenceNumber()).isNull();
    assertThat(stored()).hasSize(600 - 2 * first.failedRecordCount());
  }

  @Test
  void only_the_records_of_one_shard_fail_when_a_rule_names_it() {
    kinesis.faults().add(Fault.failRecords(1, "InternalFailure").shard("shardId-000000000001"));

    PutRecordsResponse put = putMany(200);

    assertThat(put.failedRecordCount()).isBetween(50, 150);
    assertThat(put.records())
        .filteredOn(each -> each.errorCode() == null)
        .allSatisfy(each -> assertThat(each.shardId()).isEqualTo(SHARD));
    assertThat(put.records())
        .filteredOn(each -> each.errorCode() != null)
        .allSatisfy(each -> assertThat(each.errorMessage()).isEqualTo("Internal service failure."));
  }

  @Test
  void a_put_of_one_is_struck_by_the_shard_that_it_goes_to() {
    kinesis
        .faults()
        .add(Fault.error("InternalFailure").on("PutRecord").shard("shardId-000000000001"));

    client
        .putRecord(
            b ->
                b.streamName("orders")
                    .partitionKey("k")
                    .explicitHashKey("0")
                    .data(SdkBytes.fromUtf8String("a")))
        .join();
    assertThatThrownBy(
            () ->
                client
                    .putRecord(
                        b ->
                            b.streamName("orders")
                                .partitionKey("k")
                                .explicitHashKey("340282366920938463463374607431768211455")
                                .data(SdkBytes.fromUtf8String("b")))
                    .join())
        .cause()
        .isInstanceOf(KinesisException.class);
  }

  @Test
  void a_subscription_can_fail_end_or_break_after_some_events() {
    put("a");
    String consumer = consumer();
    kinesis
        .faults()
        .add(Fault.subscriptionError("ResourceInUseException", 1).consumer("dashboard").first(1));
    kinesis.faults().add(Fault.subscriptionEnd(1).consumer("dashboard").first(2));
    kinesis.faults().add(Fault.subscriptionMalformed(1).consumer("dashboard").first(3));

    Subscribed failed = subscribe(consumer, SHARD);
    assertThatThrownBy(() -> failed.done().join())
        .hasRootCauseInstanceOf(ResourceInUseException.class);
    assertThat(failed.events()).hasSize(1);
    Subscribed ended = subscribe(consumer, SHARD);
    ended.done().join();
    assertThat(ended.events()).hasSize(1);
    Subscribed malformed = subscribe(consumer, SHARD);
    assertThatThrownBy(() -> malformed.done().join()).rootCause().hasMessageContaining("checksum");
    kinesis.faults().clear();
  }

  @Test
  void a_silent_subscription_gets_nothing_and_leaves_with_its_client() throws Exception {
    String consumer = consumer();
    kinesis.faults().add(Fault.subscriptionSilence(1).first(1));
    Subscribed silent = subscribe(consumer, SHARD);
    silent.first().get(60, TimeUnit.SECONDS);

    put("a");

    assertThatThrownBy(() -> silent.done().get(500, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    assertThat(silent.events()).hasSize(1);
    silent.done().cancel(true);
  }

  @Test
  void a_file_sets_faults_at_the_start_and_a_bad_one_is_one_sentence(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("faults.json");
    Files.writeString(
        file,
        "{\"seed\": 5, \"rules\": [{\"action\": \"ListStreams\", \"error\": {\"code\": \"X\"}}]}");
    try (LocalKinesis faulty = LocalKinesis.builder().faults(file).start()) {
      assertThat(Wires.json(faulty.endpoint(), "ListStreams", "{}").type()).isEqualTo("X");
      assertThat(faulty.faults().list()).containsExactly(Fault.error("X").on("ListStreams"));
      assertThat(faulty.faults().seed()).isEqualTo(5);
    }
    Files.writeString(file, "{\n\"rules\": [{\"cut\": 1}]}");
    assertThatThrownBy(() -> LocalKinesis.builder().faults(file).start())
        .isInstanceOf(LocalKinesisException.class)
        .hasMessage(file + ", line 2, rule 1: field cut must be a text but is 1.");
    Path missing = folder.resolve("none.json");
    assertThatThrownBy(() -> LocalKinesis.builder().faults(missing).start())
        .isInstanceOf(LocalKinesisException.class)
        .hasMessageContaining(missing.toString());
  }

  @Test
  void a_start_that_fails_on_its_faults_leaves_the_folder_of_data_to_the_next(@TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("faults.json"), "{\"rules\": 1}");
    Path data = folder.resolve("data");

    assertThatThrownBy(() -> LocalKinesis.builder().data(data).faults(file).start())
        .isInstanceOf(LocalKinesisException.class)
        .hasMessageStartingWith(file.toString());

    try (LocalKinesis next = LocalKinesis.builder().data(data).start()) {
      assertThat(next.faults().list()).isEmpty();
    }
  }

  @Test
  void an_action_that_the_service_does_not_have_is_refused() {
    assertThatThrownBy(() -> kinesis.faults().add(Fault.cutBefore().on("PutRecrod")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The service has no action 'PutRecrod'.");
  }

  @Test
  void the_endpoint_for_faults_is_there_only_when_asked_for() {
    Wires.Answer without = Wires.send(HttpRequest.newBuilder(faultsOf(kinesis)).GET());
    assertThat(without.status()).isEqualTo(403);

    try (LocalKinesis open = LocalKinesis.builder().admin(true).faultSeed(3).start()) {
      assertThat(body(HttpRequest.newBuilder(faultsOf(open)).GET()))
          .isEqualTo("{\"seed\":3,\"rules\":[]}");
      String wanted =
          "{\"seed\":4,\"rules\":[{\"action\":\"ListStreams\",\"first\":1,\"cut\":\"before\"},"
              + "{\"action\":\"PutRecords\",\"failRecords\":{\"share\":0.5,\"code\":\"X\"}}]}";
      assertThat(body(put(open, wanted))).isEqualTo(wanted);
      assertThat(body(HttpRequest.newBuilder(faultsOf(open)).GET())).isEqualTo(wanted);
      assertThat(open.faults().list()).hasSize(2);

      Wires.Answer bad = Wires.send(put(open, "{\"rules\":[{\"cut\":\"now\"}]}"));
      assertThat(bad.status()).isEqualTo(400);
      assertThat(bad.message())
          .isEqualTo(
              "the body, line 1, rule 1: field cut must be one of before, after but is 'now'.");
      assertThat(open.faults().list()).hasSize(2);
      assertThat(Wires.send(put(open, "{}").header("Origin", "http://a.example")).status())
          .isEqualTo(403);
      assertThat(
              Wires.send(HttpRequest.newBuilder(faultsOf(open)).POST(BodyPublishers.noBody()))
                  .status())
          .isEqualTo(405);

      assertThat(body(HttpRequest.newBuilder(faultsOf(open)).DELETE()))
          .isEqualTo("{\"seed\":4,\"rules\":[]}");
      assertThat(open.faults().list()).isEmpty();
    }
  }

  private static URI faultsOf(LocalKinesis kinesis) {
    return kinesis.endpoint().resolve("/_headrace/faults");
  }

  private static HttpRequest.Builder put(LocalKinesis kinesis, String body) {
    return HttpRequest.newBuilder(faultsOf(kinesis)).PUT(BodyPublishers.ofString(body));
  }

  private static String body(HttpRequest.Builder request) {
    Wires.Answer answer = Wires.send(request);
    assertThat(answer.status()).isEqualTo(200);
    return answer.body().toString();
  }

  private record Subscribed(
      List<SubscribeToShardEvent> events,
      CompletableFuture<Void> first,
      CompletableFuture<Void> done) {}

  private Subscribed subscribe(String consumer, String shard) {
    List<SubscribeToShardEvent> events = Collections.synchronizedList(new ArrayList<>());
    CompletableFuture<Void> first = new CompletableFuture<>();
    var handler =
        SubscribeToShardResponseHandler.builder()
            .subscriber(
                event -> {
                  events.add((SubscribeToShardEvent) event);
                  first.complete(null);
                })
            .build();
    return new Subscribed(
        events,
        first,
        client.subscribeToShard(
            b ->
                b.consumerARN(consumer)
                    .shardId(shard)
                    .startingPosition(start -> start.type(ShardIteratorType.TRIM_HORIZON)),
            handler));
  }

  private String consumer() {
    String arn = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
    return client
        .registerStreamConsumer(b -> b.streamARN(arn).consumerName("dashboard"))
        .join()
        .consumer()
        .consumerARN();
  }

  private void put(String text) {
    put(client, text);
  }

  private static void put(KinesisAsyncClient client, String text) {
    client
        .putRecord(
            b ->
                b.streamName("orders")
                    .partitionKey("k")
                    .explicitHashKey("0")
                    .data(SdkBytes.fromUtf8String(text)))
        .join();
  }

  private PutRecordsResponse putMany(int count) {
    List<PutRecordsRequestEntry> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      records.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("k" + i)
              .data(SdkBytes.fromUtf8String("x"))
              .build());
    }
    return client.putRecords(b -> b.streamName("orders").records(records)).join();
  }

  private static List<Integer> failures(PutRecordsResponse put) {
    List<Integer> failed = new ArrayList<>();
    for (int i = 0; i < put.records().size(); i++) {
      if (put.records().get(i).errorCode() != null) {
        failed.add(i);
      }
    }
    return failed;
  }

  private String iterator(String shard) {
    return client
        .getShardIterator(
            b ->
                b.streamName("orders")
                    .shardId(shard)
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
        .join()
        .shardIterator();
  }

  private List<String> stored() {
    List<String> texts = new ArrayList<>();
    for (String shard : List.of(SHARD, "shardId-000000000001")) {
      for (Record record :
          client.getRecords(b -> b.shardIterator(iterator(shard))).join().records()) {
        texts.add(record.data().asUtf8String());
      }
    }
    return texts;
  }
}
