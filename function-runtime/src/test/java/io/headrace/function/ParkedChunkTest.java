package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.ParkedDirectory.Entry;
import io.headrace.function.ParkedDirectory.Stretch;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.PartitionKey;
import io.headrace.kcl.Payload;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What lies in the store: parked records, and the list of parked keys. */
class ParkedChunkTest {
  private static final ShardKey SHARD = ShardKey.parse("orders@1700000000/shardId-000000000001");
  private static final BigInteger HALF = BigInteger.ONE.shiftLeft(127);

  private final StreamRecord record =
      new StreamRecord(
          new Position(
              new SequenceNumber("49590338271490256608559692538361571095921575989136588898"), 3),
          PartitionKey.of("k\u00fc"),
          Instant.ofEpochSecond(1_700_000_000, 5_000),
          Payload.of("caf\u00e9".getBytes(UTF_8)),
          Map.of("traceparent", "00-ab"),
          true);

  @Test
  void records_come_back_as_they_were() throws IOException {
    var binary =
        new StreamRecord(
            Position.of(7),
            PartitionKey.of(new byte[] {(byte) 0xff, 1}),
            Instant.EPOCH,
            Payload.of(new byte[0]),
            Map.of());

    var read = ParkedChunk.read("c", new ParkedChunk(SHARD, List.of(record, binary)).write());

    assertThat(read.origin()).isEqualTo(SHARD);
    assertThat(read.records()).hasSize(2);
    var first = read.records().get(0);
    assertThat(first.position()).isEqualTo(record.position());
    assertThat(first.key()).isEqualTo(record.key());
    assertThat(first.arrivedAt()).isEqualTo(record.arrivedAt());
    assertThat(first.payload().bytes()).isEqualTo(record.payload().bytes());
    assertThat(first.headers()).isEqualTo(record.headers());
    assertThat(first.misrouted()).isTrue();
    assertThat(first.budgetBytes()).isEqualTo(record.budgetBytes());
    assertThat(read.records().get(1).key()).isEqualTo(binary.key());
  }

  @Test
  void any_byte_that_differs_is_noticed() throws IOException {
    byte[] bytes = new ParkedChunk(SHARD, List.of(record)).write();
    for (int at = 0; at < bytes.length; at++) {
      var damaged = bytes.clone();
      damaged[at] ^= 0x10;
      assertThatThrownBy(() -> ParkedChunk.read("the chunk", damaged))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("the chunk");
    }
    for (int length = 0; length < bytes.length; length++) {
      var cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> ParkedChunk.read("the chunk", cut))
          .isInstanceOf(CheckpointException.class);
    }
  }

  @Test
  void a_newer_format_asks_for_the_newer_version() throws IOException {
    byte[] bytes = new ParkedChunk(SHARD, List.of(record)).write();
    ByteBuffer.wrap(bytes).putInt(4, ParkedChunk.FORMAT + 1);

    assertThatThrownBy(() -> ParkedChunk.read("c", bytes))
        .hasMessageContaining("run the newer version");

    byte[] list = new ParkedDirectory(HashRange.ALL, List.of()).write();
    ByteBuffer.wrap(list).putInt(4, ParkedDirectory.FORMAT + 1);
    assertThatThrownBy(() -> ParkedDirectory.read("d", list))
        .hasMessageContaining("run the newer version");
  }

  @Test
  void the_list_of_keys_comes_back_as_it_was() {
    var list =
        new ParkedDirectory(
            new HashRange(BigInteger.TEN, HALF),
            List.of(
                new Entry(
                    "k\u00fc",
                    Position.parse("12:3"),
                    99,
                    1L << 40,
                    List.of(new Stretch("a.", 3, 1L << 33, 5), new Stretch("b.", 1, 1, 0)))));

    assertThat(ParkedDirectory.read("d", list.write())).isEqualTo(list);
    byte[] bytes = list.write();
    assertThatThrownBy(() -> ParkedDirectory.read("d", Arrays.copyOf(bytes, bytes.length - 1)))
        .isInstanceOf(CheckpointException.class);
  }

  @Test
  void each_key_goes_to_exactly_one_child_also_one_that_is_foreign() {
    var parent = new HashRange(BigInteger.ZERO, HALF.subtract(BigInteger.ONE));
    var list = new ParkedDirectory(parent, List.of());
    var middle = HALF.shiftRight(1);
    var left = new HashRange(BigInteger.ZERO, middle.subtract(BigInteger.ONE));
    var right = new HashRange(middle, parent.last());
    var keys = IntStream.range(0, 500).mapToObj(i -> "k" + i).toList();

    assertThat(keys).anyMatch(key -> !parent.holds(key));
    assertThat(keys)
        .allSatisfy(
            key -> {
              assertThat(list.passes(key, left)).isNotEqualTo(list.passes(key, right));
              assertThat(list.passes(key, HashRange.ALL)).as("at a merge").isTrue();
              if (parent.holds(key)) {
                assertThat(list.passes(key, left)).isEqualTo(left.holds(key));
              }
            });
  }
}
