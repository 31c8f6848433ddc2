package io.headrace.kcl.kinesis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What other people's aggregators write, sound and damaged, and what none of them should. */
class AggregatesOfOthersTest {
  private static final String PUBLISHED = "io.headrace.kcl.kinesis.PublishedAggregates#all";

  @ParameterizedTest
  @MethodSource(PUBLISHED)
  void unpacks_what_others_have_published(PublishedAggregates.Published published) {
    var read = Aggregate.unpack(published.bytes()).records();

    assertThat(read)
        .extracting(r -> r.partitionKey())
        .containsExactlyElementsOf(published.records().stream().map(r -> r.key()).toList());
    assertThat(read)
        .extracting(r -> new String(r.data(), UTF_8))
        .containsExactlyElementsOf(published.records().stream().map(r -> r.data()).toList());
    assertThat(read)
        .extracting(r -> r.hashKey())
        .containsExactlyElementsOf(
            published.records().stream().map(AggregatesOfOthersTest::hashKeyOf).toList());
  }

  @ParameterizedTest
  @MethodSource(PUBLISHED)
  void what_others_pack_and_what_we_pack_is_read_alike(PublishedAggregates.Published published) {
    var writer = new AggregateWriter();
    for (var record : published.records()) {
      var hashKey = record.hashKey().isEmpty() ? null : record.hashKey();
      writer.add(record.key(), hashKey, record.data().getBytes(UTF_8), Map.of());
    }
    byte[] ours = writer.bytes();

    // The tables may be written in any order, so bytes may differ where there are two of them.
    assertThat(ours).hasSize(published.bytes().length);
    assertThat(described(ours)).isEqualTo(described(published.bytes()));
  }

  @ParameterizedTest
  @MethodSource(PUBLISHED)
  void with_any_bit_flipped_it_is_one_plain_record(PublishedAggregates.Published published) {
    for (int bit = 0; bit < published.bytes().length * 8; bit++) {
      byte[] damaged = published.bytes().clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(Aggregate.unpack(damaged)).as("bit %d flipped", bit).isNull();
    }
  }

  @ParameterizedTest
  @MethodSource(PUBLISHED)
  void cut_at_either_end_it_is_one_plain_record(PublishedAggregates.Published published) {
    byte[] bytes = published.bytes();
    for (int length = 0; length < bytes.length; length++) {
      assertThat(Aggregate.unpack(Arrays.copyOf(bytes, length))).as("%d bytes", length).isNull();
      byte[] tail = Arrays.copyOfRange(bytes, bytes.length - length, bytes.length);
      assertThat(Aggregate.unpack(tail)).as("the last %d bytes", length).isNull();
    }
  }

  @Test
  void an_aggregate_within_an_aggregate_is_the_data_of_its_record() {
    byte[] inner = new AggregateWriter().add("inner", new byte[] {1}).bytes();
    byte[] outer = new AggregateWriter().add("outer", inner).bytes();

    assertThat(Aggregate.unpack(outer).records())
        .singleElement()
        .satisfies(
            record -> {
              assertThat(record.partitionKey()).isEqualTo("outer");
              assertThat(record.data()).isEqualTo(inner);
            });
  }

  @Test
  void unpacks_ten_thousand_sub_records_in_their_order() {
    var writer = new AggregateWriter();
    for (int i = 0; i < 10_000; i++) {
      writer.add("key-" + i % 10, Integer.toString(i).getBytes(UTF_8));
    }
    var records = Aggregate.unpack(writer.bytes()).records();

    assertThat(records).hasSize(10_000);
    for (int i = 0; i < 10_000; i++) {
      assertThat(new String(records.get(i).data(), UTF_8)).isEqualTo(Integer.toString(i));
      assertThat(records.get(i).partitionKey()).isEqualTo("key-" + i % 10);
    }
  }

  @Test
  void one_bad_sub_record_among_ten_thousand_makes_one_plain_record_of_all() {
    var good = "1a050800" + "1a0178";
    var keyOutOfTable = "1a050801" + "1a0178";

    assertThat(unpack("0a0161" + good.repeat(10_000)).records()).hasSize(10_000);
    assertThat(unpack("0a0161" + good.repeat(9_999) + keyOutOfTable)).isNull();
  }

  @Test
  void a_tag_may_lack_its_value_and_never_its_name() {
    var nameAlone = "0a0161" + "1a0a" + "0800" + "1a0178" + "22030a016e";
    var valueAlone = "0a0161" + "1a0a" + "0800" + "1a0178" + "2203120176";

    assertThat(unpack(nameAlone).records().get(0).tags()).containsExactly(Map.entry("n", ""));
    assertThat(unpack(valueAlone)).isNull();
  }

  @Test
  void the_tables_may_stand_behind_the_records() {
    assertThat(unpack("1a050800" + "1a0178" + "0a0161").records())
        .singleElement()
        .satisfies(record -> assertThat(record.partitionKey()).isEqualTo("a"));
  }

  @Test
  void keys_without_records_groups_and_a_hash_key_out_of_its_table_make_one_plain_record() {
    assertThat(unpack("0a0161" + "120131")).as("keys without records").isNull();
    assertThat(unpack("0a0161" + "1a050800" + "1a0178" + "2324")).as("a group").isNull();
    assertThat(unpack("0a0161" + "1a07" + "0800" + "1000" + "1a0178")).as("hash key").isNull();
  }

  private static List<String> described(byte[] aggregate) {
    return Aggregate.unpack(aggregate).records().stream()
        .map(r -> r.partitionKey() + " " + r.hashKey() + " " + new String(r.data(), UTF_8))
        .toList();
  }

  private static BigInteger hashKeyOf(PublishedAggregates.Expected record) {
    return record.hashKey().isEmpty()
        ? HashRange.hashOf(record.key())
        : new BigInteger(record.hashKey());
  }

  private static Aggregate unpack(String message) {
    return Aggregate.unpack(AggregateWriter.sealed(HexFormat.of().parseHex(message)));
  }
}
