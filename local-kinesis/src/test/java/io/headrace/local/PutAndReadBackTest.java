package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class PutAndReadBackTest {
  private static final int BATCHES = 200;
  private static final int BATCH = 500;

  @ParameterizedTest
  @CsvSource({"CBOR,HTTP2", "JSON,HTTP2", "CBOR,HTTP1_1", "JSON,HTTP1_1"})
  void a_hundred_thousand_records_come_back_whole_and_in_order(Wire wire, Protocol protocol) {
    try (LocalKinesis kinesis = LocalKinesis.start();
        KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, protocol)) {
      kinesis.createStream("orders", 4);

      for (int batch = 0; batch < BATCHES; batch++) {
        put(client, batch);
      }
      List<Shard> shards = client.listShards(r -> r.streamName("orders")).join().shards();
      SortedMap<Integer, String> read = new TreeMap<>();
      for (Shard shard : shards) {
        readAll(client, shard.shardId(), read);
      }

      assertThat(shards).hasSize(4);
      assertThat(read).hasSize(BATCHES * BATCH);
      assertThat(read.keySet()).containsExactlyElementsOf(range());
      read.forEach((n, text) -> assertThat(text).startsWith("record " + n + " "));
    }
  }

  private static List<Integer> range() {
    return IntStream.range(0, BATCHES * BATCH).boxed().toList();
  }

  private static void put(KinesisAsyncClient client, int batch) {
    List<PutRecordsRequestEntry> entries = new ArrayList<>(BATCH);
    for (int i = 0; i < BATCH; i++) {
      int n = batch * BATCH + i;
      String text = "record " + n + " " + "x".repeat(180);
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("key-" + n)
              .data(SdkBytes.fromString(text, StandardCharsets.UTF_8))
              .build());
    }
    CompletableFuture<PutRecordsResponse> put =
        client.putRecords(r -> r.streamName("orders").records(entries));
    assertThat(put.join().failedRecordCount()).isZero();
  }

  private static void readAll(
      KinesisAsyncClient client, String shardId, SortedMap<Integer, String> into) {
    String iterator =
        client
            .getShardIterator(
                r ->
                    r.streamName("orders")
                        .shardId(shardId)
                        .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
            .join()
            .shardIterator();
    int last = -1;
    String lastNumber = "";
    while (true) {
      String from = iterator;
      GetRecordsResponse response = client.getRecords(r -> r.shardIterator(from)).join();
      for (Record record : response.records()) {
        String text = record.data().asUtf8String();
        int n = Integer.parseInt(text.split(" ", -1)[1]);
        assertThat(n).isGreaterThan(last);
        assertThat(record.sequenceNumber()).isGreaterThan(lastNumber);
        assertThat(record.partitionKey()).isEqualTo("key-" + n);
        last = n;
        lastNumber = record.sequenceNumber();
        into.put(n, text);
      }
      if (response.millisBehindLatest() == 0) {
        return;
      }
      iterator = response.nextShardIterator();
    }
  }
}
