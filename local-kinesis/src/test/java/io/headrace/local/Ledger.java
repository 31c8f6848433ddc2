package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Consumer;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.Tag;

/** What was sent to a stream and what of it was acknowledged, to hold the stream to. Any thread. */
final class Ledger {
  /** One record: who sent it, as which of theirs, and what it was. */
  record Sent(int writer, int count, String key, String data) {
    String name() {
      return data.substring(0, data.indexOf('|'));
    }
  }

  private record Acknowledged(String shardId, Sent sent) {}

  private final String stream;
  private final Map<String, Sent> sent = new HashMap<>();
  private final Map<String, Acknowledged> acknowledged = new HashMap<>();
  private final Set<String> shards = new HashSet<>();
  private final Set<String> consumers = new HashSet<>();
  private final Map<String, String> tags = new HashMap<>();
  private long checks;
  private long recordsChecked;
  private long acknowledgedBefore;

  Ledger(String stream) {
    this.stream = stream;
  }

  Ledger(String stream, Ledger last) {
    this.stream = stream;
    this.checks = last.checks;
    this.recordsChecked = last.recordsChecked;
    this.acknowledgedBefore = last.acknowledgedBefore + last.acknowledged.size();
  }

  String stream() {
    return stream;
  }

  synchronized void sent(List<Sent> records) {
    records.forEach(record -> sent.put(record.name(), record));
  }

  synchronized void acknowledged(Sent record, String shardId, String sequenceNumber) {
    assertThat(acknowledged.put(sequenceNumber, new Acknowledged(shardId, record)))
        .as("the number %s is given out once", sequenceNumber)
        .isNull();
  }

  synchronized void hasShards(List<Shard> present) {
    present.forEach(shard -> shards.add(shard.shardId()));
  }

  synchronized void hasConsumer(String name) {
    consumers.add(name);
  }

  synchronized void hasTag(String key, String value) {
    tags.put(key, value);
  }

  synchronized String summary() {
    return "%,d records were acknowledged, and %,d found in %,d checks"
        .formatted(acknowledgedBefore + acknowledged.size(), recordsChecked, checks);
  }

  /** Reads the whole stream and holds it to what was acknowledged. */
  synchronized void check(KinesisAsyncClient client) {
    ListShardsResponse listed = client.listShards(r -> r.streamName(stream)).join();
    assertThat(listed.shards()).extracting(Shard::shardId).containsAll(shards);
    checkLabels(client);
    Map<String, String> places = new HashMap<>();
    Set<String> names = new HashSet<>();
    for (Shard shard : listed.shards()) {
      checkShard(client, shard.shardId(), places, names);
    }
    acknowledged.forEach(
        (number, record) ->
            assertThat(places)
                .as("%s of writer %s", record.sent().name(), record.sent().writer())
                .containsEntry(number, record.shardId()));
    checks++;
    recordsChecked += places.size();
  }

  private void checkShard(
      KinesisAsyncClient client, String shardId, Map<String, String> places, Set<String> names) {
    BigInteger last = BigInteger.ZERO;
    Map<Integer, Integer> lastOfWriter = new TreeMap<>();
    String iterator =
        client
            .getShardIterator(
                r ->
                    r.streamName(stream)
                        .shardId(shardId)
                        .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
            .join()
            .shardIterator();
    GetRecordsResponse page;
    do {
      String from = iterator;
      page = client.getRecords(r -> r.shardIterator(from)).join();
      for (Record record : page.records()) {
        BigInteger number = new BigInteger(record.sequenceNumber());
        assertThat(number).as("numbers rise in %s", shardId).isGreaterThan(last);
        last = number;
        Sent found = checkRecord(record);
        assertThat(names.add(found.name())).as("%s is there once", found.name()).isTrue();
        Integer before = lastOfWriter.put(found.writer(), found.count());
        assertThat(found.count())
            .as("the records of writer %s in %s are in order", found.writer(), shardId)
            .isGreaterThan(before == null ? -1 : before);
        assertThat(places.put(record.sequenceNumber(), shardId)).isNull();
      }
      iterator = page.nextShardIterator();
    } while (iterator != null && !(page.records().isEmpty() && page.millisBehindLatest() == 0));
  }

  private Sent checkRecord(Record record) {
    String data = record.data().asUtf8String();
    Sent original = sent.get(data.substring(0, Math.max(0, data.indexOf('|'))));
    assertThat(original).as("a record that nobody sent: %s", data).isNotNull();
    assertThat(data).isEqualTo(original.data());
    assertThat(record.partitionKey()).isEqualTo(original.key());
    Acknowledged known = acknowledged.get(record.sequenceNumber());
    if (known != null) {
      assertThat(known.sent()).isEqualTo(original);
    }
    return original;
  }

  private void checkLabels(KinesisAsyncClient client) {
    String arn =
        client
            .describeStreamSummary(r -> r.streamName(stream))
            .join()
            .streamDescriptionSummary()
            .streamARN();
    assertThat(client.listStreamConsumers(r -> r.streamARN(arn)).join().consumers())
        .extracting(Consumer::consumerName)
        .containsAll(consumers);
    assertThat(client.listTagsForStream(r -> r.streamName(stream)).join().tags())
        .containsAll(
            tags.entrySet().stream()
                .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
                .toList());
  }
}
