package io.headrace.local.log;

import static io.headrace.local.log.ShardLogContract.SHARD;
import static io.headrace.local.log.ShardLogContract.record;
import static io.headrace.local.log.ShardLogContract.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of a shard's files when the world around them is bad. */
class DiskShardLogTest {
  private static final Path FOLDER = Path.of("/data/streams/0/r/orders/shard-3").toAbsolutePath();
  private static final DiskSettings SMALL = new DiskSettings(600, Duration.ofHours(1), 4);

  private SimulatedDisk disk = new SimulatedDisk();

  @Test
  void segments_are_cut_by_size_and_retention_deletes_them_whole() {
    DiskShardLog log = open();
    fill(log, 1, 10, 200);
    assertThat(segments()).hasSizeGreaterThan(3);

    log.trimBefore(1_009);

    assertThat(segments()).hasSizeLessThan(3);
    assertThat(log.read(0, 10, 10_000)).extracting(StoredRecord::order).containsExactly(9L, 10L);
  }

  @Test
  void a_segment_is_closed_by_age_so_that_retention_can_delete_it() {
    DiskShardLog log = open();
    put(log, record(1, 1_000, 1, 10));
    put(log, record(2, 1_000 + Duration.ofHours(2).toMillis(), 1, 10));

    assertThat(segments()).hasSize(2);
  }

  @Test
  void when_all_records_are_past_retention_nothing_but_the_position_stays() {
    DiskShardLog log = open();
    fill(log, 1, 10, 200);

    log.trimBefore(5_000);

    assertThat(segments()).hasSize(1);
    assertThat(disk.bytes(segments().get(0))).hasSize(Segment.HEADER_BYTES);
    DiskShardLog again = reopened();
    assertThat(again.end()).isEqualTo(11);
    assertThat(again.lastArrivalMillis()).isEqualTo(1_010);
    assertThat(again.hasFrom(0)).isFalse();
    put(again, record(11, 6_000, 1, 10));
    assertThat(again.read(0, 10, 10_000)).extracting(StoredRecord::order).containsExactly(11L);
  }

  @Test
  void the_file_that_knows_the_position_is_kept_before_the_records_past_retention_go() {
    GroupSync sync = new GroupSync(disk, SyncPolicy.EVERY_SECOND, Runnable::run);
    DiskShardLog log = open(disk, sync);
    fill(log, 1, 10, 200);
    sync.run();
    int before = segments().size();

    log.trimBefore(5_000);

    assertThat(segments()).hasSize(before + 1);
    assertThat(log.read(0, 10, 10_000)).isEmpty();
    sync.run();
    log.trimBefore(5_001);
    assertThat(segments()).hasSize(1);
    assertThat(disk.synced()).contains(FOLDER, segments().get(0));
    assertThat(reopened().end()).isEqualTo(11);
  }

  @Test
  void a_shard_at_rest_holds_no_buffer() {
    DiskShardLog log = open();
    put(log, record(1, 1_001, 1, 200_000));
    log.trimBefore(0);
    assertThat(log.heldBytes()).isGreaterThan(200_000);

    log.trimBefore(0);

    assertThat(log.heldBytes()).isZero();
    put(log, record(2, 1_002, 1, 10));
    assertThat(log.read(0, 10, 1_000_000)).hasSize(2);
  }

  @Test
  void a_tail_that_was_torn_at_any_byte_is_cut_off_and_the_rest_is_there() {
    DiskShardLog log = open();
    List<StoredRecord> records = fill(log, 1, 2, 60);
    Path file = segments().get(0);
    int whole = disk.bytes(file).length;
    put(log, record(3, 1_003, 3, 60));
    byte[] longer = disk.bytes(file);

    for (int length = whole; length < longer.length; length++) {
      disk.put(file, Arrays.copyOf(longer, length));
      DiskShardLog again = reopened();
      assertThat(texts(again.read(0, 10, 10_000))).as("%s bytes", length).isEqualTo(texts(records));
      assertThat(again.end()).isEqualTo(3);
      put(again, record(3, 1_004, 4, 20));
      assertThat(again.read(0, 10, 10_000)).hasSize(3);
      assertThat(reopened().read(0, 10, 10_000)).hasSize(3);
    }
  }

  @Test
  void a_file_whose_header_was_being_written_is_taken_over() {
    DiskShardLog log = open();
    List<StoredRecord> records = fill(log, 1, 2, 60);
    Path file = segments().get(0);
    Path next = file.resolveSibling("0000000000000000003.log");

    for (int length = 0; length < Segment.HEADER_BYTES; length++) {
      disk.put(next, Arrays.copyOf(disk.bytes(file), length));
      assertThat(texts(reopened().read(0, 10, 10_000))).isEqualTo(texts(records));
      assertThat(segments()).containsExactly(file);
    }
  }

  @Test
  void a_wrong_byte_anywhere_in_a_closed_segment_is_found_and_never_gives_a_wrong_record() {
    DiskShardLog log = open();
    List<StoredRecord> records = fill(log, 1, 12, 60);
    log.close();
    Path file = segments().get(0);
    byte[] sound = disk.bytes(file);

    for (int at = 0; at < sound.length; at++) {
      byte[] wrong = sound.clone();
      wrong[at] ^= (byte) (1 << at % 8);
      disk.put(file, wrong);
      Throwable failure = catchThrowable(() -> reopened().read(0, 100, 100_000));
      assertThat(failure)
          .as("byte %s of %s", at, records.size())
          .isInstanceOf(LogFailure.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void a_wrong_byte_in_the_last_segment_after_a_kill_is_found_or_costs_the_last_record_alone() {
    DiskShardLog log = open();
    List<StoredRecord> records = fill(log, 1, 4, 60);
    Path file = segments().get(segments().size() - 1);
    byte[] sound = disk.bytes(file);
    assertThat(segments()).hasSize(1);
    int lastRecord = sound.length - (sound.length - Segment.HEADER_BYTES) / 4;

    for (int at = 0; at < sound.length; at++) {
      byte[] wrong = sound.clone();
      wrong[at] ^= (byte) (1 << at % 8);
      disk.put(file, wrong);
      if (at < lastRecord) {
        assertThatThrownBy(() -> reopened().read(0, 100, 100_000))
            .as("byte %s", at)
            .isInstanceOf(LogFailure.class)
            .hasMessageContaining(file.toString());
      } else {
        assertThat(texts(reopened().read(0, 100, 100_000)))
            .as("byte %s", at)
            .isEqualTo(texts(records.subList(0, 3)));
      }
    }
  }

  @Test
  void a_wrong_byte_in_the_last_record_is_found_when_the_server_was_stopped_in_order() {
    DiskShardLog log = open();
    fill(log, 1, 4, 60);
    log.close();
    Path file = segments().get(0);
    byte[] wrong = disk.bytes(file);
    wrong[wrong.length - 1]++;
    disk.put(file, wrong);

    assertThatThrownBy(() -> reopened().read(0, 100, 100_000))
        .isInstanceOf(LogFailure.class)
        .hasMessageContaining("is damaged at byte")
        .hasMessageContaining("orders away to go on without it");
  }

  @Test
  void an_index_that_is_wrong_at_any_byte_or_lost_costs_nothing() {
    DiskShardLog log = open();
    List<StoredRecord> records = fill(log, 1, 12, 60);
    log.close();
    for (Path index : indexes()) {
      byte[] sound = disk.bytes(index);
      for (int at = 0; at < sound.length; at++) {
        byte[] wrong = sound.clone();
        wrong[at] ^= (byte) (1 << at % 8);
        disk.put(index, wrong);
        assertThat(texts(reopened().read(0, 100, 100_000))).isEqualTo(texts(records));
        disk.put(index, Arrays.copyOf(sound, at));
        assertThat(texts(reopened().read(0, 100, 100_000))).isEqualTo(texts(records));
      }
      disk.put(index, sound);
    }
  }

  @Test
  void an_index_of_another_segment_or_one_that_says_too_much_never_hides_a_record() {
    DiskShardLog log = open();
    List<StoredRecord> records = fill(log, 1, 12, 60);
    log.close();
    List<Path> indexes = indexes();
    for (Path index : indexes) {
      byte[] own = disk.bytes(index);
      for (Path other : indexes) {
        disk.put(index, disk.bytes(other));
        Throwable failure =
            catchThrowable(
                () ->
                    assertThat(texts(reopened().read(0, 100, 100_000))).isEqualTo(texts(records)));
        assertThat(failure == null || failure instanceof LogFailure).as("%s", failure).isTrue();
      }
      disk.put(index, own);
    }
  }

  @Test
  void a_segment_that_is_missing_between_others_is_noticed() throws IOException {
    DiskShardLog log = open();
    fill(log, 1, 12, 60);
    assertThat(segments()).hasSizeGreaterThan(2);
    disk.delete(segments().get(1));

    assertThatThrownBy(this::reopened)
        .isInstanceOf(LogFailure.class)
        .hasMessageContaining("put the file between them back");
  }

  @Test
  void a_segment_that_is_shorter_than_it_was_is_noticed() {
    DiskShardLog log = open();
    fill(log, 1, 3, 60);
    log.close();
    Path file = segments().get(0);
    disk.put(file, Arrays.copyOf(disk.bytes(file), Segment.HEADER_BYTES + 100));

    assertThatThrownBy(this::reopened)
        .isInstanceOf(LogFailure.class)
        .hasMessageContaining("shorter than it was");
  }

  @Test
  void a_segment_of_another_version_is_named_as_such() {
    fill(open(), 1, 3, 60);
    Path file = segments().get(0);
    byte[] newer = disk.bytes(file);
    newer[7] = 2;
    disk.put(file, newer);

    assertThatThrownBy(this::reopened)
        .isInstanceOf(LogFailure.class)
        .hasMessageContaining("was written by another version");
  }

  @Test
  void a_full_disk_refuses_a_put_and_has_room_again_later_without_a_torn_record() {
    DiskShardLog log = open();
    List<StoredRecord> records = fill(log, 1, 3, 60);
    for (int room = 0; room < 200; room += 7) {
      disk.bytesMax(used() + room);
      assertThatThrownBy(() -> put(log, record(4, 1_004, 4, 300)))
          .isInstanceOf(LogFailure.class)
          .hasMessageContaining("The disk is full")
          .hasMessageContaining(FOLDER.toString());
      assertThat(texts(log.read(0, 100, 100_000))).isEqualTo(texts(records));
      assertThat(texts(open(disk.afterDeath()).read(0, 100, 100_000))).isEqualTo(texts(records));
    }

    disk.bytesMax(Long.MAX_VALUE);
    put(log, record(5, 1_005, 5, 300));

    assertThat(log.read(0, 100, 100_000)).hasSize(4);
    assertThat(reopened().read(0, 100, 100_000)).hasSize(4);
  }

  @Test
  void whichever_change_of_the_disk_fails_only_the_records_of_that_put_are_missing() {
    int changes = scenario(open()).disk().changes();
    assertThat(changes).isGreaterThan(30);

    for (int failing = 0; failing < changes; failing++) {
      disk = new SimulatedDisk();
      disk.failAt(failing);
      Scenario done = scenario(open());
      assertThat(texts(done.log().read(0, 1_000, 1_000_000)))
          .as("change %s failed", failing)
          .isEqualTo(texts(done.acknowledged()));
      assertThat(texts(reopenedAt(done.horizon()).read(0, 1_000, 1_000_000)))
          .as("change %s failed, and a start", failing)
          .isEqualTo(texts(done.acknowledged()));
    }
  }

  @Test
  void at_whichever_change_of_the_disk_the_process_dies_what_was_acknowledged_is_there() {
    int changes = scenario(open()).disk().changes();

    for (int last = 0; last < changes; last++) {
      disk = new SimulatedDisk();
      disk.dieAt(last);
      Scenario done = scenario(open());
      DiskShardLog again = reopenedAt(done.horizon());
      List<String> found = texts(again.read(0, 1_000, 1_000_000));
      List<String> acknowledged = texts(done.acknowledged());
      assertThat(found.subList(0, Math.min(found.size(), acknowledged.size())))
          .as("died at change %s", last)
          .isEqualTo(acknowledged);
      // What was being written may be there too, but in order and whole.
      List<String> offered = new ArrayList<>(texts(done.offered()));
      offered.retainAll(found);
      assertThat(found).as("died at change %s", last).isEqualTo(offered);
      long end = again.end();
      put(again, record(end + 1, 100_000, 9, 50));
      assertThat(reopenedAt(done.horizon()).read(end, 10, 10_000)).hasSize(1);
    }
  }

  private record Scenario(
      DiskShardLog log,
      SimulatedDisk disk,
      List<StoredRecord> offered,
      List<StoredRecord> acknowledged,
      long horizon) {}

  /** Puts of one and of several records, rolls, and retention, for as long as the disk goes on. */
  private Scenario scenario(DiskShardLog log) {
    List<StoredRecord> offered = new ArrayList<>();
    List<StoredRecord> acknowledged = new ArrayList<>();
    long horizon = 0;
    for (int i = 1; i <= 40; i++) {
      List<StoredRecord> batch = new ArrayList<>();
      for (int j = 0; j < 1 + i % 3; j++) {
        batch.add(record(i * 10L + j, 1_000 + i, i, 40 + i * 3));
      }
      offered.addAll(batch);
      batch.forEach(log::offer);
      try {
        log.commit();
        acknowledged.addAll(batch);
      } catch (LogFailure failure) {
        assertThat(failure).hasMessageContaining(FOLDER.toString());
      }
      if (i % 15 == 0) {
        horizon = 1_000L + i - 8;
        log.trimBefore(horizon);
      }
    }
    long before = horizon;
    acknowledged.removeIf(record -> record.arrivalMillis() < before);
    offered.removeIf(record -> record.arrivalMillis() < before);
    return new Scenario(log, disk, offered, acknowledged, horizon);
  }

  private static List<StoredRecord> fill(DiskShardLog log, long from, int count, int bytes) {
    List<StoredRecord> records = new ArrayList<>();
    for (long order = from; order < from + count; order++) {
      StoredRecord record = record(order, 1_000 + order, 1, bytes);
      put(log, record);
      records.add(record);
    }
    return records;
  }

  private static void put(DiskShardLog log, StoredRecord record) {
    log.offer(record);
    log.commit();
  }

  private long used() {
    return disk.files().stream().mapToLong(file -> disk.bytes(file).length).sum();
  }

  private List<Path> segments() {
    return disk.files().stream().filter(file -> file.toString().endsWith(".log")).toList();
  }

  private List<Path> indexes() {
    return disk.files().stream().filter(file -> file.toString().endsWith(".index")).toList();
  }

  private DiskShardLog open() {
    return open(disk);
  }

  /** The log as the next process finds it. */
  private DiskShardLog reopened() {
    return reopenedAt(0);
  }

  private DiskShardLog reopenedAt(long horizonMillis) {
    disk = disk.afterDeath();
    DiskShardLog log = open();
    log.trimBefore(horizonMillis);
    return log;
  }

  private static DiskShardLog open(SimulatedDisk disk) {
    return open(disk, new GroupSync(disk, SyncPolicy.NEVER, Runnable::run));
  }

  private static DiskShardLog open(SimulatedDisk disk, GroupSync sync) {
    return DiskShardLog.open(
        new DiskContext(
            SMALL, disk, sync, new OpenFiles(SMALL.openFilesMax()), new ByteBudget(Long.MAX_VALUE)),
        FOLDER,
        SHARD);
  }
}
