package io.headrace.checkpoint.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.CheckpointException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DataChunkTest {
  private static final int MAGIC = 0x48445244;

  private static EntryKey key(int number) {
    return EntryKey.of("the key " + number, "key " + number % 3, EntryKind.STATE);
  }

  /** Every third is removed, and every fifth large. */
  private static List<RawEntry> entries(int count, boolean random) {
    var draw = new SplittableRandom(count);
    var all = new ArrayList<RawEntry>();
    for (int i = 0; i < count; i++) {
      byte[] bytes = ("{\"count\":" + i + "}").repeat(i % 5 == 0 ? 40 : 1).getBytes(UTF_8);
      if (random) {
        draw.nextBytes(bytes);
      }
      all.add(new RawEntry(key(i).encoded(), i % 3 == 0 ? null : StateValue.of(bytes, i % 4)));
    }
    all.sort(null);
    return all;
  }

  private static void comeBack(List<RawEntry> entries) {
    var chunk = DataChunk.read("the chunk", DataChunk.write(entries));
    assertThat(chunk.entries()).isEqualTo(entries);
    entries.forEach(entry -> assertThat(chunk.find(entry.key())).isEqualTo(entry));
    assertThat(chunk.find(key(1_000_000).encoded())).isNull();
  }

  @Test
  void entries_come_back_as_they_were_whether_they_can_be_made_shorter_or_not() {
    comeBack(entries(1, false));
    comeBack(entries(400, false));
    comeBack(entries(1, true));
    comeBack(entries(400, true));
  }

  @Test
  void what_repeats_itself_takes_a_third_of_its_bytes_and_what_does_not_hardly_more() {
    var even = entries(400, false);
    int bytes = even.stream().mapToInt(RawEntry::bytes).sum();
    assertThat(DataChunk.write(even).length).isLessThan(bytes / 3);
    var random = entries(400, true);
    assertThat(DataChunk.write(random).length)
        .isLessThan(random.stream().mapToInt(RawEntry::bytes).sum() + 32);
  }

  @Test
  void the_former_format_with_whole_keys_is_read() {
    var entries = entries(50, false);
    var out = new ByteWriter(1_000);
    out.writeFixed(MAGIC);
    out.writeByte(1);
    out.writeLong(entries.size());
    entries.forEach(entry -> entry.write(out));

    var chunk = DataChunk.read("the chunk", out.toCheckedBytes());

    assertThat(chunk.entries()).isEqualTo(entries);
    entries.forEach(entry -> assertThat(chunk.find(entry.key())).isEqualTo(entry));
  }

  @Test
  void the_former_format_with_one_entry_behind_the_other_is_read() {
    var entries = entries(50, false);
    var out = new ByteWriter(1_000);
    out.writeFixed(MAGIC);
    out.writeByte(2);
    byte[] packed = packed(rawOf(entries));
    out.write(packed, 0, packed.length);

    var chunk = DataChunk.read("the chunk", out.toCheckedBytes());

    assertThat(chunk.entries()).isEqualTo(entries);
    entries.forEach(entry -> assertThat(chunk.find(entry.key())).isEqualTo(entry));
  }

  @Test
  void what_is_no_deflated_entries_is_refused_by_name_although_its_checksum_agrees() {
    for (var body : List.of(new byte[] {7}, new byte[] {7, 1, 2}, new byte[] {3, 127, 127, 127})) {
      var out = new ByteWriter(64);
      out.writeFixed(MAGIC);
      out.writeByte(2);
      out.write(body, 0, body.length);
      assertThatThrownBy(() -> DataChunk.read("chunk app/f/s/1.0.s1", out.toCheckedBytes()))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("chunk app/f/s/1.0.s1");
    }
  }

  private static void isRefused(int format, byte[] body) {
    var out = new ByteWriter(64);
    out.writeFixed(MAGIC);
    out.writeByte(format);
    out.write(body, 0, body.length);
    assertThatThrownBy(() -> DataChunk.read("chunk app/f/s/1.0.s1", out.toCheckedBytes()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("chunk app/f/s/1.0.s1");
  }

  private static byte[] packed(ByteWriter raw) {
    var out = new ByteWriter(64);
    Deflated.write(out, raw.toBytes());
    return out.toBytes();
  }

  private static ByteWriter numbered(long entries) {
    var out = new ByteWriter(64);
    out.writeLong(entries);
    return out;
  }

  /** An error of the virtual machine would end the worker, and the next one after it. */
  @Test
  void lengths_that_can_not_be_are_refused_by_name_before_memory_is_taken_for_them() {
    var inflating = numbered(Integer.MAX_VALUE);
    inflating.write(new byte[] {1, 2, 3}, 0, 3);
    isRefused(2, inflating.toBytes());
    isRefused(2, packed(numbered(Integer.MAX_VALUE)));
    isRefused(1, numbered(Integer.MAX_VALUE).toBytes());
  }

  @Test
  void what_goes_on_behind_its_end_is_refused_by_name() {
    byte[] sound = packed(rawOf(entries(50, false)));
    isRefused(2, Arrays.copyOf(sound, sound.length + 1));
    var longer = rawOf(entries(50, false));
    longer.writeByte(0);
    isRefused(2, packed(longer));
    // It says that there are fewer bytes than come out.
    var shorter = new ByteWriter(1_000);
    var in = new ByteReader(sound, 0, sound.length);
    shorter.writeLong(in.readInt() - 1L);
    shorter.write(sound, in.at(), in.left());
    isRefused(2, shorter.toBytes());
    var columns = new ByteWriter(1_000);
    PackedEntries.write(columns, entries(50, false));
    columns.writeByte(0);
    isRefused(3, columns.toBytes());
  }

  private static ByteWriter rawOf(List<RawEntry> entries) {
    var raw = numbered(entries.size());
    entries.forEach(entry -> entry.writeWithoutHash(raw));
    return raw;
  }

  @Test
  void formats_that_no_version_writes_are_refused_by_their_number() {
    for (int format : new int[] {0, 4, 130, 255}) {
      var out = new ByteWriter(64);
      out.writeFixed(MAGIC);
      out.writeByte(format);
      out.writeByte(0);
      assertThatThrownBy(() -> DataChunk.read("chunk c", out.toCheckedBytes()))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("chunk c: has format " + format);
    }
  }
}
