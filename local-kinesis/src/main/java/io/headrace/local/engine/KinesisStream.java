package io.headrace.local.engine;

import io.headrace.local.log.LogFailure;
import io.headrace.local.log.StoredRecord;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
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

  private static final long TRY_AGAIN_MILLIS = 1_000;

  private final StreamKey key;
  private final long createdMillis;
  private final EngineSettings settings;
  private final StreamHome home;
  private final ShardMap shards;
  private final StreamConsumers consumers;
  private StreamOptions options;
  private Labels labels;
  private RecentChanges recent;
  private StreamStatus status;
  private @Nullable PendingChange pending;
  private final OnDemandScaling onDemand = new OnDemandScaling();
  private volatile StreamLoad load;
  private long expiredSecond;
  private boolean gone;
  private volatile long dueMillis;
  private long tryAgainMillis;

  /** The stream that a state describes: a new one, or one that was there before. */
  KinesisStream(StreamState state, EngineSettings settings, StreamHome home) {
    this.key = state.key();
    this.createdMillis = state.createdMillis();
    this.options = state.options();
    this.labels = state.labels();
    this.recent = state.recent();
    this.status = state.status();
    this.pending = state.pending();
    this.settings = settings;
    this.home = home;
    this.shards = new ShardMap(state, home.logs()::shard);
    this.consumers = new StreamConsumers(key, state.consumers(), settings.stateTimes());
    this.load = loadNow();
    refreshDue();
  }

  StreamKey key() {
    return key;
  }

  long createdMillis() {
    return createdMillis;
  }

  /** Makes a new stream, which is there from then on. */
  synchronized void make(long nowMillis) {
    finishDue(nowMillis);
    keep();
  }

  /** Leaves the stream's records and state to a next server. */
  synchronized void close() {
    home.logs().close();
  }

  /** Whether the stream is there at all at this time; a deleted one never comes back. */
  synchronized boolean exists(long nowMillis) {
    settle(nowMillis);
    return !gone;
  }

  /** Whether time alone has brought a change that the next call will finish; asks no monitor. */
  boolean isDue(long nowMillis) {
    return nowMillis >= dueMillis;
  }

  /** Finishes what is due and forgets what is past retention, as every other call does too. */
  synchronized void catchUp(long nowMillis) {
    settle(nowMillis);
  }

  /** All of the stream but its records. */
  synchronized StreamState state(long nowMillis) {
    settle(nowMillis);
    requireThere();
    return state();
  }

  private StreamState state() {
    return new StreamState(
        key,
        createdMillis,
        options,
        labels,
        recent,
        status,
        pending,
        shards.made(),
        shards.states(),
        consumers.states());
  }

  /** Begins what a request asks for. */
  synchronized Changed change(Plan.Maker maker, long nowMillis) {
    StreamState before = state(nowMillis);
    Plan plan = maker.of(before, nowMillis);
    recent = plan.recent();
    if (plan.change() != null) {
      begin(plan.change(), nowMillis);
    }
    keep();
    StreamOptions after =
        plan.change() instanceof Change.Update update ? update.options() : before.options();
    return new Changed(before, after);
  }

  /** Changes what is attached to the stream, which takes no time. */
  synchronized void label(UnaryOperator<Labels> change, long nowMillis) {
    state(nowMillis).requireActive();
    labels = change.apply(labels);
    keep();
  }

  synchronized StreamView view(long nowMillis) {
    settle(nowMillis);
    return new StreamView(
        key,
        status,
        options,
        Instant.ofEpochMilli(createdMillis),
        shards.openCount(),
        consumers.count(),
        null);
  }

  /** What the stream counts for in its account; asks no monitor. */
  StreamLoad load() {
    return load;
  }

  /**
   * Begins to go.
   *
   * @param withConsumers whether the registered consumers go too; else one is enough to refuse
   */
  synchronized void delete(boolean withConsumers, long nowMillis) {
    settle(nowMillis);
    requireThere();
    if (status == StreamStatus.DELETING) {
      return;
    }
    if (!withConsumers && consumers.count() > 0) {
      throw KinesisError.inUse(
          ("DeleteStream can't delete %s because there are consumers associated with this data"
                  + " stream. To delete %s anyway, set the EnforceConsumerDeletion parameter to true"
                  + " to force the deletion of all the consumers that are associated with it.")
              .formatted(key.arn(), key.name()));
    }
    consumers.beginToGo(nowMillis);
    begin(new Change.Delete(), nowMillis);
    keep();
  }

  synchronized List<ShardView> shards(ShardFilter filter, int afterIndex, long nowMillis) {
    settle(nowMillis);
    return shards.views(filter, afterIndex, nowMillis - options.retentionMillis());
  }

  synchronized List<PutOutcome> put(List<PutEntry> entries, PutFilter filter, long nowMillis) {
    settle(nowMillis);
    requireUsable();
    entries.forEach(this::requireAllowedSize);
    Put put = new Put(key, shards, consumers, settings.limits(), options.isEncrypted());
    List<PutOutcome> outcomes = put.all(entries, filter, nowMillis);
    consumers.tellWoken();
    return outcomes;
  }

  /** The shard that a record would go to; null when there is none. */
  synchronized @Nullable String shardFor(PutEntry entry, long nowMillis) {
    settle(nowMillis);
    return shards.openCount() == 0 ? null : shards.route(entry.hash()).id();
  }

  /** The seconds of the latest number that any shard can have given out; 0 without shards. */
  synchronized long lastSeconds(long nowMillis) {
    settle(nowMillis);
    return shards.lastSeconds();
  }

  synchronized String iterator(String shardId, StartFrom start, long nowMillis) {
    settle(nowMillis);
    Shard shard = shards.require(shardId);
    ShardLimits limits = limits(shard);
    if (limits != null && !limits.takeIterator(nowMillis)) {
      throw readTooFast(shard);
    }
    long position = Positions.of(start, shard, key, nowMillis);
    return new ShardIterator(nowMillis, createdMillis, shard.index(), position, key.name()).token();
  }

  synchronized RecordsRead read(ShardIterator iterator, int recordsMax, long nowMillis) {
    settle(nowMillis);
    requireUsable();
    Shard shard = shards.get(iterator.shardIndex());
    if (shard == null || iterator.streamCreatedMillis() != createdMillis) {
      throw shards.notThere(Shard.id(iterator.shardIndex()));
    }
    ShardLimits limits = limits(shard);
    if (limits != null && !limits.takeRead(nowMillis)) {
      throw readTooFast(shard);
    }
    List<StoredRecord> records = shard.log().read(iterator.position(), recordsMax, BYTES_READ_MAX);
    if (limits != null) {
      limits.countRead(records.stream().mapToLong(StoredRecord::payloadBytes).sum(), nowMillis);
    }
    long next = iterator.position();
    if (!records.isEmpty()) {
      next = records.get(records.size() - 1).order() + 1;
    }
    boolean more = shard.log().hasFrom(next);
    long behind = more ? Positions.behind(records, nowMillis) : 0;
    if (!more && !shard.isOpen()) {
      List<ChildShard> children = shard.children().stream().map(ChildShard::of).toList();
      return new RecordsRead(records, null, behind, children);
    }
    ShardIterator after =
        new ShardIterator(nowMillis, createdMillis, shard.index(), next, key.name());
    return new RecordsRead(records, after.token(), behind, List.of());
  }

  /** One step on the consumers, after everything that was due before it. */
  synchronized <T> T step(long nowMillis, Function<StreamConsumers, T> step) {
    settle(nowMillis);
    requireThere();
    T result = step.apply(consumers);
    keep();
    refreshDue();
    return result;
  }

  /** A step that changes nothing that would have to be kept. */
  synchronized <T> T push(long nowMillis, Function<StreamConsumers, T> step) {
    settle(nowMillis);
    return step.apply(consumers);
  }

  synchronized Subscription subscribe(
      ConsumerArn arn, String shardId, StartFrom start, long nowMillis) {
    settle(nowMillis);
    requireUsable();
    Consumer consumer = consumers.require(arn);
    if (consumer.status() != ConsumerStatus.ACTIVE) {
      throw arn.notActive();
    }
    Shard shard = shards.require(shardId);
    boolean inTime = consumer.takeCall(shard.index(), settings.limits(), nowMillis);
    long position = Positions.of(start, shard, key, nowMillis);
    Subscription present = consumer.subscription(shard.index());
    if (present != null && present.isUndisturbed(nowMillis)) {
      throw arn.alreadySubscribed(shard.id());
    }
    if (!inTime) {
      throw arn.callsTooFast(shard.id());
    }
    if (present != null) {
      present.fail(arn.alreadySubscribed(shard.id()));
    }
    RateLimit pace = settings.limits().fanOut();
    Subscription next = new Subscription(this, consumer, shard, position, pace, nowMillis);
    consumers.add(next);
    return next;
  }

  synchronized void split(String shardId, String newStart, long nowMillis) {
    StreamState state = state(nowMillis);
    state.requireProvisioned();
    Shard shard = shards.requireToChange(shardId);
    HashKey start = Resharding.newStart(newStart, shard, key);
    state.requireActive();
    Resharding.requireOpen(shard, key);
    begin(new Change.Split(shard.index(), start), nowMillis);
    keep();
  }

  synchronized void merge(String shardId, String adjacentShardId, long nowMillis) {
    StreamState state = state(nowMillis);
    state.requireProvisioned();
    Shard shard = shards.requireToChange(shardId);
    Shard adjacent = shards.requireToChange(adjacentShardId);
    Resharding.requireAdjacent(shard, adjacent, key);
    state.requireActive();
    Resharding.requireOpen(shard, key);
    Resharding.requireOpen(adjacent, key);
    begin(new Change.Merge(shard.index(), adjacent.index()), nowMillis);
    keep();
  }

  private void begin(Change change, long nowMillis) {
    status = change.meanwhile();
    pending = new PendingChange(change, nowMillis + settings.stateTimes().millis(status));
    load = loadNow();
    try {
      finishDue(nowMillis);
    } catch (LogFailure failure) {
      restore();
      throw KinesisError.of(failure);
    }
    refreshDue();
  }

  private void settle(long nowMillis) {
    if (isDue(nowMillis) && nowMillis >= tryAgainMillis) {
      try {
        finishDue(nowMillis);
        save();
      } catch (LogFailure failure) {
        // Time goes on without an answer to give; the state before stays, and can be read.
        restore();
        tryAgainMillis = nowMillis + TRY_AGAIN_MILLIS;
      }
    }
    // Once a second is enough, and a put into a thousand shards must not walk through all of them.
    if (nowMillis / 1000 != expiredSecond) {
      expiredSecond = nowMillis / 1000;
      shards.expire(nowMillis - options.retentionMillis());
    }
  }

  /** Keeps what a call has changed, or takes it back and throws. */
  private void keep() {
    try {
      save();
    } catch (LogFailure failure) {
      restore();
      throw KinesisError.of(failure);
    }
  }

  private void save() {
    if (!gone && home.keepsState() && isChanged()) {
      home.keep(state());
    }
  }

  private boolean isChanged() {
    StreamState last = home.kept();
    // Not all shards each time, of which there may be thousands: whatever closes one makes another.
    return last == null
        || !last.options().equals(options)
        || !last.labels().equals(labels)
        || !last.recent().equals(recent)
        || last.status() != status
        || !Objects.equals(last.pending(), pending)
        || last.shardsMade() != shards.made()
        || !last.consumers().equals(consumers.states());
  }

  private void restore() {
    StreamState last = home.kept();
    if (last != null) {
      options = last.options();
      labels = last.labels();
      recent = last.recent();
      status = last.status();
      pending = last.pending();
      shards.restore(last);
      consumers.restore(last.consumers());
      load = loadNow();
      refreshDue();
    }
  }

  private void finishDue(long nowMillis) {
    consumers.settle(nowMillis);
    PendingChange due = pending;
    if (due != null && nowMillis >= due.dueMillis()) {
      pending = null;
      status = StreamStatus.ACTIVE;
      finish(due.change(), due.dueMillis());
      load = loadNow();
      consumers.changed();
    }
    scaleOnDemand(nowMillis);
    refreshDue();
  }

  private void scaleOnDemand(long nowMillis) {
    if (!scalesOnDemand()) {
      onDemand.rest();
    } else if (onDemand.settle(shards, settings.shardsMax(), nowMillis)) {
      load = loadNow();
      consumers.changed();
    }
  }

  private boolean scalesOnDemand() {
    return options.mode() == StreamMode.ON_DEMAND && status == StreamStatus.ACTIVE && !gone;
  }

  private StreamLoad loadNow() {
    if (gone) {
      return new StreamLoad(StreamStatus.DELETING, options.mode(), 0, 0, options.recordKibMax());
    }
    PendingChange next = pending;
    int shardsThen = next == null ? 0 : next.change().shardsAfter(shards.openCount());
    return new StreamLoad(
        status,
        options.mode(),
        Math.max(shards.openCount(), shardsThen),
        next == null ? Long.MAX_VALUE : next.dueMillis(),
        options.recordKibMax());
  }

  private void finish(Change change, long atMillis) {
    if (change instanceof Change.Create create) {
      shards.create(create.shards(), atMillis);
    } else if (change instanceof Change.Split split) {
      shards.split(split, atMillis);
    } else if (change instanceof Change.Merge merge) {
      shards.merge(merge, atMillis);
    } else if (change instanceof Change.Update update) {
      // What the shorter of the two periods has no room for is gone, before and after.
      shards.expire(atMillis - options.retentionMillis());
      options = update.options();
      shards.expire(atMillis - options.retentionMillis());
      if (update.shards() != Change.AS_MANY) {
        shards.scale(update.shards(), atMillis);
      }
    } else {
      home.logs().delete();
      shards.clear();
      gone = true;
    }
  }

  private void requireAllowedSize(PutEntry entry) {
    int bytesMax = options.recordKibMax() * 1024;
    if (entry.bytes() > bytesMax) {
      throw KinesisError.invalidArgument(
          ("Partition key and data of a record are %d bytes together, "
                  + "and at most %d are allowed for %s.")
              .formatted(entry.bytes(), bytesMax, key.inSentence()));
    }
  }

  private @Nullable ShardLimits limits(Shard shard) {
    return settings.limits().isOff() ? null : shard.limits(settings.limits());
  }

  // The service has other words for readers than for writers.
  private KinesisError readTooFast(Shard shard) {
    return KinesisError.of(
        "ProvisionedThroughputExceededException",
        "Rate exceeded for Shard - %s/%s/%s".formatted(key.account(), key.name(), shard.id()));
  }

  // Whoever found this stream before it went must not touch what another one, made under the same
  // name since, keeps in its place.
  private void requireThere() {
    if (gone) {
      throw key.notFound();
    }
  }

  private void requireUsable() {
    if (gone || status == StreamStatus.CREATING || status == StreamStatus.DELETING) {
      throw key.notFound();
    }
  }

  /** Throws unless the stream is there for good. The caller has the monitor. */
  void requireMade() {
    if (status == StreamStatus.CREATING || status == StreamStatus.DELETING) {
      throw KinesisError.inUse(
          "Stream %s under account %s not ACTIVE, instead in state %s"
              .formatted(key.name(), key.account(), status));
    }
  }

  private void refreshDue() {
    PendingChange next = pending;
    long change = next == null ? Long.MAX_VALUE : next.dueMillis();
    long scaling = scalesOnDemand() ? onDemand.dueMillis() : Long.MAX_VALUE;
    dueMillis = Math.min(Math.min(change, scaling), consumers.dueMillis());
  }
}
