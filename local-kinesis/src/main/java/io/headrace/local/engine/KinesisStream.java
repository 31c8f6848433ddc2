package io.headrace.local.engine;

import io.headrace.local.log.MemoryBudget;
import io.headrace.local.log.MemoryShardLog;
import io.headrace.local.log.SequenceNumber;
import io.headrace.local.log.ShardLog;
import io.headrace.local.log.StoredRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One stream: its shards, its state, and who may change them. Its monitor makes every call a single
 * step, so that there is one writer at a time; all time comes in as an argument.
 *
 * <p>A change of state that takes time has no timer: every call first finishes what was due before
 * it.
 */
public final class KinesisStream {
  public static final int RECORDS_READ_MAX = 10_000;
  static final long BYTES_READ_MAX = 10L * 1024 * 1024;

  private static final Duration RETENTION = Duration.ofHours(24);
  // Neighbouring shards draw their order from one counter, so that a shard's numbers have gaps, as
  // at the service, and no client can lean on their being dense.
  private static final int SHARDS_PER_COUNTER = 5;

  private final StreamKey key;
  private final StreamMode mode;
  private final long createdMillis;
  private final EngineSettings settings;
  private final MemoryBudget budget;
  private final TreeMap<Integer, Shard> shards = new TreeMap<>();
  private final List<long[]> counters = new ArrayList<>();
  private Shard[] openByRange = {};
  private int shardsMade;
  private StreamStatus status = StreamStatus.ACTIVE;
  private long dueMillis;
  private @Nullable LongConsumer due;
  private long expiredSecond;
  private boolean gone;

  KinesisStream(
      StreamKey key,
      StreamMode mode,
      int shardCount,
      long nowMillis,
      EngineSettings settings,
      MemoryBudget budget) {
    this.key = key;
    this.mode = mode;
    this.createdMillis = nowMillis;
    this.settings = settings;
    this.budget = budget;
    change(
        StreamStatus.CREATING,
        nowMillis,
        at -> HashRange.evenly(shardCount).forEach(range -> addShard(range, null, null, at)));
  }

  StreamKey key() {
    return key;
  }

  long createdMillis() {
    return createdMillis;
  }

  /** Whether the stream is there at all at this time; a deleted one never comes back. */
  synchronized boolean exists(long nowMillis) {
    settle(nowMillis);
    return !gone;
  }

  /** Finishes what is due and forgets what is past retention, as every other call does too. */
  synchronized void catchUp(long nowMillis) {
    settle(nowMillis);
  }

  synchronized StreamView view(long nowMillis) {
    settle(nowMillis);
    return new StreamView(
        key,
        status,
        mode,
        Instant.ofEpochMilli(createdMillis),
        (int) RETENTION.toHours(),
        openByRange.length);
  }

  synchronized int openShards() {
    return openByRange.length;
  }

  synchronized void delete(long nowMillis) {
    settle(nowMillis);
    if (status != StreamStatus.DELETING) {
      change(StreamStatus.DELETING, nowMillis, at -> forgetAll());
    }
  }

  synchronized List<ShardView> shards(ShardFilter filter, int afterIndex, long nowMillis) {
    settle(nowMillis);
    long horizon = nowMillis - RETENTION.toMillis();
    List<ShardView> views = new ArrayList<>();
    for (Shard shard : shards.tailMap(afterIndex, false).values()) {
      if (shard.isOpenSince(horizon) && shows(filter, shard, horizon)) {
        views.add(shard.view());
      }
    }
    return views;
  }

  synchronized List<PutOutcome> put(List<PutEntry> entries, long nowMillis) {
    settle(nowMillis);
    requireUsable();
    List<PutOutcome> outcomes = new ArrayList<>(entries.size());
    for (PutEntry entry : entries) {
      outcomes.add(put(entry, nowMillis));
    }
    return outcomes;
  }

  synchronized String iterator(String shardId, StartFrom start, long nowMillis) {
    settle(nowMillis);
    Shard shard = shards.get(Shard.indexOf(shardId));
    if (shard == null) {
      throw shardNotThere(shardId);
    }
    return new ShardIterator(
            nowMillis, createdMillis, shard.index(), position(shard, start, nowMillis), key.name())
        .token();
  }

  synchronized RecordsRead read(ShardIterator iterator, int recordsMax, long nowMillis) {
    settle(nowMillis);
    requireUsable();
    Shard shard = shards.get(iterator.shardIndex());
    if (shard == null || iterator.streamCreatedMillis() != createdMillis) {
      throw shardNotThere(Shard.id(iterator.shardIndex()));
    }
    List<StoredRecord> records = shard.log().read(iterator.position(), recordsMax, BYTES_READ_MAX);
    long next = iterator.position();
    if (!records.isEmpty()) {
      next = records.get(records.size() - 1).order() + 1;
    }
    boolean more = shard.log().hasFrom(next);
    long behind = more ? behind(records, nowMillis) : 0;
    if (!more && !shard.isOpen()) {
      List<ChildShard> children = shard.children().stream().map(ChildShard::of).toList();
      return new RecordsRead(records, null, behind, children);
    }
    ShardIterator after =
        new ShardIterator(nowMillis, createdMillis, shard.index(), next, key.name());
    return new RecordsRead(records, after.token(), behind, List.of());
  }

  synchronized void split(String shardId, String newStart, long nowMillis) {
    settle(nowMillis);
    requireProvisioned("SplitShard");
    Shard shard = shardToChange(shardId);
    HashKey start = newStart(newStart, shard);
    requireActive();
    requireOpen(shard);
    change(
        StreamStatus.UPDATING,
        nowMillis,
        at -> {
          shard.close(at);
          addShard(new HashRange(shard.range().start(), start.previous()), shard, null, at);
          addShard(new HashRange(start, shard.range().end()), shard, null, at);
        });
  }

  synchronized void merge(String shardId, String adjacentShardId, long nowMillis) {
    settle(nowMillis);
    requireProvisioned("MergeShards");
    Shard shard = shardToChange(shardId);
    Shard adjacent = shardToChange(adjacentShardId);
    if (!shard.range().meets(adjacent.range())) {
      throw KinesisError.invalidArgument(
          "Shards %s and %s in %s are not an adjacent pair of shards eligible for merging"
              .formatted(shard.id(), adjacent.id(), key.inSentence()));
    }
    requireActive();
    requireOpen(shard);
    requireOpen(adjacent);
    change(
        StreamStatus.UPDATING,
        nowMillis,
        at -> {
          shard.close(at);
          adjacent.close(at);
          HashRange range = new HashRange(shard.range().start(), adjacent.range().end());
          addShard(range, shard, adjacent, at);
        });
  }

  private void change(StreamStatus meanwhile, long nowMillis, LongConsumer action) {
    status = meanwhile;
    due = action;
    dueMillis = nowMillis + settings.stateChangeTakes().toMillis();
    settle(nowMillis);
  }

  private void settle(long nowMillis) {
    LongConsumer action = due;
    if (action != null && nowMillis >= dueMillis) {
      due = null;
      status = StreamStatus.ACTIVE;
      action.accept(dueMillis);
    }
    // Once a second is enough, and a put into a thousand shards must not walk through all of them.
    if (nowMillis / 1000 != expiredSecond) {
      expiredSecond = nowMillis / 1000;
      expire(nowMillis - RETENTION.toMillis());
    }
  }

  private void expire(long horizon) {
    for (Shard shard : List.copyOf(shards.values())) {
      shard.log().trimBefore(horizon);
      if (!shard.isOpenSince(horizon)) {
        shard.log().clear();
        shards.remove(shard.index());
      }
    }
  }

  private void addShard(
      HashRange range, @Nullable Shard parent, @Nullable Shard adjacent, long nowMillis) {
    int index = shardsMade++;
    if (index / SHARDS_PER_COUNTER == counters.size()) {
      counters.add(new long[1]);
    }
    ShardLog log = new MemoryShardLog(budget);
    shards.put(index, new Shard(index, range, parent, adjacent, nowMillis, log));
    openByRange =
        shards.values().stream()
            .filter(Shard::isOpen)
            .sorted((a, b) -> a.range().start().compareTo(b.range().start()))
            .toArray(Shard[]::new);
  }

  private void forgetAll() {
    shards.values().forEach(shard -> shard.log().clear());
    shards.clear();
    openByRange = new Shard[0];
    gone = true;
  }

  private PutOutcome put(PutEntry entry, long nowMillis) {
    Shard shard = shardFor(entry.hash());
    long order = ++counters.get(shard.index() / SHARDS_PER_COUNTER)[0];
    SequenceNumber number = shard.append(entry, order, nowMillis);
    if (number == null) {
      return new PutOutcome.Refused(
          "InternalFailure",
          "The local server holds %d bytes of records, and its limit memoryBytesMax is %d."
              .formatted(budget.bytes(), budget.bytesMax()));
    }
    return new PutOutcome.Stored(shard.id(), number);
  }

  private Shard shardFor(HashKey hash) {
    int low = 0;
    int high = openByRange.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (openByRange[middle].range().start().compareTo(hash) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return openByRange[low];
  }

  private static boolean shows(ShardFilter filter, Shard shard, long horizon) {
    if (filter instanceof ShardFilter.AtLatest) {
      return shard.isOpen();
    }
    if (filter instanceof ShardFilter.AtTrimHorizon) {
      return isRoot(shard, horizon);
    }
    if (filter instanceof ShardFilter.AfterShard after) {
      return shard.index() > after.index();
    }
    if (filter instanceof ShardFilter.FromTime from) {
      return shard.isOpenSince(from.millis());
    }
    if (filter instanceof ShardFilter.AtTime at) {
      // At a time before the stream, or before its oldest record, the shards that come first.
      boolean begun = shard.createdMillis() <= at.millis() || isRoot(shard, horizon);
      return begun && shard.isOpenSince(at.millis());
    }
    return true;
  }

  private static boolean isRoot(Shard shard, long horizon) {
    Shard parent = shard.parent();
    Shard adjacent = shard.adjacentParent();
    return (parent == null || !parent.isOpenSince(horizon))
        && (adjacent == null || !adjacent.isOpenSince(horizon));
  }

  private static long behind(List<StoredRecord> records, long nowMillis) {
    // Not 0, which says that there is nothing left to read.
    return Math.max(1, nowMillis - records.get(records.size() - 1).arrivalMillis());
  }

  private long position(Shard shard, StartFrom start, long nowMillis) {
    if (start instanceof StartFrom.TrimHorizon) {
      return 0;
    }
    if (start instanceof StartFrom.Latest) {
      return shard.log().end();
    }
    if (start instanceof StartFrom.At at) {
      return order(shard, at.number());
    }
    if (start instanceof StartFrom.After after) {
      long order = order(shard, after.number());
      return order == SequenceNumber.ORDER_MAX ? order : order + 1;
    }
    long millis = ((StartFrom.Time) start).millis();
    if (millis > nowMillis) {
      throw KinesisError.invalidArgument(
          ("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
                  + "timestampInMillis: %d, currentTimestampInMillis: %d")
              .formatted(millis, nowMillis));
    }
    return shard.log().positionAt(millis);
  }

  private long order(Shard shard, String number) {
    String use =
        "StartingSequenceNumber %s used in GetShardIterator on shard %s in %s is invalid"
            .formatted(number, shard.id(), key.inSentence());
    SequenceNumber parsed =
        SequenceNumber.parse(number).orElseThrow(() -> KinesisError.invalidArgument(use + "."));
    if (parsed.shardIndex() != shard.index()) {
      throw KinesisError.invalidArgument(
          ("Invalid StartingSequenceNumber. It encodes %s, "
                  + "while it was used in a call to a shard with %s")
              .formatted(Shard.id(parsed.shardIndex()), shard.id()));
    }
    if (parsed.shardCreatedSeconds() != shard.start().shardCreatedSeconds()) {
      throw KinesisError.invalidArgument(use + " because it did not come from this stream.");
    }
    return parsed.order();
  }

  private HashKey newStart(String decimal, Shard shard) {
    HashRange range = shard.range();
    try {
      HashKey start = HashKey.parse(decimal);
      boolean above = start.number().subtract(range.start().number()).signum() > 0;
      if (above && !start.previous().equals(range.start()) && start.compareTo(range.end()) < 0) {
        return start;
      }
    } catch (IllegalArgumentException e) {
      // A number beyond the ring gets the same answer as one outside the shard, below.
    }
    throw KinesisError.invalidArgument(
        ("NewStartingHashKey %s used in SplitShard() on shard %s in %s is not both greater than "
                + "one plus the shard's StartingHashKey %s and less than the shard's "
                + "EndingHashKey %s.")
            .formatted(decimal, shard.id(), key.inSentence(), range.start(), range.end()));
  }

  private Shard shardToChange(String shardId) {
    int index = Shard.indexOf(shardId);
    Shard shard = shards.get(index);
    if (shard == null) {
      throw KinesisError.notFound(
          "Could not find shard %s in %s."
              .formatted(index < 0 ? shardId : Shard.id(index), key.inSentence()));
    }
    return shard;
  }

  private KinesisError shardNotThere(String shardId) {
    int index = Shard.indexOf(shardId);
    return index < 0
        ? KinesisError.notFound(
            "Could not find shard %s in %s.".formatted(shardId, key.inSentence()))
        : KinesisError.notFound(
            "Shard %s in %s does not exist".formatted(Shard.id(index), key.inSentence()));
  }

  private void requireUsable() {
    if (gone || status == StreamStatus.CREATING || status == StreamStatus.DELETING) {
      throw key.notFound();
    }
  }

  private void requireActive() {
    if (status != StreamStatus.ACTIVE) {
      throw KinesisError.inUse(
          "Stream %s under account %s not ACTIVE, instead in state %s"
              .formatted(key.name(), key.account(), status));
    }
  }

  private void requireOpen(Shard shard) {
    if (!shard.isOpen()) {
      throw KinesisError.invalidArgument(
          ("Shard %s in %s has already been merged or split, "
                  + "and thus is not eligible for merging or splitting.")
              .formatted(shard.id(), key.inSentence()));
    }
  }

  private void requireProvisioned(String action) {
    if (mode != StreamMode.PROVISIONED) {
      throw KinesisError.validation(
          "Request is invalid. %s is only for streams in PROVISIONED mode, and %s is in %s mode."
              .formatted(action, key.inSentence(), mode));
    }
  }
}
