package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordsBodyTest {
  private static final int UNSIGNED = 0;
  private static final int BYTES = 2;
  private static final int TEXT = 3;
  private static final int ARRAY = 4;
  private static final int MAP = 5;
  private static final int TAG = 6;
  private static final int NULL = 0xF6;
  private static final int BREAK = 0xFF;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void an_answer_comes_apart_into_its_records_and_all_else() {
    begin(false, MAP, 3);
    field("NextShardIterator", "next");
    text("Records");
    begin(false, ARRAY, 2);
    record("1", "key-ü", new byte[] {1, 2}, 1_700_000_000_123L);
    record("22", "k".repeat(300), new byte[70_000], 0);
    text("MillisBehindLatest");
    head(UNSIGNED, 70_000);
    var read = RecordsBody.ofCbor(out.toByteArray());

    assertThat(read).isNotNull();
    assertThat(read.records()).extracting(StoredRecord::sequence).containsExactly("1", "22");
    assertThat(read.records())
        .extracting(StoredRecord::key)
        .containsExactly("key-ü", "k".repeat(300));
    assertThat(read.records().get(0).data()).containsExactly(1, 2);
    assertThat(read.records().get(1).data()).hasSize(70_000);
    assertThat(read.records().get(0).at()).isEqualTo(Instant.ofEpochMilli(1_700_000_000_123L));
    out.reset();
    begin(false, MAP, 3);
    field("NextShardIterator", "next");
    text("Records");
    begin(false, ARRAY, 0);
    text("MillisBehindLatest");
    head(UNSIGNED, 70_000);
    assertThat(read.rest()).isEqualTo(out.toByteArray());
  }

  @Test
  void what_a_record_lacks_is_null_and_fields_that_are_not_known_are_passed() {
    begin(true, MAP, 0);
    text("Records");
    begin(true, ARRAY, 0);
    begin(true, MAP, 0);
    text("EncryptionType");
    begin(true, ARRAY, 0);
    begin(false, MAP, 1);
    field("deep", "value");
    out.write(BREAK);
    text("PartitionKey");
    out.write(NULL);
    out.write(BREAK);
    out.write(BREAK);
    out.write(BREAK);
    var read = RecordsBody.ofCbor(out.toByteArray());

    assertThat(read).isNotNull();
    assertThat(read.records()).containsExactly(new StoredRecord(null, null, null, null));
  }

  /** Seconds with a fraction, say: the SDK knows what to make of them. */
  @Test
  void a_time_in_another_form_leaves_the_answer_to_the_sdk() {
    begin(false, MAP, 1);
    text("Records");
    begin(false, ARRAY, 1);
    begin(false, MAP, 1);
    text("ApproximateArrivalTimestamp");
    head(TAG, 1);
    out.write(0xFB);
    out.writeBytes(new byte[8]);

    assertThat(RecordsBody.ofCbor(out.toByteArray())).isNull();
  }

  /** The SDK refuses one, and makes of another a letter: two keys must not become the same here. */
  @Test
  void names_and_texts_that_are_no_utf_8_leave_the_answer_to_the_sdk() {
    assertThat(read("PartitionKey", "schl\u00C3\u00BCssel")).isNotNull();
    assertThat(read("sp\u00C3\u00A4ter", "key")).isNotNull();
    assertThat(read("PartitionKey", "\u00FF")).isNull();
    assertThat(read("PartitionKey", "\u00ED\u00A0\u00BD\u00ED\u00B8\u0080")).isNull();
    assertThat(read("\u00C1\u0090artitionKey", "key")).isNull();
  }

  private @Nullable RecordsBody read(String name, String value) {
    out.reset();
    begin(false, MAP, 1);
    text("Records");
    begin(false, ARRAY, 1);
    begin(false, MAP, 1);
    for (var text : List.of(name, value)) {
      head(TEXT, text.length());
      out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }
    return RecordsBody.ofCbor(out.toByteArray());
  }

  @Test
  void an_answer_without_records_is_left_to_the_sdk() {
    begin(false, MAP, 1);
    text("Records");
    begin(false, ARRAY, 0);

    assertThat(RecordsBody.ofCbor(out.toByteArray())).isNull();
    assertThat(RecordsBody.ofCbor(new byte[0])).isNull();
  }

  @Test
  void an_answer_that_ends_too_early_is_left_to_the_sdk_wherever_it_ends() {
    byte[] whole = some(new SplittableRandom(3), 3, new ArrayList<>());
    for (int length = 0; length < whole.length; length++) {
      assertThat(RecordsBody.ofCbor(Arrays.copyOf(whole, length))).as("%d bytes", length).isNull();
    }
    assertThat(RecordsBody.ofCbor(Arrays.copyOf(whole, whole.length + 1))).isNull();
  }

  @Test
  void whatever_bytes_come_are_read_or_left_and_never_an_error() {
    long seed = 20_261_129;
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 2_000; round++) {
      out.reset();
      var expected = new ArrayList<String>();
      byte[] body = some(random, 1 + random.nextInt(4), expected);
      var read = RecordsBody.ofCbor(body);
      assertThat(read).as("seed %d, round %d", seed, round).isNotNull();
      assertThat(read.records())
          .as("seed %d, round %d", seed, round)
          .extracting(each -> each.sequence() + Arrays.toString(each.data()))
          .isEqualTo(expected);
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        body[random.nextInt(body.length)] ^= (byte) (1 << random.nextInt(8));
      }
      var unused = RecordsBody.ofCbor(body);
    }
  }

  private byte[] some(SplittableRandom random, int records, List<String> expected) {
    begin(random.nextBoolean(), MAP, 2);
    boolean open = out.toByteArray()[0] == (byte) (MAP << 5 | 31);
    field("NextShardIterator", "i".repeat(random.nextInt(40)));
    text("Records");
    begin(false, ARRAY, records);
    for (int i = 0; i < records; i++) {
      byte[] data = new byte[random.nextInt(300)];
      random.nextBytes(data);
      var sequence = Long.toString(random.nextLong(1L << 60));
      record(sequence, "k" + i, data, random.nextLong(1L << 42));
      expected.add(sequence + Arrays.toString(data));
    }
    if (open) {
      out.write(BREAK);
    }
    return out.toByteArray();
  }

  private void record(String sequence, String key, byte[] data, long millis) {
    begin(false, MAP, 4);
    field("SequenceNumber", sequence);
    text("Data");
    head(BYTES, data.length);
    out.writeBytes(data);
    field("PartitionKey", key);
    text("ApproximateArrivalTimestamp");
    head(TAG, 1);
    head(UNSIGNED, millis);
  }

  private void field(String name, String value) {
    text(name);
    text(value);
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    head(TEXT, bytes.length);
    out.writeBytes(bytes);
  }

  private void begin(boolean open, int kind, int size) {
    if (open) {
      out.write(kind << 5 | 31);
    } else {
      head(kind, size);
    }
  }

  private void head(int kind, long value) {
    int bytes =
        value < 24 ? 0 : value < 1 << 8 ? 1 : value < 1 << 16 ? 2 : value >> 32 == 0 ? 4 : 8;
    int low = bytes == 0 ? (int) value : 24 + Integer.numberOfTrailingZeros(bytes);
    out.write(kind << 5 | low);
    for (int i = bytes - 1; i >= 0; i--) {
      out.write((int) (value >> (8 * i)));
    }
  }
}
