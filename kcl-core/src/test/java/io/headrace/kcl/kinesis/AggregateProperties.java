package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Record;

class AggregateProperties {
  record User(String key, String hashKey, byte[] data, Map<String, String> tags) {}

  @Property
  void any_bytes_are_at_least_one_record(@ForAll byte[] bytes) throws IOException {
    assertPlain(bytes);
  }

  @Property
  void any_bytes_in_a_sound_envelope_are_at_least_one_record(@ForAll byte[] message)
      throws IOException {
    byte[] bytes = AggregateWriter.sealed(message);
    if (Aggregate.unpack(bytes) == null) {
      assertPlain(bytes);
    } else {
      assertThat(read(bytes)).isNotEmpty();
    }
  }

  @Property
  void a_damaged_message_in_a_sound_envelope_never_throws(
      @ForAll("users") List<User> users, @ForAll int at, @ForAll byte flip) {
    byte[] packed = pack(users);
    byte[] message = Arrays.copyOfRange(packed, 4, packed.length - 16);
    message[Math.floorMod(at, message.length)] ^= flip;
    assertThat(read(AggregateWriter.sealed(message))).isNotEmpty();
  }

  @Property
  void unpacking_twice_gives_the_same_records(@ForAll("users") List<User> users) {
    byte[] packed = pack(users);
    assertThat(described(read(packed))).isEqualTo(described(read(packed.clone())));
  }

  @Property
  void a_cut_message_in_a_sound_envelope_loses_no_more_than_was_cut(
      @ForAll("users") List<User> users, @ForAll int at) throws IOException {
    byte[] packed = pack(users);
    byte[] message = Arrays.copyOfRange(packed, 4, packed.length - 16);
    byte[] cut = AggregateWriter.sealed(Arrays.copyOf(message, Math.floorMod(at, message.length)));

    if (Aggregate.unpack(cut) == null) {
      assertPlain(cut);
    } else {
      // The cut fell between two records: what is left is an aggregate of the others.
      var whole = described(read(packed));
      var left = described(read(cut));
      assertThat(left).isEqualTo(whole.subList(0, left.size()));
    }
  }

  @Property
  void resuming_anywhere_within_an_aggregate_gives_the_rest(
      @ForAll("users") List<User> users, @ForAll int at) {
    byte[] packed = pack(users);
    var whole = read(packed);
    int index = Math.floorMod(at, users.size());

    var rest = read(packed, whole.get(index).position());

    assertThat(described(rest)).isEqualTo(described(whole.subList(index + 1, whole.size())));
  }

  @Property
  void a_record_is_misrouted_where_its_hash_key_lies_outside_the_shard(
      @ForAll("users") List<User> users, @ForAll int split) {
    var first = BigInteger.valueOf(split).abs().shiftLeft(96);
    var range = new HashRange(first, HashRange.ALL.last());
    var shard = new Shard(Shard.root("s").id(), List.of(), range);

    var read = read(pack(users), null, shard);

    for (int i = 0; i < users.size(); i++) {
      var user = users.get(i);
      var hash =
          user.hashKey() == null ? HashRange.hashOf(user.key()) : new BigInteger(user.hashKey());
      assertThat(read.get(i).misrouted()).isEqualTo(hash.compareTo(first) < 0);
    }
  }

  @Property
  void what_was_packed_comes_out(@ForAll("users") List<User> users) throws IOException {
    var read = read(pack(users));

    assertThat(read).hasSize(users.size());
    for (int i = 0; i < users.size(); i++) {
      assertThat(read.get(i).position()).hasToString("42:" + i);
      assertThat(read.get(i).key().text()).isEqualTo(users.get(i).key());
      assertThat(read.get(i).payload().bytes()).isEqualTo(users.get(i).data());
      assertThat(read.get(i).headers()).isEqualTo(users.get(i).tags());
    }
  }

  @Provide
  Arbitrary<List<User>> users() {
    var keys = Arbitraries.strings().all().ofMinLength(1).ofMaxLength(5).filter(this::isUnicode);
    var hashKeys = Arbitraries.bigIntegers().between(BigInteger.ZERO, HashRange.ALL.last());
    var tags = Arbitraries.maps(keys, keys).ofMaxSize(3);
    var data = Arbitraries.bytes().array(byte[].class).ofMaxSize(300);
    return Combinators.combine(keys, hashKeys.injectNull(0.5), data, tags)
        .as((key, hash, bytes, t) -> new User(key, hash == null ? null : hash.toString(), bytes, t))
        .list()
        .ofMinSize(1)
        .ofMaxSize(20);
  }

  /** Half a surrogate pair has no UTF-8. */
  private boolean isUnicode(String text) {
    return text.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
  }

  private static byte[] pack(List<User> users) {
    var writer = new AggregateWriter();
    users.forEach(u -> writer.add(u.key(), u.hashKey(), u.data(), u.tags()));
    return writer.bytes();
  }

  private static void assertPlain(byte[] bytes) throws IOException {
    var read = read(bytes);
    assertThat(read).hasSize(1);
    assertThat(read.get(0).key().text()).isEqualTo("outer");
    assertThat(read.get(0).payload().bytes()).isEqualTo(bytes);
  }

  private static List<String> described(List<StreamRecord> records) {
    return records.stream()
        .map(
            record -> {
              try {
                return record.position()
                    + " "
                    + record.key()
                    + " "
                    + HexFormat.of().formatHex(record.payload().bytes())
                    + " "
                    + new TreeMap<>(record.headers());
              } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
              }
            })
        .toList();
  }

  private static List<StreamRecord> read(byte[] bytes) {
    return read(bytes, null);
  }

  private static List<StreamRecord> read(byte[] bytes, @Nullable Position after) {
    return read(bytes, after, Shard.root("s"));
  }

  private static List<StreamRecord> read(byte[] bytes, @Nullable Position after, Shard shard) {
    var record =
        Record.builder()
            .sequenceNumber("42")
            .partitionKey("outer")
            .data(SdkBytes.fromByteArray(bytes))
            .approximateArrivalTimestamp(Instant.EPOCH)
            .build();
    var wanted = new Page.Wanted(shard, after, Long.MAX_VALUE, new Place("s", "here"));
    return Page.read(List.of(record), wanted, Instant.EPOCH).records();
  }
}
