package io.headrace.acceptance.kcl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.bench.rig.ConsumerSettings.Reading;
import io.headrace.harness.LocalAws;
import io.headrace.kcl.Fetched;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.ThreadedLoop;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.kpl.Messages;

/** Our aggregates before the library, the library's before us, and both over one stream. */
@Timeout(180)
class KclAggregatesTest {
  private static final String STREAM = "aggregates";
  private static final String END = "end";
  private static final int RECORDS = 600;
  private static final int PER_AGGREGATE = 50;
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);

  private final LocalAws aws = LocalAws.start();

  /** A record as somebody read it. */
  private record Read(String shard, String sequence, long sub, String key, String text) {}

  /** Keeps what the library hands over. */
  private static final class Collected implements Judge {
    final AtomicInteger ends = new AtomicInteger();
    final List<String> hashKeys = new CopyOnWriteArrayList<>();
    final List<Read> read = new CopyOnWriteArrayList<>();
    final List<String> faults = new CopyOnWriteArrayList<>();

    @Override
    public void starts(String shard) {}

    @Override
    public void delivered(String shard, KinesisClientRecord record) {
      var text = new String(Judge.bytes(record), UTF_8);
      if (text.equals(END)) {
        ends.incrementAndGet();
        return;
      }
      if (record.explicitHashKey() != null) {
        hashKeys.add(record.explicitHashKey());
      }
      read.add(
          new Read(
              shard,
              record.sequenceNumber(),
              record.subSequenceNumber(),
              record.partitionKey(),
              text));
    }

    @Override
    public void ends(String shard) {
      faults.add(shard + " ended, and nobody closed it");
    }

    @Override
    public void fault(String what) {
      faults.add(what);
    }
  }

  @BeforeEach
  void createStream() {
    aws.createStream(STREAM, 2);
  }

  @AfterEach
  void close() {
    aws.close();
  }

  @Test
  void our_bytes_are_the_librarys_own_message_tags_and_all() throws Exception {
    for (int size : new int[] {1, 2, 7, 100, 3_000}) {
      var records = records(size);
      byte[] ours = UserRecord.packedByUs(records);
      byte[] message = Arrays.copyOfRange(ours, 4, ours.length - 16);
      assertThat(Messages.AggregatedRecord.parseFrom(message))
          .as("%d records", size)
          .isEqualTo(PackedByTheKcl.message(records));
      assertThat(ours).hasSize(PackedByTheKcl.pack(records).length);
    }
  }

  @Test
  void the_librarys_deaggregation_finds_in_our_bytes_what_was_packed() {
    var records = records(RECORDS);
    var whole =
        KinesisClientRecord.builder()
            .sequenceNumber("7")
            .partitionKey("a")
            .data(SdkBytes.fromByteArray(UserRecord.packedByUs(records)).asByteBuffer())
            .build();

    var read = new AggregatorUtil().deaggregate(List.of(whole));

    assertThat(read).hasSize(RECORDS).allMatch(KinesisClientRecord::aggregated);
    for (int i = 0; i < RECORDS; i++) {
      var record = records.get(i);
      assertThat(read.get(i).subSequenceNumber()).isEqualTo(i);
      assertThat(read.get(i).partitionKey()).isEqualTo(record.key());
      assertThat(read.get(i).explicitHashKey()).isEqualTo(record.hashKey().orElse(null));
      assertThat(Judge.bytes(read.get(i))).isEqualTo(record.data());
    }
  }

  @ParameterizedTest
  @EnumSource(Reading.class)
  void the_library_reads_every_record_that_we_packed(Reading reading) throws Exception {
    var expected = new ArrayList<Read>();
    for (var shard : shards()) {
      var belong = records(RECORDS).stream().filter(r -> shard.range().holds(r.hash())).toList();
      for (int from = 0; from < belong.size(); from += PER_AGGREGATE) {
        var some = belong.subList(from, Math.min(belong.size(), from + PER_AGGREGATE));
        expected.addAll(put(shard, some, UserRecord.packedByUs(some)));
      }
    }

    var collected = readByTheLibrary(reading);

    assertThat(collected.faults).isEmpty();
    assertThat(inOrder(collected.read)).isEqualTo(inOrder(expected));
    assertThat(collected.hashKeys)
        .containsExactlyInAnyOrderElementsOf(
            records(RECORDS).stream().flatMap(r -> r.hashKey().stream()).toList());
    assertThat(inOrder(readByUs())).isEqualTo(inOrder(expected));
  }

  @Test
  void the_library_drops_an_aggregate_for_one_record_outside_and_we_mark_that_one()
      throws Exception {
    var shard = shards().get(0);
    var mixed = new ArrayList<UserRecord>();
    records(RECORDS).stream().filter(r -> shard.range().holds(r.hash())).forEach(mixed::add);
    mixed.add(mixed.size() / 2, new UserRecord(keyOutside(shard), "misrouted"));
    var sound = List.of(mixed.get(0));
    put(shard, mixed, PackedByTheKcl.pack(mixed));
    var expected = put(shard, sound, PackedByTheKcl.pack(sound));

    var collected = readByTheLibrary(Reading.POLLING);

    assertThat(collected.faults).isEmpty();
    assertThat(collected.read).isEqualTo(expected);
    var ours = recordsReadByUs(shard);
    assertThat(ours).hasSize(mixed.size() + sound.size());
    assertThat(ours.stream().filter(StreamRecord::misrouted).map(r -> read(shard, r).text()))
        .containsExactly("misrouted");
  }

  @Test
  void we_read_keys_tags_and_positions_of_the_librarys_own_messages() {
    var records = records(RECORDS);
    var shard = shards().get(1);
    put(shard, records, PackedByTheKcl.pack(records));

    var read = recordsReadByUs(shard);

    assertThat(read).hasSize(RECORDS);
    for (int i = 0; i < RECORDS; i++) {
      var record = records.get(i);
      assertThat(read.get(i).position().subSequence()).isEqualTo(i);
      assertThat(read(shard, read.get(i)).text()).isEqualTo(record.text());
      assertThat(read.get(i).key().text()).isEqualTo(record.key());
      assertThat(read.get(i).headers()).isEqualTo(record.tags());
      assertThat(read.get(i).misrouted()).isNotEqualTo(shard.range().holds(record.hash()));
    }
  }

  /** Every third with tags, every fifth with an explicit hash key on either side. */
  private static List<UserRecord> records(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new UserRecord(
                    "käse-" + i % 37,
                    i % 5 == 0 ? Optional.of(hashKey(i)) : Optional.empty(),
                    "record " + i + " ".repeat(i % 300),
                    i % 3 == 0 ? Map.of("trace", "t-" + i) : Map.of()))
        .toList();
  }

  private static String keyOutside(Shard shard) {
    return IntStream.iterate(0, i -> i + 1)
        .mapToObj(i -> "outside-" + i)
        .filter(key -> !shard.range().holds(key))
        .findFirst()
        .orElseThrow();
  }

  private static String hashKey(int number) {
    return (number % 2 == 0 ? HALF : BigInteger.ZERO).add(BigInteger.valueOf(number)).toString();
  }

  /** Puts an aggregate into a shard; answers what there is to be read. */
  private List<Read> put(Shard shard, List<UserRecord> records, byte[] packed) {
    var answer =
        aws.kinesis()
            .putRecord(
                r ->
                    r.streamName(STREAM)
                        .partitionKey("a")
                        .explicitHashKey(shard.range().first().toString())
                        .data(SdkBytes.fromByteArray(packed)))
            .join();
    assertThat(answer.shardId()).isEqualTo(shard.id().value());
    return IntStream.range(0, records.size())
        .mapToObj(
            i ->
                new Read(
                    answer.shardId(),
                    answer.sequenceNumber(),
                    i,
                    records.get(i).key(),
                    records.get(i).text()))
        .toList();
  }

  /** Up to a last record that is put into each shard, so that nothing before it is missing. */
  private Collected readByTheLibrary(Reading reading) throws Exception {
    var shards = shards();
    for (var shard : shards) {
      var unused =
          aws.kinesis()
              .putRecord(
                  r ->
                      r.streamName(STREAM)
                          .partitionKey("end")
                          .explicitHashKey(shard.range().first().toString())
                          .data(SdkBytes.fromUtf8String(END)))
              .join();
    }
    var collected = new Collected();
    try (var worker =
        Judged.restart(aws.kinesisEndpoint(), aws.dynamoDbEndpoint(), STREAM, reading, collected)) {
      await().atMost(PATIENCE).until(() -> collected.ends.get() == shards.size());
    }
    return collected;
  }

  private List<Shard> shards() {
    try (var loop = loop()) {
      return stream(loop).shards().toCompletableFuture().join();
    }
  }

  private List<Read> readByUs() {
    var all = new ArrayList<Read>();
    for (var shard : shards()) {
      recordsReadByUs(shard).forEach(record -> all.add(read(shard, record)));
    }
    return all;
  }

  private List<StreamRecord> recordsReadByUs(Shard shard) {
    var all = new ArrayList<StreamRecord>();
    try (var loop = loop();
        var cursor = stream(loop).open(shard, StartingPosition.TRIM_HORIZON)) {
      while (true) {
        var fetched = cursor.fetch(Long.MAX_VALUE).toCompletableFuture().get(30, TimeUnit.SECONDS);
        if (!(fetched instanceof Fetched.Records records) || records.records().isEmpty()) {
          return all;
        }
        records.records().stream().filter(r -> !r.key().text().equals("end")).forEach(all::add);
      }
    } catch (Exception failed) {
      throw new AssertionError(shard + " can't be read", failed);
    }
  }

  private ShardedStream stream(ThreadedLoop loop) {
    return aws.connector().open(StreamSource.kinesis(STREAM), loop, Entropy.generator());
  }

  private static ThreadedLoop loop() {
    return ThreadedLoop.start(
        "aggregates",
        failed -> {
          throw new AssertionError("the loop failed", failed);
        });
  }

  private static Read read(Shard shard, StreamRecord record) {
    try {
      var position = record.position();
      return new Read(
          shard.id().value(),
          position.sequence().value(),
          position.subSequence(),
          record.key().text(),
          new String(record.payload().bytes(), UTF_8));
    } catch (IOException failed) {
      throw new AssertionError(record + " can't be read", failed);
    }
  }

  private static List<Read> inOrder(List<Read> some) {
    return some.stream()
        .sorted(
            Comparator.comparing(Read::shard)
                .thenComparing(read -> new BigInteger(read.sequence()))
                .thenComparing(Read::sub))
        .toList();
  }
}
