package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;

/**
 * Answers of GetRecords in JSON, as the SDK alone reads them and with their records taken out. They
 * are drawn as events are, of which GetRecords has the same fields but one by another name.
 */
@Timeout(60)
class RecordsInJsonTest {
  private static final String JSON = "application/x-amz-json-1.1";
  private static final List<String> FAILED = List.of("failed");

  private final ScriptedBody body = new ScriptedBody();
  private final KinesisAsyncClient client = LocalStreams.withoutCbor(body::client);

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void an_answer_comes_apart_into_its_records_and_all_else() {
    var record =
        """
        {"SequenceNumber":"1","ApproximateArrivalTimestamp":1.769044922007E9,"Data":"AQI=",
         "PartitionKey":"schl\\u00fcssel"}\
        """;
    var read = read("{\"NextShardIterator\":\"[]\", \"Records\" : [" + record + "] ,\"M\":[5]}");

    assertThat(read).isNotNull();
    assertThat(said(read.records())).containsExactly("1 schlüssel AQI= 2026-01-22T01:22:02.007Z");
    assertThat(new String(read.rest(), StandardCharsets.UTF_8))
        .isEqualTo("{\"NextShardIterator\":\"[]\", \"Records\" : [] ,\"M\":[5]}");
  }

  @Test
  void what_might_be_read_otherwise_than_by_the_sdk_is_left_to_it() {
    for (var text :
        List.of(
            "",
            "[]",
            "{}",
            "{\"Records\":[]}",
            "{\"Records\":null}",
            "{\"Records\":[{}],\"Records\":[{}]}",
            "{\"Records\":[],\"Records\":[{}]}",
            "{\"Rec\\u006frds\":[{}]}",
            "{\"Records\":[{\"Data\":\"no base64\"}]}",
            "{\"Records\":[{\"SequenceNumber\":\"1\",\"SequenceNumber\":\"2\"}]}")) {
      assertThat(read(text)).as(text).isNull();
    }
  }

  @Test
  void where_the_sdk_loses_its_place_it_is_left_to_it() {
    var rest = "\"Records\":[{\"SequenceNumber\":\"1\"}]";
    for (var text :
        List.of(
            "{\"NextShardIterator\":{\"Records\":[{\"SequenceNumber\":\"2\"}]}," + rest + "}",
            "{\"MillisBehindLatest\":{}," + rest + "}",
            "{" + rest + ",\"NextShardIterator\":[{\"a\":5},\"Records\",[]]}",
            "{\"Records\":[{\"EncryptionType\":[{\"a\":5},\"Data\",\"AQI=\"]}]}")) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertThat(outcome(bytes, new RecordsAside())).as(text).isEqualTo(outcome(bytes, null));
      assertThat(RecordsBody.ofJson(bytes)).isNull();
    }
  }

  /** The SDK does not look at it. */
  @Test
  void what_stands_behind_an_answer_is_of_no_account() {
    for (var behind : List.of("\n", " \r\n", "}", "{\"Records\":[{}]}", "\u0000")) {
      byte[] bytes =
          ("{\"Records\":[{\"SequenceNumber\":\"1\"}],\"MillisBehindLatest\":5}" + behind)
              .getBytes(StandardCharsets.UTF_8);
      var aside = new RecordsAside();
      assertThat(outcome(bytes, aside)).as(behind).isEqualTo(outcome(bytes, null));
      assertThat(aside.records()).as(behind).hasSize(1);
    }
  }

  @Test
  void a_name_in_more_bytes_than_it_takes_is_left_to_the_sdk_which_reads_it() {
    for (var text :
        List.of(
            "{\"Records\":[{\"SequenceNumber\":\"1\",\"\u00C1\u0084ata\":\"AQI=\"}]}",
            "{\"Records\":[{\"SequenceNumber\":\"1\"}],\"\u00C1\u0092ecords\":[]}")) {
      byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
      assertThat(outcome(bytes, new RecordsAside())).as(text).isEqualTo(outcome(bytes, null));
      assertThat(RecordsBody.ofJson(bytes)).isNull();
    }
    assertThat(read("{\"sp\u00e4ter\":1,\"Records\":[{\"sp\u00e4ter\":1}]}")).isNotNull();
  }

  @Test
  void an_answer_that_ends_too_early_is_left_to_the_sdk_wherever_it_ends() {
    byte[] whole =
        "{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"AQI=\"}]}"
            .getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length < whole.length; length++) {
      assertThat(RecordsBody.ofJson(Arrays.copyOf(whole, length))).as("%d bytes", length).isNull();
    }
    assertThat(RecordsBody.ofJson(whole)).isNotNull();
  }

  /** Where the room for it grew and was copied at the end, it took 56 MiB. */
  @Test
  void a_page_of_ten_mebibytes_takes_room_for_itself_and_its_payloads_only() {
    var data = Base64.getEncoder().encodeToString(new byte[100 << 10]);
    var record = "{\"SequenceNumber\":\"1\",\"PartitionKey\":\"k\",\"Data\":\"" + data + "\"}";
    byte[] text =
        ("{\"Records\":[" + String.join(",", Collections.nCopies(102, record)) + "]}")
            .getBytes(StandardCharsets.UTF_8);
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    var aside = new RecordsAside();
    body.answer(JSON, List.of(ByteBuffer.wrap(text)));

    long before = threads.getThreadAllocatedBytes(self);
    var answer = client.getRecords(get(aside)).join();
    long allocated = threads.getThreadAllocatedBytes(self) - before;

    assertThat(answer.records()).isEmpty();
    assertThat(aside.records()).hasSize(102);
    assertThat(allocated).isLessThan(text.length + (14 << 20));
  }

  @Test
  void whatever_the_service_answers_the_records_are_those_that_the_sdk_alone_reads() {
    long seed = 20_261_140;
    int records = 0;
    for (int round = 0; round < 2_000; round++) {
      var random = new Random(seed + round);
      byte[] text = drawn(random, false);
      var alone = outcome(random, text, null);
      var aside = new RecordsAside();
      assertThat(alone).as("the SDK reads it").isNotEqualTo(FAILED);
      assertThat(outcome(random, text, aside)).as("seed %d", seed + round).isEqualTo(alone);
      records += aside.records() == null ? 0 : aside.records().size();
    }
    assertThat(records).as("records that were taken out").isGreaterThan(2_000);
  }

  @Test
  void whatever_else_comes_no_record_is_read_otherwise_than_by_the_sdk() {
    long seed = 20_261_141;
    int read = 0;
    int same = 0;
    for (int round = 0; round < 3_000; round++) {
      var random = new Random(seed + round);
      byte[] text = drawn(random, true);
      for (int flips = random.nextInt(3); flips > 0; flips--) {
        text[random.nextInt(text.length)] = (byte) random.nextInt(256);
      }
      var alone = outcome(random, text, null);
      var apart = outcome(random, text, new RecordsAside());
      if (!alone.equals(FAILED)) {
        read++;
        assertThat(apart).as("seed %d", seed + round).isEqualTo(alone);
      }
      same += apart.equals(alone) ? 1 : 0;
    }
    assertThat(same).as("rounds with the same outcome").isGreaterThan(2_900);
    assertThat(read).as("rounds in which the SDK alone reads the answer").isGreaterThan(500);
  }

  private static byte[] drawn(Random random, boolean isOdd) {
    return new EventBytes(random)
        .json(isOdd)
        .replace("ContinuationSequenceNumber", "NextShardIterator")
        .getBytes(StandardCharsets.UTF_8);
  }

  private List<String> outcome(Random random, byte[] text, @Nullable RecordsAside aside) {
    return outcome(pieces(random, text), aside);
  }

  private List<String> outcome(byte[] text, @Nullable RecordsAside aside) {
    return outcome(List.of(ByteBuffer.wrap(text)), aside);
  }

  /** What a reader of the answer gets to see, whoever has read the records. */
  private List<String> outcome(List<ByteBuffer> pieces, @Nullable RecordsAside aside) {
    body.answer(JSON, pieces);
    var call = client.getRecords(get(aside));
    assertThat(call).as("all is done on this thread").isDone();
    try {
      var answer = call.join();
      var taken = aside == null ? null : aside.records();
      var said = new ArrayList<String>();
      said.add(
          answer.nextShardIterator() + " " + answer.millisBehindLatest() + answer.childShards());
      for (var record : answer.records()) {
        said.add(record == null ? "none" : said(StoredRecord.of(record)));
      }
      if (taken != null) {
        assertThat(said).as("no record twice").hasSize(1);
        said.addAll(said(taken));
      }
      return said;
    } catch (CompletionException failed) {
      return FAILED;
    }
  }

  private static Consumer<GetRecordsRequest.Builder> get(@Nullable RecordsAside aside) {
    return get -> {
      get.shardIterator("iterator");
      if (aside != null) {
        get.overrideConfiguration(as -> as.putExecutionAttribute(Aside.OF_CALL, aside));
      }
    };
  }

  private static List<ByteBuffer> pieces(Random random, byte[] text) {
    int cut = random.nextInt(text.length + 1);
    return List.of(
        ByteBuffer.wrap(text, 0, cut).slice(),
        ByteBuffer.wrap(text, cut, text.length - cut).slice());
  }

  private static @Nullable RecordsBody read(String text) {
    return RecordsBody.ofJson(text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> said(List<StoredRecord> records) {
    return records.stream().map(RecordsInJsonTest::said).toList();
  }

  private static String said(StoredRecord record) {
    byte[] data = record.data();
    return String.join(
        " ",
        record.sequence(),
        record.key(),
        data == null ? null : Base64.getEncoder().encodeToString(data),
        String.valueOf(record.at()));
  }
}
