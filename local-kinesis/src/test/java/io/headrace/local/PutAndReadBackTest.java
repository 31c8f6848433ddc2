package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.headrace.local.protocol.Wire;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
  private static final int BATCH = 500;

  @ParameterizedTest
  @CsvSource({"CBOR,HTTP2,200", "JSON,HTTP2,200", "CBOR,HTTP1_1,20", "JSON,HTTP1_1,20"})
  void records_come_back_whole_and_in_order_a_hundred_thousand_of_them(
      Wire wire, Protocol protocol, int batches) {
    try (LocalKinesis kinesis = LocalKinesis.start();
        KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, protocol)) {
      kinesis.createStream("orders", 4);

      for (int batch = 0; batch < batches; batch++) {
        put(client, batch);
      }
      List<Shard> shards = client.listShards(r -> r.streamName("orders")).join().shards();
      BitSet read = new BitSet();
      for (Shard shard : shards) {
        readAll(client, shard.shardId(), read);
      }

      assertThat(shards).hasSize(4);
      assertThat(read.cardinality()).isEqualTo(batches * BATCH);
    }
  }

  private static String text(int n) {
    return "record " + n + " " + "x".repeat(180);
  }

  private static void put(KinesisAsyncClient client, int batch) {
    List<PutRecordsRequestEntry> entries = new ArrayList<>(BATCH);
    for (int i = 0; i < BATCH; i++) {
      int n = batch * BATCH + i;
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("key-" + n)
              .data(SdkBytes.fromString(text(n), StandardCharsets.UTF_8))
              .build());
    }
    CompletableFuture<PutRecordsResponse> put =
        client.putRecords(r -> r.streamName("orders").records(entries));
    assertThat(put.join().failedRecordCount()).isZero();
  }

  private static void readAll(KinesisAsyncClient client, String shardId, BitSet into) {
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
        boolean inOrder = n > last && record.sequenceNumber().compareTo(lastNumber) > 0;
        boolean whole = text.equals(text(n)) && record.partitionKey().equals("key-" + n);
        // An assertion for each of 400,000 records takes most of a minute.
        if (!inOrder || !whole) {
          fail("%s of %s after %s of %s", record, n, lastNumber, last);
        }
        last = n;
        lastNumber = record.sequenceNumber();
        into.set(n);
      }
      if (response.millisBehindLatest() == 0) {
        return;
      }
      iterator = response.nextShardIterator();
    }
  }
}
