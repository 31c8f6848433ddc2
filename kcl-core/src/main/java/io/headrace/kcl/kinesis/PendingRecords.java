package io.headrace.kcl.kinesis;

import io.headrace.kcl.Position;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.kinesis.PendingRecord.Lane;
import io.headrace.kcl.kinesis.PutException.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The records that are not settled: by age, and where keys have an order in lanes. Knows what a
 * failure takes along. Pure; owned by {@link ProducerMachine}.
 */
final class PendingRecords {
  final RecordAges ages = new RecordAges();

  private final boolean hasLanes;
  private final SinkSentences sentences;
  private final ProducerCounts counts;
  private final Map<String, Lane> lanes = new HashMap<>();
  private List<PendingRecord> settled = new ArrayList<>();

  PendingRecords(boolean hasLanes, SinkSentences sentences, ProducerCounts counts) {
    this.hasLanes = hasLanes;
    this.sentences = sentences;
    this.counts = counts;
  }

  /** Those settled since the last call. */
  List<PendingRecord> takeSettled() {
    List<PendingRecord> taken = settled;
    settled = taken.isEmpty() ? taken : new ArrayList<>();
    return taken;
  }

  /**
   * A record was put.
   *
   * @return whether it may be sent: in a lane only the first may
   */
  boolean enter(PendingRecord record) {
    if (!hasLanes) {
      return true;
    }
    Lane lane = lanes.computeIfAbsent(record.entry.partitionKey(), Lane::new);
    record.lane = lane;
    lane.add(record);
    return lane.head == record;
  }

  /**
   * A record is stored.
   *
   * @param place in its aggregate, 0 otherwise
   * @return the next of its lane, when none of that is under way any more
   */
  @Nullable PendingRecord succeed(PendingRecord record, Stored at, int place) {
    record.underWay = false;
    if (!record.settled) {
      record.stored =
          place == 0 ? at : new Stored(at.shard(), new Position(at.position().sequence(), place));
      counts.stored(record);
      settle(record);
    }
    Lane lane = record.lane;
    if (lane == null) {
      return null;
    }
    lane.removeHead(record);
    lane.underWay--;
    if (lane.underWay > 0) {
      return null;
    }
    if (lane.head == null) {
      lanes.remove(lane.key);
    }
    return lane.head;
  }

  /**
   * A record is no longer under way and not stored.
   *
   * @return what is to be sent next for it: itself, or once all of its lane that were under way
   *     have come back the first of that; null when there is nothing
   */
  @Nullable PendingRecord comesBack(PendingRecord record) {
    record.underWay = false;
    Lane lane = record.lane;
    if (lane == null) {
      return record.settled ? null : record;
    }
    lane.underWay--;
    if (lane.underWay > 0) {
      return null;
    }
    dropFailed(lane);
    return lane.head;
  }

  /**
   * The service refused them for good: they are not under way, and fail.
   *
   * @return what is to be sent next for them: what was put behind those that had failed before
   */
  List<PendingRecord> reject(List<PendingRecord> records, StreamException why) {
    records.forEach(record -> record.underWay = false);
    records.forEach(record -> fail(record, Reason.REFUSED, why));
    var nexts = new ArrayList<PendingRecord>(0);
    for (PendingRecord record : records) {
      PendingRecord next = comesBack(record);
      if (next != null) {
        nexts.add(next);
      }
    }
    return nexts;
  }

  /**
   * Fails a record, those put together with it, and in lanes all that stand behind them. Looks at
   * each record a few times, however many fall: a lane may hold all that the producer holds.
   */
  void fail(PendingRecord first, Reason reason, StreamException why) {
    if (!failOne(first, reason, why)) {
      return;
    }
    // Those whose lanes have not been looked at.
    var next = new ArrayDeque<PendingRecord>();
    next.add(first);
    failGroup(first, reason, why, next);
    Set<Lane> touched = new HashSet<>();
    StreamException behindWhy = first.lane == null ? why : sentences.behind(why);
    while (!next.isEmpty()) {
      PendingRecord failed = next.remove();
      if (failed.lane == null) {
        continue;
      }
      touched.add(failed.lane);
      for (var behind = failed.nextInLane; behind != null; behind = behind.nextInLane) {
        if (failOne(behind, Reason.BEHIND_FAILED, behindWhy)) {
          failGroup(behind, reason, why, next);
        }
      }
    }
    touched.forEach(this::dropFailed);
  }

  /** Once for a group; of those in one lane, the first stands for all. */
  private void failGroup(
      PendingRecord failed, Reason reason, StreamException why, ArrayDeque<PendingRecord> next) {
    if (failed.group == null || failed.group.failed) {
      return;
    }
    failed.group.failed = true;
    Set<Lane> seen = new HashSet<>();
    for (PendingRecord member : failed.group.members) {
      if (failOne(member, reason, why) && (member.lane == null || seen.add(member.lane))) {
        next.add(member);
      }
    }
  }

  private void dropFailed(Lane lane) {
    lane.dropFailed();
    if (lane.head == null) {
      // A later record of the key may have made a lane of its own meanwhile.
      lanes.remove(lane.key, lane);
    }
  }

  private boolean failOne(PendingRecord record, Reason reason, StreamException why) {
    // Of a group that is just being put, the rest is not here yet and fails when it comes.
    if (record.settled || !record.isNumbered()) {
      return false;
    }
    record.failure = new PutException(reason, why, record.mayBeStored || record.underWay);
    counts.failed++;
    settle(record);
    return true;
  }

  private void settle(PendingRecord record) {
    record.settled = true;
    ages.remove(record);
    settled.add(record);
  }
}
