package io.headrace.kcl.kinesis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import java.math.BigInteger;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AggregateTest {
  @Test
  void unpacks_what_the_format_says_byte_by_byte() {
    // Written out by hand from the format's description: keys "a" and "b", records "x" and "yz".
    byte[] message =
        HexFormat.of().parseHex("0a0161" + "0a0162" + "1a0508001a0178" + "1a0608011a02797a");
    var aggregate = Aggregate.unpack(AggregateWriter.sealed(message));

    assertThat(aggregate.records()).extracting(r -> r.partitionKey()).containsExactly("a", "b");
    assertThat(aggregate.records())
        .extracting(r -> new String(r.data(), UTF_8))
        .containsExactly("x", "yz");
  }

  /**
   * The bytes that the format's description gives for these records, written out by hand; the
   * digest is that of any MD5 tool over the message.
   */
  @Test
  void packs_what_the_format_says_byte_by_byte() {
    byte[] bytes =
        new AggregateWriter()
            .add("a", "x".getBytes(UTF_8))
            .add("b", "5", "yz".getBytes(UTF_8), Map.of("id", "7"))
            .add("a", new byte[0])
            .bytes();

    String message =
        "0a0161"
            + "0a0162"
            + "120135"
            + ("1a05" + "0800" + "1a0178")
            + ("1a11" + "0801" + "1000" + "1a02797a" + ("2207" + "0a026964" + "120137"))
            + ("1a04" + "0800" + "1a00");
    assertThat(HexFormat.of().formatHex(bytes))
        .isEqualTo("f3899ac2" + message + "d15a013d32bdaca6ac89d16cea851287");
  }

  @Test
  void packs_long_keys_data_and_many_of_them_with_lengths_of_several_bytes() {
    var writer = new AggregateWriter();
    int bound = AggregateWriter.ENVELOPE_BYTES;
    for (int i = 0; i < 300; i++) {
      String key = "k".repeat(200) + i;
      var tags = Map.of("t".repeat(130), "\u20ac".repeat(i));
      writer.add(key, null, new byte[i * 70], tags);
      bound += AggregateWriter.addedBytesMax(key.length(), i * 70, tags);
    }
    byte[] bytes = writer.bytes();
    var records = Aggregate.unpack(bytes).records();

    assertThat(bytes.length).isLessThanOrEqualTo(bound);
    assertThat(records).hasSize(300);
    for (int i = 0; i < 300; i++) {
      assertThat(records.get(i).partitionKey()).endsWith("k" + i);
      assertThat(records.get(i).data()).hasSize(i * 70);
      assertThat(records.get(i).tags()).containsValue("\u20ac".repeat(i));
    }
  }

  @Test
  void reads_explicit_hash_keys_and_tags() {
    byte[] bytes =
        new AggregateWriter()
            .add("key", "12345", new byte[] {7}, Map.of("trace", "t-1"))
            .add("key", new byte[] {8})
            .bytes();
    var records = Aggregate.unpack(bytes).records();

    assertThat(records.get(0).hashKey()).isEqualTo(BigInteger.valueOf(12345));
    assertThat(records.get(0).tags()).containsExactly(Map.entry("trace", "t-1"));
    assertThat(records.get(1).hashKey()).isEqualTo(HashRange.hashOf("key"));
    assertThat(records.get(1).tags()).isEmpty();
  }

  @Test
  void passes_over_fields_of_a_later_version() {
    byte[] message = HexFormat.of().parseHex("4a020102" + "0a0161" + "1a0508001a0178" + "7803");
    assertThat(Aggregate.unpack(AggregateWriter.sealed(message)).records()).hasSize(1);
  }

  @Test
  void takes_a_wrong_digest_as_one_plain_record() {
    byte[] bytes = new AggregateWriter().add("key", new byte[100]).bytes();
    for (int at = 0; at < bytes.length; at++) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= 1;
      assertThat(Aggregate.unpack(damaged)).as("bit flipped in byte %d", at).isNull();
    }
  }

  @Test
  void takes_a_message_that_breaks_the_format_as_one_plain_record() {
    var noKey = "1a03" + "1a0178";
    var keyOutOfTable = "0a0161" + "1a05" + "0805" + "1a0178";
    var noData = "0a0161" + "1a02" + "0800";
    var truncated = "0a0161" + "1a7f" + "0800";
    var notUtf8 = "0a01ff" + "1a05" + "0800" + "1a0178";
    var endlessNumber = "0a0161" + "1a0f" + "08ffffffffffffffffffffffff01" + "1a";
    var wrongType = "0801" + "0a0161";
    var fieldZero = "0201" + "61";
    var hashTooLarge = "0a0161" + "1227" + "39".repeat(39) + "1a07" + "0800" + "1000" + "1a0178";
    var hashNoNumber = "0a0161" + "120161" + "1a07" + "0800" + "1000" + "1a0178";
    for (var message :
        new String[] {
          noKey,
          keyOutOfTable,
          noData,
          truncated,
          notUtf8,
          endlessNumber,
          wrongType,
          fieldZero,
          hashTooLarge,
          hashNoNumber
        }) {
      assertThat(Aggregate.unpack(AggregateWriter.sealed(HexFormat.of().parseHex(message))))
          .as(message)
          .isNull();
    }
  }

  @Test
  void takes_an_aggregate_of_nothing_as_one_plain_record() {
    assertThat(Aggregate.unpack(AggregateWriter.sealed(new byte[0]))).isNull();
    assertThat(Aggregate.unpack(new byte[0])).isNull();
  }
}
