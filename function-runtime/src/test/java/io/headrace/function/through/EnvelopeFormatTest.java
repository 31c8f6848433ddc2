package io.headrace.function.through;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Listed;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.function.through.EnvelopeException.Reason;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class EnvelopeFormatTest {
  private static final Address OURS = new Address("shop", "delays");
  private static final ShardKey SHARD =
      new ShardKey(
          new StreamId("flights", Instant.ofEpochSecond(1_700_000_000)),
          new ShardId("shardId-000000000007"));

  private static Carried carried() {
    return new Carried(
        new Source(SHARD, new Position(new SequenceNumber("49590338271490256608559692538"), 3)),
        true,
        "Zürich",
        "LX",
        Instant.parse("2026-03-01T10:00:00.123Z"),
        Instant.parse("2026-03-01T09:00:00.000000001Z"),
        Instant.MIN,
        Map.of("traceparent", "00-1-2-01"),
        "payload".getBytes(UTF_8));
  }

  private static Mark mark() {
    return new Mark(
        SHARD,
        Position.of(42),
        Instant.MAX,
        Instant.ofEpochSecond(7),
        true,
        List.of(
            new Listed(new ShardId("a"), List.of()),
            new Listed(new ShardId("b"), List.of(new ShardId("a")))));
  }

  private static Partial partial() {
    var sequence = "49590338271490256608559692538361571095921575989136588898";
    return new Partial(
        SHARD,
        List.of(
            new Position(new SequenceNumber(sequence), 3),
            new Position(new SequenceNumber(sequence), 300),
            new Position(new SequenceNumber(sequence.replace("888898", "988898")), 0)),
        "Zürich",
        Instant.parse("2026-03-01T09:00:00.000000001Z"),
        Instant.parse("2026-03-01T09:10:00Z"),
        4,
        "sum".getBytes(UTF_8));
  }

  @Test
  void a_sum_is_read_as_it_was_written_and_neighbours_take_little() throws EnvelopeException {
    byte[] bytes = EnvelopeFormat.write(OURS, partial());
    var read = (Partial) EnvelopeFormat.read(OURS, bytes);

    assertThat(read.sum()).asString(UTF_8).isEqualTo("sum");
    assertThat(read).usingRecursiveComparison().ignoringFields("sum").isEqualTo(partial());
    assertThat(bytes).hasSizeLessThan(200);
  }

  /** It would put them into the dead letters; so it stops, until it is replaced. */
  @Test
  void sums_are_of_a_version_that_who_does_not_know_them_refuses() {
    assertThat(EnvelopeFormat.write(OURS, partial())[4]).isEqualTo((byte) 2);
    assertThat(EnvelopeFormat.write(OURS, carried())[4]).isEqualTo((byte) 1);
    assertThat(EnvelopeFormat.write(OURS, mark())[4]).isEqualTo((byte) 1);
  }

  /** What is in streams of version 2 is read for ever. */
  @Test
  void the_bytes_of_a_sum_are_these() {
    var sum =
        new Partial(
            SHARD,
            List.of(Position.of(42), new Position(SequenceNumber.of(300), 200)),
            "k",
            Instant.ofEpochSecond(5),
            Instant.ofEpochSecond(6, 7),
            1,
            new byte[] {9});

    var hex = HexFormat.of().formatHex(EnvelopeFormat.write(OURS, sum));

    var behindTheShard = hex.substring(2 * (4 + 2 + 8 + 10 + 11 + 8 + 24));
    assertThat(hex).startsWith("48445254" + "02" + "03");
    assertThat(behindTheShard)
        .startsWith(
            "00000002" // two places
                + "01"
                + "2a"
                + "00" // 42
                + "02"
                + "0102"
                + "c801" // 258 on, sub-sequence 200
                + "00000001"
                + "6b" // k
                + "0000000000000005"
                + "00000000"
                + "0000000000000006"
                + "00000007"
                + "00000001" // version
                + "00000001"
                + "09");
  }

  @Test
  void a_record_is_read_as_it_was_written() throws EnvelopeException {
    var read = (Carried) EnvelopeFormat.read(OURS, EnvelopeFormat.write(OURS, carried()));

    assertThat(read.payload()).asString(UTF_8).isEqualTo("payload");
    assertThat(read).usingRecursiveComparison().ignoringFields("payload").isEqualTo(carried());
  }

  @Test
  void marks_are_read_as_they_were_written() throws EnvelopeException {
    var first = new Mark(SHARD, null, Instant.MIN, Instant.MIN, false, List.of());

    assertThat(EnvelopeFormat.read(OURS, EnvelopeFormat.write(OURS, mark()))).isEqualTo(mark());
    assertThat(EnvelopeFormat.read(OURS, EnvelopeFormat.write(OURS, first))).isEqualTo(first);
  }

  /** What is in streams of version 1 is read for ever. */
  @Test
  void the_bytes_of_version_1_are_these() {
    var time = Instant.ofEpochSecond(5, 6);
    var mark = new Mark(SHARD, Position.of(42), time, time, false, List.of());

    assertThat(HexFormat.of().formatHex(EnvelopeFormat.write(OURS, mark)))
        .startsWith(
            "48445254" // magic
                + "01" // version
                + "02" // a mark
                + "00000004"
                + HexFormat.of().formatHex("shop".getBytes(UTF_8))
                + "00000006"
                + HexFormat.of().formatHex("delays".getBytes(UTF_8))
                + "00000007"
                + HexFormat.of().formatHex("flights".getBytes(UTF_8))
                + "000000006553f100" // created
                + "00000014"
                + HexFormat.of().formatHex("shardId-000000000007".getBytes(UTF_8))
                + "01"
                + "00000002"
                + "3432"
                + "0000000000000000" // through 42
                + "0000000000000005"
                + "00000006" // watermark
                + "00" // not silent
                + "00000000") // no roster
        .hasSize(2 * (4 + 2 + 8 + 10 + 11 + 8 + 24 + 15 + 12 + 1 + 4 + 4));
  }

  /** A version of before reads the fields that it knows, and not what follows them. */
  @Test
  void how_far_event_time_had_come_before_the_end_follows_all_else() throws EnvelopeException {
    var last = new Mark(SHARD, Position.of(42), Instant.MAX, Instant.MIN, false, List.of());
    var told =
        new Mark(SHARD, Position.of(42), Instant.MAX, Instant.ofEpochSecond(7), false, List.of());
    byte[] former = withoutLast(EnvelopeFormat.write(OURS, last), 8 + 4);
    byte[] bytes = EnvelopeFormat.write(OURS, told);

    assertThat(EnvelopeFormat.read(OURS, former)).isEqualTo(last);
    assertThat(EnvelopeFormat.read(OURS, bytes)).isEqualTo(told);
    assertThat(Arrays.copyOf(bytes, former.length - 4))
        .isEqualTo(Arrays.copyOf(former, former.length - 4));
  }

  /** With a checksum of what is left. */
  private static byte[] withoutLast(byte[] envelope, int bytes) {
    byte[] rest = Arrays.copyOf(envelope, envelope.length - bytes);
    var crc = new CRC32C();
    crc.update(rest, 0, rest.length - 4);
    ByteBuffer.wrap(rest).putInt(rest.length - 4, (int) crc.getValue());
    return rest;
  }

  @Test
  void a_newer_version_is_refused_by_name() {
    byte[] bytes = EnvelopeFormat.write(OURS, carried());
    bytes[4] = 9;

    assertThatThrownBy(() -> EnvelopeFormat.read(OURS, bytes))
        .hasMessageContaining("version 9, this reads up to 2; run the newer version")
        .asInstanceOf(type(EnvelopeException.class))
        .returns(Reason.TOO_NEW, EnvelopeException::reason);
  }

  @Test
  void envelopes_of_others_are_refused_by_name() {
    byte[] bytes = EnvelopeFormat.write(new Address("shop", "other"), carried());

    assertThatThrownBy(() -> EnvelopeFormat.read(OURS, bytes))
        .hasMessageContaining("function other of application shop, not of function delays")
        .asInstanceOf(type(EnvelopeException.class))
        .returns(Reason.FOREIGN, EnvelopeException::reason);
  }

  @Test
  void what_is_no_envelope_is_refused_by_its_length_alone() {
    assertThatThrownBy(() -> EnvelopeFormat.read(OURS, "{\"secret\":1}".getBytes(UTF_8)))
        .hasMessageContaining("a record of 12 bytes is no envelope")
        .hasMessageNotContaining("secret")
        .asInstanceOf(type(EnvelopeException.class))
        .returns(Reason.NOT_AN_ENVELOPE, EnvelopeException::reason);
    assertThatThrownBy(() -> EnvelopeFormat.read(OURS, new byte[0]))
        .isInstanceOf(EnvelopeException.class);
  }

  @Test
  void no_damaged_byte_and_no_cut_goes_unseen() {
    long seed = 7;
    var random = new SplittableRandom(seed);
    for (var envelope : List.of(carried(), mark(), partial())) {
      byte[] bytes = EnvelopeFormat.write(OURS, envelope);
      for (int i = 0; i < bytes.length; i++) {
        byte[] damaged = bytes.clone();
        damaged[i] ^= (byte) (1 + random.nextInt(255));
        assertThatThrownBy(() -> EnvelopeFormat.read(OURS, damaged))
            .as("seed %d, byte %d", seed, i)
            .isInstanceOf(EnvelopeException.class);
        byte[] cut = Arrays.copyOf(bytes, i);
        assertThatThrownBy(() -> EnvelopeFormat.read(OURS, cut))
            .as("cut to %d bytes", i)
            .isInstanceOf(EnvelopeException.class);
      }
    }
  }
}
