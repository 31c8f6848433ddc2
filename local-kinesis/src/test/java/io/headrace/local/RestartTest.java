package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.protocol.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.EncryptionType;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** A server on a folder, stopped and started again: clients must not notice. */
class RestartTest {
  private static final String FIRST = "shardId-000000000000";

  private final VirtualClock clock = new VirtualClock();

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Fsync.class)
  void records_are_there_with_their_numbers_times_keys_and_data(Fsync fsync) {
    List<String> numbers = new ArrayList<>();
    try (LocalKinesis kinesis = start(fsync);
        KinesisAsyncClient client = client(kinesis)) {
      kinesis.createStream("Orders", 1);
      for (int i = 0; i < 50; i++) {
        clock.advance(Duration.ofMillis(7));
        numbers.add(put(client, "Orders", "key-é-" + i, "data " + i).sequenceNumber());
      }
    }
    try (LocalKinesis kinesis = start(fsync);
        KinesisAsyncClient client = client(kinesis)) {
      List<Record> records =
          read(client, iterator(client, "Orders", ShardIteratorType.TRIM_HORIZON));

      assertThat(records).extracting(Record::sequenceNumber).isEqualTo(numbers);
      assertThat(records.get(49).partitionKey()).isEqualTo("key-é-49");
      assertThat(records.get(49).data().asUtf8String()).isEqualTo("data 49");
      assertThat(records.get(49).approximateArrivalTimestamp()).isEqualTo(clock.instant());
      String next = put(client, "Orders", "k", "d").sequenceNumber();
      assertThat(next).isGreaterThan(numbers.get(49));
    }
  }

  @Test
  void what_is_known_of_a_stream_its_shards_and_its_consumers_is_there() {
    Object before;
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      kinesis.createStream("orders", 2);
      changeEverything(client);
      before = everything(client);
    }
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      assertThat(everything(client)).isEqualTo(before);
    }
  }

  @Test
  void an_iterator_given_out_before_reads_on_after_and_a_closed_shard_still_ends() {
    String latest;
    String ended;
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      kinesis.createStream("orders", 1);
      kinesis.createStream("split", 1);
      put(client, "orders", "k", "before");
      latest = iterator(client, "orders", ShardIteratorType.LATEST);
      put(client, "split", "k", "in the parent");
      ended = iterator(client, "split", ShardIteratorType.TRIM_HORIZON);
      split(client, "split");
    }
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      put(client, "orders", "k", "after");

      assertThat(read(client, latest))
          .extracting(record -> record.data().asUtf8String())
          .containsExactly("after");
      GetRecordsResponse end = client.getRecords(r -> r.shardIterator(ended)).join();
      assertThat(end.records()).hasSize(1);
      assertThat(end.nextShardIterator()).isNull();
      assertThat(end.childShards()).hasSize(2);
    }
  }

  @Test
  void a_change_under_way_is_finished_by_the_next_server_at_the_time_it_was_due() {
    try (LocalKinesis kinesis = slow();
        KinesisAsyncClient client = client(kinesis)) {
      kinesis.createStream("orders", 1);
      kinesis.createStream("going", 1);
      clock.advance(Duration.ofSeconds(10));
      split(client, "orders");
      client.deleteStream(r -> r.streamName("going")).join();
      assertThat(status(client, "orders")).isEqualTo("UPDATING");
    }
    try (LocalKinesis kinesis = slow();
        KinesisAsyncClient client = client(kinesis)) {
      assertThat(status(client, "orders")).isEqualTo("UPDATING");
      assertThat(status(client, "going")).isEqualTo("DELETING");
      clock.advance(Duration.ofSeconds(10));

      assertThat(status(client, "orders")).isEqualTo("ACTIVE");
      assertThat(client.listShards(r -> r.streamName("orders")).join().shards()).hasSize(3);
      assertThat(client.listStreams().join().streamNames()).containsExactly("orders");
    }
  }

  @Test
  void a_clock_that_was_set_back_breaks_no_order() {
    String first;
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      kinesis.createStream("orders", 1);
      clock.advance(Duration.ofHours(5));
      first = put(client, "orders", "k", "a").sequenceNumber();
    }
    VirtualClock earlier = new VirtualClock();
    try (LocalKinesis kinesis = LocalKinesis.builder().clock(earlier).data(folder).start();
        KinesisAsyncClient client = client(kinesis)) {
      String second = put(client, "orders", "k", "b").sequenceNumber();

      assertThat(second).isGreaterThan(first);
      List<Record> records =
          read(client, iterator(client, "orders", ShardIteratorType.TRIM_HORIZON));
      assertThat(records)
          .extracting(record -> record.data().asUtf8String())
          .containsExactly("a", "b");
      assertThat(records.get(1).approximateArrivalTimestamp())
          .isEqualTo(records.get(0).approximateArrivalTimestamp());
    }
  }

  @Test
  void a_stream_that_is_deleted_leaves_nothing_and_may_come_again() throws IOException {
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      kinesis.createStream("orders", 1);
      put(client, "orders", "k", "first life");
      client.deleteStream(r -> r.streamName("orders")).join();
      assertThat(filesOf("orders")).isEmpty();

      kinesis.createStream("orders", 1);
      put(client, "orders", "k", "second life");
    }
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      assertThat(read(client, iterator(client, "orders", ShardIteratorType.TRIM_HORIZON)))
          .extracting(record -> record.data().asUtf8String())
          .containsExactly("second life");
    }
  }

  @Test
  void retention_frees_the_disk_and_a_start_finds_nothing_that_is_past_it() throws IOException {
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      kinesis.createStream("orders", 1);
      put(client, "orders", "k", "x".repeat(100_000));
      clock.advance(Duration.ofHours(12));
      put(client, "orders", "k", "young");
    }
    long before = bytesOf("orders");
    clock.advance(Duration.ofHours(13));
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      assertThat(bytesOf("orders")).isLessThan(before - 100_000);
      assertThat(read(client, iterator(client, "orders", ShardIteratorType.TRIM_HORIZON)))
          .extracting(record -> record.data().asUtf8String())
          .containsExactly("young");
    }
  }

  @Test
  void names_that_differ_in_capitals_or_look_like_folders_are_streams_of_their_own() {
    List<String> names = List.of("A-b", "a-B", "a-b", ".", "..", ".a", "A.", "CON");
    try (LocalKinesis kinesis = start(Fsync.NEVER);
        KinesisAsyncClient client = client(kinesis)) {
      for (String name : names) {
        kinesis.createStream(name, 1);
        put(client, name, "k", name);
      }
    }
    try (LocalKinesis kinesis = start(Fsync.NEVER);
        KinesisAsyncClient client = client(kinesis)) {
      for (String name : names) {
        assertThat(kinesis.openShards(name)).hasValue(1);
        assertThat(read(client, iterator(client, name, ShardIteratorType.TRIM_HORIZON)))
            .extracting(record -> record.data().asUtf8String())
            .containsExactly(name);
      }
    }
  }

  @Test
  void a_damaged_stream_says_so_and_the_others_go_on() throws IOException {
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      for (String name : List.of("orders", "whole", "stateless")) {
        kinesis.createStream(name, 1);
        put(client, name, "k", "one");
        put(client, name, "k", "two");
      }
    }
    Path segment =
        filesOf("orders").stream()
            .filter(f -> f.toString().endsWith(".log"))
            .findFirst()
            .orElseThrow();
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length / 2]++;
    Files.write(segment, bytes);
    Files.delete(
        segment.resolveSibling(segment.getFileName().toString().replace(".log", ".index")));
    Path state =
        filesOf("stateless").stream().filter(f -> f.endsWith("state")).findFirst().orElseThrow();
    bytes = Files.readAllBytes(state);
    bytes[bytes.length - 5]++;
    Files.write(state, bytes);

    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND);
        KinesisAsyncClient client = client(kinesis)) {
      for (Map.Entry<String, Path> damaged :
          Map.of("orders", segment, "stateless", state).entrySet()) {
        assertThatThrownBy(() -> put(client, damaged.getKey(), "k", "three"))
            .hasCauseInstanceOf(KinesisException.class)
            .hasMessageContaining(damaged.getValue().toRealPath().toString())
            .hasMessageContaining("is damaged at byte")
            .hasMessageContaining("put the file back from a copy");
        assertThatThrownBy(() -> kinesis.createStream(damaged.getKey(), 1))
            .hasMessageContaining("is damaged at byte");
      }
      put(client, "whole", "k", "three");
      assertThat(read(client, iterator(client, "whole", ShardIteratorType.TRIM_HORIZON)))
          .hasSize(3);
    }
  }

  @Test
  void a_stream_whose_folder_was_moved_onto_another_is_out_of_service() throws IOException {
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND)) {
      kinesis.createStream("orders", 1);
    }
    Path streams = folder.resolve("streams/000000000000/us-east-1");
    Files.move(streams.resolve("orders"), streams.resolve("others"));

    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND)) {
      assertThat(kinesis.openShards("orders")).isEmpty();
      assertThatThrownBy(() -> kinesis.openShards("others"))
          .hasMessageContaining("holds the state of stream orders");
    }
  }

  @Test
  void a_folder_that_cannot_be_used_is_refused_in_one_sentence() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.writeString(other.resolve("notes.txt"), "x");
    Path newer = folder.resolve("newer");
    LocalKinesis.builder().data(newer).start().close();
    Files.writeString(newer.resolve("format"), "headrace local-kinesis 2\n");

    assertThatThrownBy(() -> LocalKinesis.builder().data(file).start())
        .isInstanceOf(LocalKinesisException.class)
        .hasMessage(file + " is a file: choose a folder for the data.");
    assertThatThrownBy(() -> LocalKinesis.builder().data(file.resolve("below")).start())
        .isInstanceOf(LocalKinesisException.class)
        .hasMessageContaining(file.resolve("below").toString());
    assertThatThrownBy(() -> LocalKinesis.builder().data(other).start())
        .isInstanceOf(LocalKinesisException.class)
        .hasMessageContaining("holds other things (notes.txt)");
    assertThatThrownBy(() -> LocalKinesis.builder().data(newer).start())
        .isInstanceOf(LocalKinesisException.class)
        .hasMessageContaining("was written by another version");
    assertThat(other).isDirectoryNotContaining("glob:**lock");
  }

  @Test
  void a_folder_in_use_is_refused_and_free_again_when_its_server_has_stopped() {
    try (LocalKinesis kinesis = start(Fsync.EVERY_SECOND)) {
      assertThat(kinesis.endpoint()).isNotNull();
      assertThatThrownBy(() -> start(Fsync.EVERY_SECOND))
          .isInstanceOf(LocalKinesisException.class)
          .hasMessageContaining("is in use by another local Kinesis");
      assertThatThrownBy(
              () ->
                  LocalKinesis.builder()
                      .data(folder.resolveSibling("free"))
                      .port(kinesis.endpoint().getPort())
                      .start())
          .hasMessageContaining("is taken by another program");
      LocalKinesis.builder().data(folder.resolveSibling("free")).start().close();
    }
    start(Fsync.EVERY_SECOND).close();
  }

  private static void changeEverything(KinesisAsyncClient client) {
    client
        .increaseStreamRetentionPeriod(r -> r.streamName("orders").retentionPeriodHours(100))
        .join();
    client.addTagsToStream(r -> r.streamName("orders").tags(Map.of("a", "1", "b", "ü"))).join();
    client
        .startStreamEncryption(
            r -> r.streamName("orders").encryptionType(EncryptionType.KMS).keyId("alias/k"))
        .join();
    split(client, "orders");
    String arn =
        client
            .describeStreamSummary(r -> r.streamName("orders"))
            .join()
            .streamDescriptionSummary()
            .streamARN();
    client.registerStreamConsumer(r -> r.streamARN(arn).consumerName("fast")).join();
    client.registerStreamConsumer(r -> r.streamARN(arn).consumerName("gone")).join();
    client.deregisterStreamConsumer(r -> r.streamARN(arn).consumerName("gone")).join();
  }

  private static Object everything(KinesisAsyncClient client) {
    var summary =
        client.describeStreamSummary(r -> r.streamName("orders")).join().streamDescriptionSummary();
    return List.of(
        client.listStreams().join().streamNames(),
        summary,
        client.listShards(r -> r.streamName("orders")).join().shards(),
        client.listTagsForStream(r -> r.streamName("orders")).join().tags(),
        client.listStreamConsumers(r -> r.streamARN(summary.streamARN())).join().consumers());
  }

  private LocalKinesis start(Fsync fsync) {
    return LocalKinesis.builder().clock(clock).data(folder).fsync(fsync).start();
  }

  private LocalKinesis slow() {
    return LocalKinesis.builder()
        .clock(clock)
        .data(folder)
        .stateChangeTakes(Duration.ofSeconds(10))
        .start();
  }

  private static KinesisAsyncClient client(LocalKinesis kinesis) {
    return Clients.of(kinesis.endpoint(), Wire.CBOR, Protocol.HTTP2);
  }

  private static void split(KinesisAsyncClient client, String stream) {
    client
        .splitShard(r -> r.streamName(stream).shardToSplit(FIRST).newStartingHashKey("1000000000"))
        .join();
  }

  private static String status(KinesisAsyncClient client, String stream) {
    return client
        .describeStreamSummary(r -> r.streamName(stream))
        .join()
        .streamDescriptionSummary()
        .streamStatusAsString();
  }

  private static PutRecordResponse put(
      KinesisAsyncClient client, String stream, String key, String data) {
    return client
        .putRecord(
            r ->
                r.streamName(stream)
                    .partitionKey(key)
                    .data(SdkBytes.fromString(data, StandardCharsets.UTF_8)))
        .join();
  }

  private static String iterator(KinesisAsyncClient client, String stream, ShardIteratorType type) {
    return client
        .getShardIterator(r -> r.streamName(stream).shardId(FIRST).shardIteratorType(type))
        .join()
        .shardIterator();
  }

  private static List<Record> read(KinesisAsyncClient client, String iterator) {
    return client.getRecords(r -> r.shardIterator(iterator)).join().records();
  }

  private List<Path> filesOf(String stream) throws IOException {
    Path of = folder.resolve("streams/000000000000/us-east-1/" + stream);
    if (!Files.isDirectory(of)) {
      return List.of();
    }
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        of,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            files.add(file);
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }

  private long bytesOf(String stream) throws IOException {
    try (Stream<Path> files = filesOf(stream).stream()) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
