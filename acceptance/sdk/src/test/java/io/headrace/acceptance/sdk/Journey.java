package io.headrace.acceptance.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * The way of a stream from its creation to its deletion: every record is written once and read back
 * in the order of its shard, byte for byte, through a split and a merge; and pushed to a consumer,
 * when there is a client for that.
 */
final class Journey {
  private static final int BATCH = 500;
  private static final int PAGES_MAX = 1_000;

  private record Sent(int number, String shard, String sequenceNumber) {}

  private record ReadToTheEnd(List<Record> records, List<ChildShard> children) {}

  private final Calls calls;
  private final String stream;
  private final Instant began = Instant.now();
  private final List<Sent> sent = new ArrayList<>();

  Journey(Calls calls, String stream) {
    this.calls = calls;
    this.stream = stream;
  }

  void make() {
    create();
    writeAndReadBack();
    delete();
  }

  void makeSubscribed(KinesisAsyncClient subscriber) throws Exception {
    create();
    var followed = Followed.register(subscriber, streamArn());
    openShards().forEach(shard -> followed.follow(shard.shardId()));
    writeAndReadBack();
    var pushed = followed.everything(sent.size());
    pushed.forEach(this::assertSent);
    assertThat(pushed).hasSize(5);
    assertThat(followed.ended()).hasSize(3);
    followed.streamIsDeleted();
    delete();
    followed.untilAllAreOver();
  }

  private void writeAndReadBack() {
    put(2 * BATCH);
    putOneWithItsOwnHashKey();

    var first = openShards().get(0);
    split(first);
    put(BATCH);
    var end = readToTheEnd(first.shardId());
    assertSent(first.shardId(), end.records());
    assertThat(end.children()).extracting(ChildShard::shardId).hasSize(2).doesNotHaveDuplicates();
    assertThat(end.children())
        .allSatisfy(child -> assertThat(child.parentShards()).containsExactly(first.shardId()));

    var open = openShards();
    merge(open.get(1), open.get(2));
    put(BATCH);
    for (var closed : List.of(open.get(1), open.get(2))) {
      var closedEnd = readToTheEnd(closed.shardId());
      assertSent(closed.shardId(), closedEnd.records());
      assertThat(closedEnd.children()).hasSize(1);
      assertThat(closedEnd.children().get(0).parentShards())
          .containsExactlyInAnyOrder(open.get(1).shardId(), open.get(2).shardId());
    }
    openShards().forEach(shard -> assertSent(shard.shardId(), readToTheTip(shard.shardId())));
  }

  private void create() {
    calls.createStream(r -> r.streamName(stream).shardCount(2));
    calls.waitUntilStreamExists(stream);
    assertThat(calls.listStreams().streamNames()).contains(stream);
    var summary = calls.describeStreamSummary(r -> r.streamName(stream)).streamDescriptionSummary();
    assertThat(summary.streamStatus()).isEqualTo(StreamStatus.ACTIVE);
    assertThat(summary.openShardCount()).isEqualTo(2);
    assertThat(summary.streamCreationTimestamp())
        .isBetween(began.minusSeconds(2), Instant.now().plusSeconds(2));
    assertThatExceptionOfType(ResourceInUseException.class)
        .isThrownBy(() -> calls.createStream(r -> r.streamName(stream).shardCount(2)))
        .satisfies(refused -> assertThat(refused.requestId()).isNotBlank())
        .withMessageContaining(stream);
  }

  private String streamArn() {
    return calls
        .describeStreamSummary(r -> r.streamName(stream))
        .streamDescriptionSummary()
        .streamARN();
  }

  private void delete() {
    calls.deleteStream(r -> r.streamName(stream).enforceConsumerDeletion(true));
    calls.waitUntilStreamNotExists(stream);
    assertThat(calls.listStreams().streamNames()).doesNotContain(stream);
    assertThatExceptionOfType(ResourceNotFoundException.class)
        .isThrownBy(() -> calls.listShards(r -> r.streamName(stream)))
        .withMessageContaining(stream);
  }

  private void put(int records) {
    for (int end = sent.size() + records; sent.size() < end; ) {
      var entries = new ArrayList<PutRecordsRequestEntry>(BATCH);
      int from = sent.size();
      for (int number = from; number < Math.min(end, from + BATCH); number++) {
        entries.add(
            PutRecordsRequestEntry.builder().partitionKey(key(number)).data(data(number)).build());
      }
      var answer = calls.putRecords(r -> r.streamName(stream).records(entries));
      assertThat(answer.failedRecordCount()).isZero();
      assertThat(answer.records()).hasSameSizeAs(entries);
      for (var result : answer.records()) {
        sent.add(new Sent(sent.size(), result.shardId(), result.sequenceNumber()));
      }
    }
  }

  private void putOneWithItsOwnHashKey() {
    var last = openShards().get(openShards().size() - 1);
    int number = sent.size();
    var answer =
        calls.putRecord(
            r ->
                r.streamName(stream)
                    .partitionKey(key(number))
                    .explicitHashKey(last.hashKeyRange().endingHashKey())
                    .data(data(number)));
    assertThat(answer.shardId()).isEqualTo(last.shardId());
    sent.add(new Sent(number, answer.shardId(), answer.sequenceNumber()));
  }

  private void split(Shard shard) {
    var from = new BigInteger(shard.hashKeyRange().startingHashKey());
    var to = new BigInteger(shard.hashKeyRange().endingHashKey());
    calls.splitShard(
        r ->
            r.streamName(stream)
                .shardToSplit(shard.shardId())
                .newStartingHashKey(from.add(to).shiftRight(1).toString()));
    calls.waitUntilStreamExists(stream);
  }

  private void merge(Shard one, Shard other) {
    calls.mergeShards(
        r ->
            r.streamName(stream).shardToMerge(one.shardId()).adjacentShardToMerge(other.shardId()));
    calls.waitUntilStreamExists(stream);
  }

  /** In the order of their hash keys. */
  private List<Shard> openShards() {
    return calls.listShards(r -> r.streamName(stream)).shards().stream()
        .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
        .sorted(
            Comparator.comparing(shard -> new BigInteger(shard.hashKeyRange().startingHashKey())))
        .toList();
  }

  private List<Record> readToTheTip(String shard) {
    var records = new ArrayList<Record>();
    var iterator = iterator(shard);
    for (int page = 0; page < PAGES_MAX; page++) {
      var from = iterator;
      var answer = calls.getRecords(r -> r.shardIterator(from).limit(100));
      records.addAll(answer.records());
      iterator = answer.nextShardIterator();
      assertThat(iterator).as("iterator of an open shard").isNotNull();
      if (answer.records().isEmpty() && answer.millisBehindLatest() == 0) {
        return records;
      }
    }
    throw new AssertionError(shard + " has no tip in " + PAGES_MAX + " pages");
  }

  private ReadToTheEnd readToTheEnd(String shard) {
    var records = new ArrayList<Record>();
    @Nullable String iterator = iterator(shard);
    for (int page = 0; page < PAGES_MAX; page++) {
      var from = iterator;
      var answer = calls.getRecords(r -> r.shardIterator(from).limit(100));
      records.addAll(answer.records());
      iterator = answer.nextShardIterator();
      assertThat(answer.hasChildShards() && !answer.childShards().isEmpty())
          .as("children come with the last page, and only then")
          .isEqualTo(iterator == null);
      if (iterator == null) {
        return new ReadToTheEnd(records, answer.childShards());
      }
    }
    throw new AssertionError(shard + " has no end in " + PAGES_MAX + " pages");
  }

  private String iterator(String shard) {
    return calls
        .getShardIterator(
            r ->
                r.streamName(stream)
                    .shardId(shard)
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
        .shardIterator();
  }

  private void assertSent(String shard, List<Record> records) {
    var expected = sent.stream().filter(s -> s.shard().equals(shard)).toList();
    assertThat(records)
        .as(shard)
        .extracting(Record::sequenceNumber)
        .isEqualTo(expected.stream().map(Sent::sequenceNumber).toList());
    for (int i = 0; i < records.size(); i++) {
      var record = records.get(i);
      int number = expected.get(i).number();
      assertThat(record.partitionKey()).isEqualTo(key(number));
      assertThat(record.data()).as("record %d", number).isEqualTo(data(number));
      assertThat(Duration.between(began, record.approximateArrivalTimestamp()))
          .isBetween(Duration.ofSeconds(-2), Duration.ofMinutes(2));
    }
  }

  /** Some keys need more than ASCII. */
  private static String key(int number) {
    return number % 10 == 0 ? "clé-鍵-" + number : "key-" + number;
  }

  /** Every length from no byte to a few hundred, every byte. */
  private static SdkBytes data(int number) {
    var bytes = new byte[number % 400];
    new Random(number).nextBytes(bytes);
    if (bytes.length >= Integer.BYTES) {
      ByteBuffer.wrap(bytes).putInt(number);
    }
    return SdkBytes.fromByteArray(bytes);
  }
}
