package io.headrace.local;

import io.headrace.local.Ledger.Sent;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * Writers and a resharder, until the server is gone. Runs on one thread and those of the client.
 */
final class KillLoad implements Runnable {
  private static final int WRITERS = 4;
  private static final int BATCH_MAX = 100;
  private static final int DATA_MAX = 1_500;
  private static final AtomicInteger NEXT_WRITER = new AtomicInteger();

  private final KinesisAsyncClient client;
  private final Ledger ledger;
  private final Random random;
  private volatile boolean stopped;

  KillLoad(KinesisAsyncClient client, Ledger ledger, long seed) {
    this.client = client;
    this.ledger = ledger;
    this.random = new Random(seed);
  }

  void stop() {
    stopped = true;
  }

  @Override
  public void run() {
    List<CompletableFuture<Void>> lanes = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      Random own = new Random(random.nextLong());
      int writer = NEXT_WRITER.getAndIncrement();
      lanes.add(CompletableFuture.runAsync(() -> write(writer, own)));
    }
    lanes.add(CompletableFuture.runAsync(() -> change(new Random(random.nextLong()))));
    lanes.forEach(CompletableFuture::join);
  }

  private void write(int writer, Random own) {
    int count = 0;
    try {
      while (!stopped) {
        List<Sent> records = new ArrayList<>();
        int size = own.nextInt(4) == 0 ? 1 : 1 + own.nextInt(BATCH_MAX);
        for (int i = 0; i < size; i++) {
          records.add(sent(writer, count++, own));
        }
        ledger.sent(records);
        put(records);
      }
    } catch (CompletionException e) {
      // The server is gone, and what was on its way is there or not.
    }
  }

  private void put(List<Sent> records) {
    if (records.size() == 1) {
      Sent only = records.get(0);
      var answer =
          client
              .putRecord(
                  r -> r.streamName(ledger.stream()).partitionKey(only.key()).data(bytes(only)))
              .join();
      ledger.acknowledged(only, answer.shardId(), answer.sequenceNumber());
      return;
    }
    List<PutRecordsRequestEntry> entries =
        records.stream()
            .map(
                record ->
                    PutRecordsRequestEntry.builder()
                        .partitionKey(record.key())
                        .data(bytes(record))
                        .build())
            .toList();
    PutRecordsResponse answer =
        client.putRecords(r -> r.streamName(ledger.stream()).records(entries)).join();
    for (int i = 0; i < entries.size(); i++) {
      PutRecordsResultEntry result = answer.records().get(i);
      if (result.errorCode() == null) {
        ledger.acknowledged(records.get(i), result.shardId(), result.sequenceNumber());
      }
    }
  }

  /** Splits, merges, tags and registers, one after the other. */
  private void change(Random own) {
    try {
      String arn =
          client
              .describeStreamSummary(r -> r.streamName(ledger.stream()))
              .join()
              .streamDescriptionSummary()
              .streamARN();
      for (int i = 0; !stopped; i++) {
        String value = Long.toString(own.nextLong(), 36);
        reshard(own);
        client
            .addTagsToStream(r -> r.streamName(ledger.stream()).tags(Map.of("last", value)))
            .join();
        if (i < 2) {
          client.registerStreamConsumer(r -> r.streamARN(arn).consumerName("c" + value)).join();
          ledger.hasConsumer("c" + value);
        }
      }
    } catch (CompletionException e) {
      // As above; a refusal for too many consumers or shards ends the changes too.
    }
  }

  private void reshard(Random own) {
    List<Shard> open =
        client.listShards(r -> r.streamName(ledger.stream())).join().shards().stream()
            .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
            .sorted(Comparator.comparing(KillLoad::start))
            .toList();
    if (open.size() > 6) {
      int left = own.nextInt(open.size() - 1);
      client
          .mergeShards(
              r ->
                  r.streamName(ledger.stream())
                      .shardToMerge(open.get(left).shardId())
                      .adjacentShardToMerge(open.get(left + 1).shardId()))
          .join();
    } else {
      Shard shard = open.get(own.nextInt(open.size()));
      BigInteger end = new BigInteger(shard.hashKeyRange().endingHashKey());
      BigInteger middle = start(shard).add(end).shiftRight(1);
      client
          .splitShard(
              r ->
                  r.streamName(ledger.stream())
                      .shardToSplit(shard.shardId())
                      .newStartingHashKey(middle.toString()))
          .join();
    }
    ledger.hasShards(client.listShards(r -> r.streamName(ledger.stream())).join().shards());
  }

  private static BigInteger start(Shard shard) {
    return new BigInteger(shard.hashKeyRange().startingHashKey());
  }

  private static Sent sent(int writer, int count, Random own) {
    String filler = Long.toString(own.nextLong() >>> 1, 36).repeat(1 + own.nextInt(DATA_MAX / 12));
    return new Sent(
        writer, count, "key-" + own.nextInt(1_000), writer + "-" + count + "|" + filler);
  }

  private static SdkBytes bytes(Sent record) {
    return SdkBytes.fromString(record.data(), StandardCharsets.UTF_8);
  }
}
