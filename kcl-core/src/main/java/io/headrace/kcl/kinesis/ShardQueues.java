package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.kinesis.PendingRecord.Lane;
import io.headrace.kcl.kinesis.ProducerSettings.Aggregation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What may be sent now, by the shard that takes it, and made up into records of the stream. Of a
 * lane only the first record stands here; the others ride with it in an aggregate or wait. Pure;
 * owned by {@link ProducerMachine}.
 */
final class ShardQueues {
  /** Records of one shard in a row, before the others have their turn. */
  private static final int TURN_RECORDS_MAX = 100;

  static final long NEVER = Long.MAX_VALUE;

  /**
   * One record of the stream.
   *
   * @param shard where it is expected, or null where nothing is known
   */
  record Parcel(List<PendingRecord> records, @Nullable String shard, boolean packed, int bytes) {
    PendingRecord first() {
      return records.get(0);
    }

    /** Such a one belongs to whatever shard it landed in: it was sent with that key. */
    boolean isOfOneKey() {
      String key = first().entry.partitionKey();
      return records.stream().allMatch(record -> record.entry.partitionKey().equals(key));
    }

    /** The bytes of the record of the stream. */
    byte[] data() {
      if (!packed) {
        return first().entry.data();
      }
      var writer = new AggregateWriter();
      for (PendingRecord record : records) {
        Entry entry = record.entry;
        writer.add(entry.partitionKey(), null, entry.data(), entry.headers());
      }
      return writer.bytes();
    }
  }

  /** What stands ready at one moment, paused and limited shards left out. */
  record Ready(int records, long bytes, long oldestPut, long nextAt) {}

  private static final class Queue {
    final @Nullable String shard;
    @Nullable ShardRate rate;
    final ArrayDeque<PendingRecord> ready = new ArrayDeque<>();
    final RetryPace pace = new RetryPace();
    long readyBytes;
    boolean active;

    Queue(@Nullable String shard, @Nullable ShardRate rate) {
      this.shard = shard;
      this.rate = rate;
    }

    long waitNanos(long ticks) {
      return Math.max(pace.waitNanos(ticks), rate == null ? 0 : rate.waitNanos(ticks));
    }

    PendingRecord take() {
      PendingRecord record = ready.remove();
      record.queued = false;
      readyBytes -= record.bytes;
      return record;
    }
  }

  private final ProducerSettings settings;

  /** Where everything stands until the shards are known. */
  private final Queue unrouted = new Queue(null, null);

  private final Map<String, Queue> byShard = new HashMap<>();
  private final ArrayDeque<Queue> active = new ArrayDeque<>();
  private @Nullable ShardMap map;
  private boolean mapFailed;

  ShardQueues(ProducerSettings settings) {
    this.settings = settings;
  }

  @Nullable ShardMap map() {
    return map;
  }

  /** What stands ready goes to where it belongs now; shards keep their pace. */
  void reroute(ShardMap newer, long ticks) {
    var waiting = new ArrayList<PendingRecord>();
    for (Queue queue : active) {
      queue.active = false;
      while (!queue.ready.isEmpty()) {
        waiting.add(queue.take());
      }
    }
    active.clear();
    map = newer;
    byShard.keySet().removeIf(shard -> !newer.knows(shard));
    waiting.forEach(record -> add(record, ticks));
  }

  /** One that stood behind another of its lane may be older than all that stand here. */
  void add(PendingRecord record, long ticks) {
    Queue queue = queueOf(record, ticks);
    PendingRecord head = queue.ready.peek();
    if (head != null && record.putTicks - head.putTicks < 0) {
      queue.ready.addFirst(record);
    } else {
      queue.ready.add(record);
    }
    entered(queue, record);
  }

  /** A record that comes back goes before those that have not been sent. */
  void addFirst(PendingRecord record, long ticks) {
    Queue queue = queueOf(record, ticks);
    queue.ready.addFirst(record);
    entered(queue, record);
  }

  private void entered(Queue queue, PendingRecord record) {
    if (record.queued) {
      throw new AssertionError("a record stands in two queues");
    }
    record.queued = true;
    queue.readyBytes += record.bytes;
    if (!queue.active) {
      queue.active = true;
      active.add(queue);
    }
  }

  private Queue queueOf(PendingRecord record, long ticks) {
    if (map != null) {
      return queueOf(map.shardOf(record), ticks);
    }
    if (unrouted.rate == null && settings.shardShare() > 0 && !mapFailed) {
      // As if there were one shard, which there is at least.
      unrouted.rate = new ShardRate(settings.shardShare(), ticks);
    }
    return unrouted;
  }

  /** The shards can't be listed, so their limits can't be kept. */
  void withoutMap() {
    mapFailed = true;
    unrouted.rate = null;
  }

  private Queue queueOf(String shard, long ticks) {
    return byShard.computeIfAbsent(
        shard,
        id ->
            new Queue(
                id,
                settings.shardShare() > 0 ? new ShardRate(settings.shardShare(), ticks) : null));
  }

  /** A shard refused a record: it is left alone for a while. */
  void refused(String shard, long ticks, double jitter) {
    Queue queue = byShard.get(shard);
    if (queue != null) {
      queue.pace.failed(ticks, jitter);
    }
  }

  void stored(String shard) {
    Queue queue = byShard.get(shard);
    if (queue != null) {
      queue.pace.succeeded();
    }
  }

  /** Drops what was settled while it stood here. */
  private void dropSettled(Queue queue) {
    while (!queue.ready.isEmpty() && queue.ready.element().settled) {
      queue.take();
    }
  }

  Ready ready(long ticks) {
    int records = 0;
    long bytes = 0;
    long oldest = NEVER;
    long next = NEVER;
    for (int i = active.size(); i > 0; i--) {
      Queue queue = active.remove();
      dropSettled(queue);
      if (queue.ready.isEmpty()) {
        queue.active = false;
        continue;
      }
      active.add(queue);
      long wait = queue.waitNanos(ticks);
      if (wait > 0) {
        next = Math.min(next, ticks + wait);
      } else {
        records += queue.ready.size();
        bytes += queue.readyBytes;
        oldest = oldest == NEVER ? queue.ready.element().putTicks : older(oldest, queue);
      }
    }
    return new Ready(records, bytes, oldest, next);
  }

  private static long older(long oldest, Queue queue) {
    long put = queue.ready.element().putTicks;
    return put - oldest < 0 ? put : oldest;
  }

  /** The records of one call, as many as go; none when nothing may go now. */
  List<Parcel> take(long ticks) {
    var parcels = new ArrayList<Parcel>();
    long bytes = 0;
    int unfruitful = 0;
    while (!active.isEmpty() && unfruitful < active.size()) {
      Queue queue = active.remove();
      int before = parcels.size();
      boolean full = false;
      boolean misfit = false;
      while (!full && parcels.size() - before < TURN_RECORDS_MAX) {
        dropSettled(queue);
        if (queue.ready.isEmpty() || queue.waitNanos(ticks) > 0) {
          break;
        }
        misfit = !fits(queue.ready.element(), parcels, bytes);
        full = misfit;
        if (!full) {
          Parcel parcel = parcel(queue, ProducerMachine.BYTES_PER_CALL_MAX - bytes);
          parcels.add(parcel);
          bytes += parcel.bytes();
          full = parcels.size() >= settings.recordsPerCallMax() || travelsAlone(parcel.first());
        }
      }
      if (queue.ready.isEmpty()) {
        queue.active = false;
      } else if (misfit) {
        // First in the next call: at the end it might find each call begun by others, for ever.
        active.addFirst(queue);
      } else {
        active.add(queue);
      }
      if (full) {
        break;
      }
      unfruitful = parcels.size() > before ? 0 : unfruitful + 1;
    }
    return parcels;
  }

  private boolean fits(PendingRecord record, List<Parcel> parcels, long bytes) {
    if (parcels.isEmpty()) {
      return true;
    }
    return !travelsAlone(record) && bytes + sizeAlone(record) <= ProducerMachine.BYTES_PER_CALL_MAX;
  }

  /** Records that not every stream takes, and those whose call was refused before. */
  private static boolean travelsAlone(PendingRecord record) {
    return record.alone || sizeAlone(record) > ProducerMachine.COMMON_RECORD_BYTES_MAX;
  }

  /** At most so much when nothing rides with it. */
  private static int sizeAlone(PendingRecord record) {
    return record.entry.headers().isEmpty()
        ? record.bytes
        : AggregateWriter.ENVELOPE_BYTES + keyBytes(record) + record.packedBytesMax;
  }

  private static int keyBytes(PendingRecord record) {
    return record.bytes - record.entry.data().length;
  }

  private Parcel parcel(Queue queue, long room) {
    PendingRecord first = queue.take();
    var records = new ArrayList<PendingRecord>(1);
    records.add(first);
    int bytes = AggregateWriter.ENVELOPE_BYTES + keyBytes(first) + first.packedBytesMax;
    int most = (int) Math.min(settings.aggregateBytesMax(), room);
    if (settings.aggregation() != Aggregation.NONE && !travelsAlone(first)) {
      bytes = gather(queue, records, bytes, most);
    }
    enterLanes(records);
    boolean packed = records.size() > 1 || mustBePacked(first);
    Parcel parcel = new Parcel(records, queue.shard, packed, packed ? bytes : first.bytes);
    if (queue.rate != null) {
      queue.rate.take(parcel.bytes());
    }
    return parcel;
  }

  private int gather(Queue queue, List<PendingRecord> records, int begun, int most) {
    int bytes = followers(records.get(0), records, begun, most);
    boolean byShard = settings.aggregation() == Aggregation.BY_SHARD && queue.shard != null;
    while (byShard && !queue.ready.isEmpty()) {
      PendingRecord next = queue.ready.element();
      if (next.settled) {
        dropSettled(queue);
        continue;
      }
      if (travelsAlone(next) || bytes + next.packedBytesMax > most) {
        break;
      }
      queue.take();
      records.add(next);
      bytes = followers(next, records, bytes + next.packedBytesMax, most);
    }
    return bytes;
  }

  /** Those of its lane behind a record ride with it. */
  private static int followers(
      PendingRecord head, List<PendingRecord> records, int begun, int most) {
    int bytes = begun;
    if (head.lane == null) {
      return bytes;
    }
    PendingRecord next = head.nextInLane;
    while (next != null && !travelsAlone(next) && bytes + next.packedBytesMax <= most) {
      records.add(next);
      bytes += next.packedBytesMax;
      next = next.nextInLane;
    }
    return bytes;
  }

  private static void enterLanes(List<PendingRecord> records) {
    for (PendingRecord record : records) {
      record.underWay = true;
      Lane lane = record.lane;
      if (lane != null) {
        lane.underWay++;
      }
    }
  }

  /** Headers have no other place; and bytes that look like an aggregate would be taken apart. */
  private boolean mustBePacked(PendingRecord record) {
    return !record.entry.headers().isEmpty()
        || (settings.aggregation() != Aggregation.NONE
            && AggregateWriter.looksLikeOne(record.entry.data()));
  }
}
