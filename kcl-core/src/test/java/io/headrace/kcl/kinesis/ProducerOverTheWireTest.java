package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.ProducerProperties.failureOf;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.ProducerMachine.Patience;
import io.headrace.kcl.kinesis.ProducerSettings.Aggregation;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.local.Fault;
import io.headrace.local.Limits;
import io.headrace.local.LocalKinesis;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** The producer on real threads against a real socket, with limits, faults and resharding. */
class ProducerOverTheWireTest {
  private static final int RECORDS = 120_000;
  private static final int KEYS = 500;

  private final HeldClock clock = new HeldClock();
  private final LocalKinesis server =
      LocalKinesis.builder().limits(Limits.asAws()).clock(clock).faultSeed(5).start();
  private final KinesisAsyncClient client =
      LocalStreams.client(server.endpoint(), LocalStreams.HTTP2);
  private final KinesisConnector connector = new KinesisConnector(client);

  private record Read(Shard shard, StreamRecord record) {}

  /** The machine's, but for the time that it is held. */
  private static final class HeldClock implements InstantSource {
    private volatile Instant held;

    void hold() {
      held = Instant.now();
    }

    void release() {
      held = null;
    }

    @Override
    public Instant instant() {
      Instant at = held;
      return at == null ? Instant.now() : at;
    }
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  @Timeout(300)
  void aggregates_keep_every_record_and_its_order_through_limits_faults_split_and_merge()
      throws Exception {
    server.createStream("orders", 3);
    // By number and not by chance: how many calls there are depends on the machine.
    server.faults().add(Fault.cutAfter().on("PutRecords").every(31));
    server.faults().add(Fault.error("InternalFailure").on("PutRecords").every(29));
    // The first that strikes a request decides, so this comes last.
    server.faults().add(Fault.failRecords(0.05).on("PutRecords"));
    var settings =
        ProducerSettings.DEFAULT
            .ordered()
            .aggregating(Aggregation.BY_SHARD)
            .holding(2 << 20)
            .livingFor(Duration.ofMinutes(2));
    var stages = new ArrayList<CompletableFuture<Stored>>();
    try (var producer = connector.producer("orders", settings)) {
      for (int i = 0; i < RECORDS; i++) {
        if (i == RECORDS / 4) {
          split(shards().get(0));
        } else if (i == RECORDS / 2) {
          var listed = shards();
          merge(listed.get(listed.size() - 2), listed.get(listed.size() - 1));
        }
        if (!producer.hasRoom()) {
          producer.room().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
        stages.add(producer.put(entry(i)).toCompletableFuture());
      }
      producer.flush().toCompletableFuture().get(120, TimeUnit.SECONDS);
      assertThat(producer.figures().stored()).isEqualTo(RECORDS);
      assertThat(producer.figures().recordsPerStreamRecord()).isGreaterThan(5);
      assertThat(producer.figures().failedCalls()).isPositive();
      assertThat(producer.figures().throttled()).isPositive();
    }
    server.faults().clear();
    check(stages);
  }

  @Test
  @Timeout(300)
  void plain_records_keep_their_order_while_shards_refuse_most_of_them() throws Exception {
    server.createStream("orders", 2);
    var settings =
        ProducerSettings.DEFAULT
            .ordered()
            .withoutRateLimit()
            .lingering(Duration.ZERO)
            .livingFor(Duration.ofMinutes(2));
    var stages = new ArrayList<CompletableFuture<Stored>>();
    try (var producer = connector.producer("orders", settings)) {
      // However slow the machine is, shards take no more than a second's worth until they refuse.
      clock.hold();
      for (int i = 0; i < 6_000; i++) {
        stages.add(producer.put(entry(i)).toCompletableFuture());
      }
      var flushed = producer.flush().toCompletableFuture();
      while (producer.figures().throttled() == 0) {
        assertThat(flushed).as("all was taken, though time stood still").isNotDone();
        LockSupport.parkNanos(1_000_000);
      }
      clock.release();
      flushed.get(60, TimeUnit.SECONDS);
    }
    check(stages);
  }

  /** In virtual time: a busy machine hands over at once what was sent one after the other. */
  @Test
  @Timeout(300)
  void the_rate_limit_keeps_a_shard_from_refusing_anything() {
    try (var local = LocalStreams.limited()) {
      local.server.createStream("orders", 2);
      var stages = new ArrayList<CompletableFuture<Stored>>();
      var settings = ProducerSettings.DEFAULT.usingOfEachShard(0.9);
      var producer =
          new HeadraceProducer(local.calls("orders"), settings, Patience.SINCE_PUT, () -> {});
      stages.add(producer.put(entry(0)).toCompletableFuture());
      local.await(producer.flush());
      long began = local.loop.ticks();
      for (int i = 1; i < 5_000; i++) {
        stages.add(producer.put(entry(i)).toCompletableFuture());
      }
      local.await(producer.flush());
      assertThat(producer.figures().throttled()).isZero();
      assertThat(Duration.ofNanos(local.loop.ticks() - began)).isGreaterThan(Duration.ofSeconds(1));
      assertThat(stages).allSatisfy(stage -> assertThat(stage).isCompleted());
    }
  }

  @Test
  @Timeout(180)
  void a_record_beyond_the_streams_size_fails_alone() throws Exception {
    server.createStream("orders", 1);
    try (var producer = connector.producer("orders", ProducerSettings.DEFAULT)) {
      var small = producer.put(entry(1)).toCompletableFuture();
      var large = producer.put(new Entry("key-1", new byte[2 << 20])).toCompletableFuture();
      var other = producer.put(entry(2)).toCompletableFuture();
      producer.flush().toCompletableFuture().get(60, TimeUnit.SECONDS);

      assertThat(small).isCompleted();
      assertThat(other).isCompleted();
      assertThat(failureOf(large).kind()).isEqualTo(Kind.INVALID);
      assertThat(failureOf(large).mayBeStored()).isFalse();

      client
          .updateMaxRecordSize(r -> r.streamARN(arn()).maxRecordSizeInKiB(4096))
          .get(60, TimeUnit.SECONDS);
      var larger = producer.put(new Entry("key-1", new byte[2 << 20])).toCompletableFuture();
      assertThat(larger.get(60, TimeUnit.SECONDS).shard().value()).startsWith("shardId-");
    }
  }

  @Test
  @Timeout(180)
  void a_stream_that_is_deleted_under_load_fails_every_record_that_is_not_stored()
      throws Exception {
    server.createStream("orders", 2);
    var stages = new ArrayList<CompletableFuture<Stored>>();
    try (var producer = connector.producer("orders", ProducerSettings.DEFAULT.ordered())) {
      for (int i = 0; i < 3_000; i++) {
        stages.add(producer.put(entry(i)).toCompletableFuture());
        if (i == 1_500) {
          client.deleteStream(r -> r.streamName("orders")).get(60, TimeUnit.SECONDS);
        }
      }
      producer.flush().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
    assertThat(stages).allSatisfy(stage -> assertThat(stage).isDone());
    var last = failureOf(stages.get(2_999));
    assertThat(last.kind()).isEqualTo(Kind.NOT_FOUND);
    assertThat(last).hasMessageContainingAll("orders", "create the stream");
  }

  private static Entry entry(int number) {
    byte[] data = (number + " " + "x".repeat(80)).getBytes(UTF_8);
    return new Entry(
        "key-" + number % KEYS,
        data,
        number % 10 == 0 ? Map.of(Entry.ID, Integer.toString(number)) : Map.of());
  }

  /** Each record lies where its future says, and the first copies of a key are in order. */
  private void check(List<CompletableFuture<Stored>> stages) throws Exception {
    List<Read> read = readAll();
    var byPlace = new HashMap<String, StreamRecord>();
    var firsts = new HashMap<Integer, Integer>();
    for (int i = 0; i < read.size(); i++) {
      Read each = read.get(i);
      byPlace.put(place(each.shard().id().value(), each.record().position()), each.record());
      if (each.shard().range().holds(each.record().key().text())) {
        firsts.putIfAbsent(numberOf(each.record()), i);
      }
    }
    var lastOfKey = new HashMap<String, Integer>();
    for (int number = 0; number < stages.size(); number++) {
      Stored at = stages.get(number).join();
      StreamRecord there = byPlace.get(place(at.shard().value(), at.position()));
      assertThat(there).as("record %d at %s", number, at).isNotNull();
      assertThat(numberOf(there)).isEqualTo(number);
      assertThat(there.headers().get(Entry.ID)).isEqualTo(entry(number).headers().get(Entry.ID));
      String key = there.key().text();
      int first = firsts.get(number);
      assertThat(lastOfKey.getOrDefault(key, -1)).as("record %d", number).isLessThan(first);
      lastOfKey.put(key, first);
    }
  }

  private static String place(String shard, Position position) {
    return shard + " " + position;
  }

  private static int numberOf(StreamRecord record) throws Exception {
    String text = new String(record.payload().bytes(), UTF_8);
    return Integer.parseInt(text.substring(0, text.indexOf(' ')));
  }

  /** Parents before children. */
  private List<Read> readAll() throws Exception {
    var read = new ArrayList<Read>();
    try (var loop = ThreadedLoop.start("reader", thrown -> {})) {
      var stream = connector.open(StreamSource.kinesis("orders"), loop, new SplittableRandom(1));
      for (Shard shard : shards()) {
        var cursor = stream.open(shard, StartingPosition.TRIM_HORIZON);
        boolean open = shards().stream().noneMatch(s -> s.parents().contains(shard.id()));
        for (boolean more = true; more; ) {
          Fetched fetched = cursor.fetch(16 << 20).toCompletableFuture().get(60, TimeUnit.SECONDS);
          if (fetched instanceof Fetched.Records records) {
            records.records().forEach(record -> read.add(new Read(shard, record)));
            more = !(open && records.records().isEmpty() && records.behind().isZero());
          } else {
            more = false;
          }
        }
        cursor.close();
      }
    }
    return read;
  }

  private List<Shard> shards() throws Exception {
    try (var loop = ThreadedLoop.start("lister", thrown -> {})) {
      return connector
          .open(StreamSource.kinesis("orders"), loop, new SplittableRandom(1))
          .shards()
          .toCompletableFuture()
          .get(60, TimeUnit.SECONDS);
    }
  }

  private String arn() {
    return client
        .describeStreamSummary(r -> r.streamName("orders"))
        .join()
        .streamDescriptionSummary()
        .streamARN();
  }

  private void split(Shard shard) throws Exception {
    BigInteger middle = shard.range().first().add(shard.range().last()).shiftRight(1);
    client
        .splitShard(
            r ->
                r.streamName("orders")
                    .shardToSplit(shard.id().value())
                    .newStartingHashKey(middle.toString()))
        .get(60, TimeUnit.SECONDS);
  }

  private void merge(Shard left, Shard right) throws Exception {
    client
        .mergeShards(
            r ->
                r.streamName("orders")
                    .shardToMerge(left.id().value())
                    .adjacentShardToMerge(right.id().value()))
        .get(60, TimeUnit.SECONDS);
  }
}
