package io.headrace.checkpoint.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PackedEntriesTest {
  private static ByteReader reader(byte[] bytes) {
    return new ByteReader(bytes, 0, bytes.length);
  }

  private static byte[] packed(List<RawEntry> entries) {
    var out = new ByteWriter(64);
    PackedEntries.write(out, entries);
    return out.toBytes();
  }

  private static List<RawEntry> drawn(SplittableRandom random) {
    var all = new ArrayList<RawEntry>();
    int size = random.nextInt(4) == 0 ? random.nextInt(3) : random.nextInt(300);
    for (int i = 0; i < size; i++) {
      var partition = "é".repeat(random.nextInt(2)) + random.nextInt(100_000);
      var key = random.nextInt(3) == 0 ? "k".repeat(random.nextInt(200)) : partition;
      byte[] suffix = new byte[random.nextInt(3)];
      random.nextBytes(suffix);
      var kinds = EntryKind.values();
      var kind = kinds[random.nextInt(kinds.length)];
      byte[] value = new byte[random.nextInt(5) == 0 ? random.nextInt(2_000) : random.nextInt(20)];
      random.nextBytes(value);
      all.add(
          new RawEntry(
              EntryKey.of(partition, key, kind, suffix).encoded(),
              random.nextInt(5) == 0
                  ? null
                  : StateValue.of(value, random.nextInt(3) == 0 ? random.nextInt(1 << 20) : 1)));
    }
    return all;
  }

  @Test
  void entries_come_back_in_their_order_and_what_follows_them_is_left() {
    for (long seed = 0; seed < 300; seed++) {
      var entries = drawn(new SplittableRandom(seed));
      var out = new ByteWriter(64);
      PackedEntries.write(out, entries);
      out.writeText("behind");
      var in = reader(out.toBytes());
      assertThat(PackedEntries.read(in)).as("seed %s", seed).isEqualTo(entries);
      assertThat(in.readText()).as("seed %s", seed).isEqualTo("behind");
    }
  }

  @Test
  void rows_are_those_of_the_entries_one_behind_the_other() {
    var entries = drawn(new SplittableRandom(7));
    var rows = new ByteWriter(64);
    rows.writeLong(entries.size());
    entries.forEach(entry -> entry.writeWithoutHash(rows));
    assertThat(PackedEntries.rows(reader(packed(entries)))).isEqualTo(rows.toBytes());
  }

  @Test
  void a_hundred_counters_of_four_random_bytes_take_half_of_what_rows_take() {
    var random = new SplittableRandom(1);
    var entries = new ArrayList<RawEntry>();
    for (int i = 0; i < 100; i++) {
      var key = "k" + random.nextInt(10_000);
      byte[] value = new byte[4];
      random.nextBytes(value);
      entries.add(
          new RawEntry(EntryKey.of(key, key, EntryKind.STATE).encoded(), StateValue.of(value, 1)));
    }
    var rows = new ByteWriter(64);
    entries.forEach(entry -> entry.writeWithoutHash(rows));
    assertThat(packed(entries).length).isLessThan(rows.size() / 2).isLessThan(750);
  }

  /** A part of a commit and a chunk have a checksum, so this is what a wrong writer would leave. */
  @Test
  void whatever_is_damaged_is_refused_or_read_but_never_another_failure() {
    var random = new SplittableRandom(5);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = packed(drawn(new SplittableRandom(i % 20)));
      if (random.nextBoolean()) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      }
      for (int flips = random.nextInt(3); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(Math.min(bytes.length, 40))] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        PackedEntries.read(reader(bytes));
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageNotContaining("null");
      }
    }
  }

  @Test
  void a_number_of_entries_that_can_not_be_is_refused_before_memory_is_taken_for_it() {
    var out = new ByteWriter(64);
    out.writeLong(Integer.MAX_VALUE);
    Deflated.writeWithLength(out, new byte[40]);
    Deflated.writeWithLength(out, new byte[0]);
    assertThatThrownBy(() -> PackedEntries.read(reader(out.toBytes())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2147483647 entries");
  }

  @Test
  void values_and_columns_that_go_on_behind_the_last_entry_are_refused() {
    var key = EntryKey.of("k", "k", EntryKind.STATE).encoded();
    var sound = List.of(new RawEntry(key, StateValue.of("value".getBytes(UTF_8), 1)));
    var in = reader(packed(sound));
    assertThat(in.readInt()).isEqualTo(1);
    byte[] columns = Deflated.readWithLength(in);
    byte[] values = Deflated.readWithLength(in);
    refused(columns, Arrays.copyOf(values, values.length + 1), "goes on behind its entries");
    refused(Arrays.copyOf(columns, columns.length + 1), values, "goes on behind its entries");
    refused(columns, Arrays.copyOf(values, values.length - 1), "a value goes on behind the end");
  }

  private static void refused(byte[] columns, byte[] values, String why) {
    var out = new ByteWriter(64);
    out.writeLong(1);
    Deflated.writeWithLength(out, columns);
    Deflated.writeWithLength(out, values);
    assertThatThrownBy(() -> PackedEntries.read(reader(out.toBytes())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }
}
