package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Against a server and the SDK as they are. */
@Timeout(60)
class RecordsAsideTest {
  private static final int RECORDS = 300;

  private final LocalStreams local = LocalStreams.direct();

  @AfterEach
  void close() {
    local.close();
  }

  @Test
  void the_sdk_gets_the_same_answer_without_the_records_and_these_are_the_same() {
    var unused = local.create("orders", 1);
    put(RECORDS);

    for (SdkAsyncHttpClient http : List.of(LocalStreams.HTTP1, LocalStreams.HTTP2)) {
      var client = LocalStreams.client(local.server.endpoint(), http);
      var iterator = oldest(client);
      var plain = get(client, iterator, null);
      var aside = new RecordsAside();
      var apart = get(client, iterator, aside);

      assertThat(plain.records()).hasSize(RECORDS);
      assertThat(apart.records()).isEmpty();
      assertThat(apart.millisBehindLatest()).isEqualTo(plain.millisBehindLatest());
      assertThat(apart.nextShardIterator()).isNotNull();
      assertThat(aside.records()).hasSize(RECORDS);
      for (int i = 0; i < RECORDS; i++) {
        var expected = StoredRecord.of(plain.records().get(i));
        var read = aside.records().get(i);
        assertThat(read.sequence()).isEqualTo(expected.sequence());
        assertThat(read.key()).isEqualTo(expected.key());
        assertThat(read.at()).isEqualTo(expected.at());
        assertThat(read.data()).isEqualTo(expected.data());
      }
    }
  }

  /** As from servers that know no CBOR, and for clients that are told to want none. */
  @Test
  void records_of_an_answer_in_json_are_the_same_as_in_cbor() {
    var unused = local.create("orders", 1);
    put(RECORDS);
    var client =
        LocalStreams.withoutCbor(
            () -> LocalStreams.client(local.server.endpoint(), LocalStreams.HTTP1));
    var iterator = oldest(client);
    var inCbor = new RecordsAside();
    var inJson = new RecordsAside();
    var unusedToo = get(local.direct, iterator, inCbor);
    var answer = get(client, iterator, inJson);

    assertThat(answer.records()).isEmpty();
    assertThat(answer.nextShardIterator()).isNotNull();
    assertThat(inJson.records()).hasSize(RECORDS);
    for (int i = 0; i < RECORDS; i++) {
      var expected = inCbor.records().get(i);
      var read = inJson.records().get(i);
      assertThat(read).usingRecursiveComparison().isEqualTo(expected);
    }
  }

  @Test
  void an_answer_without_records_is_the_sdks() {
    var unused = local.create("orders", 1);
    var aside = new RecordsAside();
    var answer = get(local.direct, oldest(local.direct), aside);

    assertThat(answer.records()).isEmpty();
    assertThat(answer.nextShardIterator()).isNotNull();
    assertThat(aside.records()).isNull();
  }

  @Test
  void an_answer_that_tells_its_checksum_is_left_as_it_came() {
    var unused = local.create("orders", 1);
    put(1);
    var client = LocalStreams.client(local.front.endpoint(), LocalStreams.HTTP1);
    local.front.addChecksums();
    var aside = new RecordsAside();
    var answer = get(client, oldest(client), aside);

    assertThat(answer.records()).hasSize(1);
    assertThat(aside.records()).isNull();
  }

  @Test
  void interceptors_of_the_users_client_are_asked_once_and_its_refusal_to_retry_counts() {
    var unused = local.create("orders", 1);
    put(3);
    List<Consumer<ClientOverrideConfiguration.Builder>> settings =
        List.of(
            as -> {},
            as -> as.retryStrategy(DefaultRetryStrategy.doNotRetry()),
            KinesisHttp::prepare,
            as -> {
              KinesisHttp.prepare(as);
              KinesisHttp.prepare(as);
            });
    for (var setting : settings) {
      var answers = new AtomicInteger();
      var client = client(answers, setting);
      var iterator = oldest(client);
      answers.set(0);
      var aside = new RecordsAside();

      assertThat(get(client, iterator, aside).records()).isEmpty();
      assertThat(aside.records()).hasSize(3);
      assertThat(answers).hasValue(1);

      local.front.next(
          "GetRecords", FaultyFront.error(500, "InternalFailureException", "not this time"));
      assertThatThrownBy(() -> get(client, iterator, new RecordsAside()))
          .hasMessageContaining("not this time");
      assertThat(answers).as("no second try").hasValue(2);
    }
  }

  private KinesisAsyncClient client(
      AtomicInteger answers, Consumer<ClientOverrideConfiguration.Builder> setting) {
    var counting =
        new ExecutionInterceptor() {
          @Override
          public void beforeUnmarshalling(
              Context.BeforeUnmarshalling context, ExecutionAttributes attributes) {
            answers.incrementAndGet();
          }
        };
    return LocalStreams.builder(local.front.endpoint())
        .httpClient(LocalStreams.HTTP1)
        .overrideConfiguration(
            override -> {
              override.addExecutionInterceptor(counting);
              setting.accept(override);
            })
        .build();
  }

  private void put(int records) {
    var entries = IntStream.range(0, records).mapToObj(RecordsAsideTest::entry).toList();
    var put = local.direct.putRecords(all -> all.streamName("orders").records(entries)).join();
    assertThat(put.failedRecordCount()).isZero();
  }

  private static PutRecordsRequestEntry entry(int number) {
    return PutRecordsRequestEntry.builder()
        .partitionKey("key-" + number)
        .data(SdkBytes.fromByteArray(new byte[number * 7]))
        .build();
  }

  private static String oldest(KinesisAsyncClient client) {
    return client
        .getShardIterator(
            get ->
                get.streamName("orders")
                    .shardId("shardId-000000000000")
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
        .join()
        .shardIterator();
  }

  private KinesisCalls calls(KinesisAsyncClient client) {
    return new KinesisCalls(
        client, new Place("orders", "here"), local.loop, new SplittableRandom(5));
  }

  private GetRecordsResponse get(KinesisAsyncClient client, String iterator, RecordsAside aside) {
    return client
        .getRecords(
            get -> {
              get.shardIterator(iterator);
              if (aside != null) {
                get.overrideConfiguration(calls(client).oneTry(aside));
              }
            })
        .join();
  }
}
