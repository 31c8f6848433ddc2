package io.headrace.local.engine;

import io.headrace.local.log.LogStore;
import io.headrace.local.log.MemoryStore;
import io.headrace.local.log.OldSequenceNumber;
import io.headrace.local.log.SequenceNumber;
import io.headrace.local.log.StoredRecord;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The streams of all accounts and regions, and what can be done to them. It knows neither the wire
 * nor threads nor timers: the clock comes in, and the same calls at the same times give the same
 * answers. Any thread may call; the calls on one stream happen one after another.
 *
 * <p>Every call may throw {@link KinesisError}, which is the answer to give.
 */
public final class Engine {
  private static final int SHARDS_LISTED_MAX = 1000;

  private final InstantSource clock;
  private final EngineSettings settings;
  private final Shelf shelf;
  private final ConcurrentMap<StreamKey, KinesisStream> streams = new ConcurrentHashMap<>();
  private final Object creation = new Object();
  private final @Nullable CallLimits callLimits;
  private final FanOut fanOut;
  private final Capacity capacity;

  /** An engine that keeps everything on the heap. */
  public Engine(InstantSource clock, EngineSettings settings) {
    this(clock, settings, new MemoryStore(settings.memoryBytesMax()), StateFormat.NONE);
  }

  /** An engine with the streams that the store has kept; streams that are damaged answer so. */
  public Engine(InstantSource clock, EngineSettings settings, LogStore store, StateFormat format) {
    this.clock = clock;
    this.settings = settings;
    this.shelf = new Shelf(store, format);
    shelf.find(settings, clock.millis()).forEach(stream -> streams.put(stream.key(), stream));
    this.fanOut = new FanOut(clock, this::stream);
    this.callLimits = settings.limits().isOff() ? null : new CallLimits(settings.limits());
    this.capacity = new Capacity(this, settings);
  }

  /** What accounts may have, and how streams are scaled. */
  public Capacity capacity() {
    return capacity;
  }

  long now() {
    return clock.millis();
  }

  int recordKibMax(StreamKey key) {
    KinesisStream stream = streams.get(key);
    if (stream == null) {
      return StreamOptions.RECORD_KIB_LIMIT;
    }
    if (stream.isDue(clock.millis())) {
      stream.catchUp(clock.millis());
    }
    return stream.load().recordKibMax();
  }

  Collection<KinesisStream> streams() {
    return streams.values();
  }

  /** Leaves everything to a next server; no call may come after this one. */
  public void close() {
    streams.values().forEach(KinesisStream::close);
    shelf.store().close();
  }

  /** Does what time alone asks for; called every second or so where records outlive the process. */
  public void tick() {
    long now = clock.millis();
    streams.values().forEach(stream -> stream.catchUp(now));
    shelf.store().tick();
  }

  /**
   * When everything that was answered so far outlives a loss of power; null when answers need not
   * wait for that. It fails with {@link io.headrace.local.log.LogFailure}.
   */
  public @Nullable CompletionStage<@Nullable Void> safe() {
    return shelf.store().safe();
  }

  /** Whether calls are counted at all, so that {@link #countCall} has something to do. */
  public boolean countsCalls() {
    return callLimits != null;
  }

  /** Refuses a call that comes too soon after others; the stream is null when it names none. */
  public void countCall(String action, Caller caller, @Nullable String stream) {
    CallLimits limits = callLimits;
    if (limits != null) {
      limits.require(action, caller, stream, clock.millis());
    }
  }

  public void createStream(StreamKey key, StreamMode mode, int shardCount) {
    createStream(new NewStream(key, StreamOptions.of(mode), shardCount, Labels.NONE));
  }

  public void createStream(NewStream wanted) {
    long now = clock.millis();
    StreamKey key = wanted.key();
    Tags.add(Map.of(), wanted.labels().tags(), key.inSentence());
    // One creation at a time, or two could pass the limit on shards together.
    synchronized (creation) {
      KinesisStream present = present(key);
      if (present != null && present.exists(now)) {
        throw KinesisError.inUse(
            "Stream %s under account %s already exists.".formatted(key.name(), key.account()));
      }
      capacity.requireRoomFor(wanted, now);
      long takes = settings.stateTimes().millis(StreamStatus.CREATING);
      StreamState state = StreamState.creating(wanted, now, takes);
      KinesisStream created = new KinesisStream(state, settings, shelf.place(key));
      created.make(now);
      streams.put(key, created);
    }
  }

  /** Registered consumers and their subscriptions. */
  public FanOut fanOut() {
    return fanOut;
  }

  /** Deletes a stream; one with registered consumers only when these may go with it. */
  public void deleteStream(StreamKey key, boolean withConsumers) {
    long now = clock.millis();
    KinesisStream stream = stream(key, now);
    stream.delete(withConsumers, now);
    if (!stream.exists(now)) {
      streams.remove(key, stream);
    }
  }

  public boolean hasStream(StreamKey key) {
    KinesisStream stream = present(key);
    return stream != null && stream.exists(clock.millis());
  }

  public StreamView describe(StreamKey key) {
    long now = clock.millis();
    return capacity.withWarmth(stream(key, now).view(now), now);
  }

  public StreamDescription describe(StreamKey key, int afterIndex, int shardsMax) {
    long now = clock.millis();
    KinesisStream stream = stream(key, now);
    List<ShardView> shards = stream.shards(new ShardFilter.FromTrimHorizon(), afterIndex, now);
    boolean more = shards.size() > shardsMax;
    return new StreamDescription(
        stream.view(now), more ? shards.subList(0, shardsMax) : shards, more);
  }

  public StreamPage listStreams(Caller caller, String afterName, int streamsMax) {
    long now = clock.millis();
    List<StreamView> found = new ArrayList<>();
    for (KinesisStream stream : streams.values()) {
      StreamKey key = stream.key();
      boolean theirs =
          key.account().equals(caller.account()) && key.region().equals(caller.region());
      if (theirs && key.name().compareTo(afterName) > 0 && stream.exists(now)) {
        found.add(stream.view(now));
      }
    }
    found.sort((a, b) -> a.key().name().compareTo(b.key().name()));
    if (found.size() <= streamsMax) {
      return new StreamPage(found, null);
    }
    List<StreamView> page = found.subList(0, streamsMax);
    return new StreamPage(page, StreamListToken.of(page.get(streamsMax - 1).key().name()));
  }

  public ShardPage listShards(StreamKey key, ShardFilter filter, int afterIndex, int shardsMax) {
    long now = clock.millis();
    return page(stream(key, now), filter, afterIndex, shardsMax, now);
  }

  public ShardPage listMoreShards(Caller caller, String token, int shardsMax) {
    long now = clock.millis();
    ShardListToken last = ShardListToken.parse(token, now);
    StreamKey key = new StreamKey(caller.account(), caller.region(), last.streamName());
    KinesisStream stream = stream(key, now);
    if (stream.createdMillis() != last.streamCreatedMillis()) {
      throw key.notFound();
    }
    return page(stream, last.filter(), last.lastIndex(), shardsMax, now);
  }

  public List<PutOutcome> put(StreamKey key, List<PutEntry> entries) {
    return put(key, entries, PutFilter.NONE);
  }

  public List<PutOutcome> put(StreamKey key, List<PutEntry> entries, PutFilter filter) {
    long now = clock.millis();
    KinesisStream stream = stream(key, now);
    long wanted = entries.stream().mapToLong(entry -> StoredRecord.heapBytes(entry.bytes())).sum();
    if (!shelf.store().budget().hasRoomFor(wanted)) {
      // A stream that nobody calls forgets nothing by itself, and its records may be past
      // retention.
      streams.values().forEach(each -> each.catchUp(now));
    }
    return stream.put(entries, filter, now);
  }

  /** The shard that a record would go to now; null when there is none. */
  public @Nullable String shardFor(StreamKey key, PutEntry entry) {
    long now = clock.millis();
    KinesisStream stream = streams.get(key);
    return stream == null ? null : stream.shardFor(entry, now);
  }

  /**
   * Refuses a number for ordering that no shard could have given out by now. The order of records
   * in a shard is that of their puts anyway, so that nothing else comes of it.
   */
  public void requireOrdering(StreamKey key, String number) {
    long seconds =
        SequenceNumber.parse(number)
            .map(SequenceNumber::seconds)
            .or(() -> OldSequenceNumber.parse(number).map(OldSequenceNumber::seconds))
            .orElse(Long.MAX_VALUE);
    long now = clock.millis();
    KinesisStream stream = streams.get(key);
    // The numbers of new children are ahead of the clock, and all are after it was set back.
    boolean isAhead = seconds > now / 1000;
    if (isAhead && (stream == null || seconds > stream.lastSeconds(now))) {
      throw KinesisError.invalidArgument(
          "ExclusiveMinimumSequenceNumber %s used in PutRecord on %s is invalid."
              .formatted(OldSequenceNumber.inSentence(number), key.inSentence()));
    }
  }

  public String shardIterator(StreamKey key, String shardId, StartFrom start) {
    long now = clock.millis();
    Shard.requireName(shardId, key);
    KinesisStream stream = present(key);
    if (stream == null || !stream.exists(now)) {
      throw noShard(Shard.id(Shard.indexOf(shardId)), key);
    }
    return stream.iterator(shardId, start, now);
  }

  /** Where a shard iterator points. */
  public record Place(String stream, String shard) {}

  /** What a shard iterator is for, whether or not that is there. */
  public static Place placeOf(String iteratorToken) {
    ShardIterator iterator = ShardIterator.parse(iteratorToken);
    return new Place(iterator.streamName(), Shard.id(iterator.shardIndex()));
  }

  public RecordsRead read(Caller owner, String iteratorToken, int recordsMax) {
    long now = clock.millis();
    ShardIterator iterator = ShardIterator.parse(iteratorToken);
    iterator.requireFresh(now);
    StreamKey key = new StreamKey(owner.account(), owner.region(), iterator.streamName());
    KinesisStream stream = present(key);
    if (stream == null || !stream.exists(now)) {
      throw noShard(Shard.id(iterator.shardIndex()), key);
    }
    return stream.read(iterator, Math.min(recordsMax, KinesisStream.RECORDS_READ_MAX), now);
  }

  public void splitShard(StreamKey key, String shardId, String newStartingHashKey) {
    long now = clock.millis();
    Shard.requireName(shardId, key);
    KinesisStream stream = stream(key, now);
    capacity.requireRoomForShards(key, 1, now);
    stream.split(shardId, newStartingHashKey, now);
  }

  public void mergeShards(StreamKey key, String shardId, String adjacentShardId) {
    long now = clock.millis();
    Shard.requireName(shardId, key);
    Shard.requireName(adjacentShardId, key);
    stream(key, now).merge(shardId, adjacentShardId, now);
  }

  public Totals totals() {
    long now = clock.millis();
    int present = 0;
    int openShards = 0;
    int subscriptions = 0;
    for (KinesisStream stream : streams.values()) {
      if (stream.exists(now)) {
        present++;
        openShards += stream.load().shards();
        subscriptions += stream.push(now, StreamConsumers::subscriptions);
      }
    }
    return new Totals(
        present,
        openShards,
        subscriptions,
        shelf.store().budget().bytes(),
        shelf.store().budget().bytesMax());
  }

  public void increaseRetention(StreamKey key, int hours) {
    change(key, (state, now) -> Retention.increase(state, hours));
  }

  public void decreaseRetention(StreamKey key, int hours) {
    change(key, (state, now) -> Retention.decrease(state, hours));
  }

  public void startEncryption(StreamKey key, String type, String keyId) {
    change(key, (state, now) -> Encryption.start(state, type, keyId, now));
  }

  public void stopEncryption(StreamKey key, String type, String keyId) {
    change(key, (state, now) -> Encryption.stop(state, type, keyId, now));
  }

  public Changed enableMetrics(StreamKey key, Set<ShardMetric> metrics) {
    return change(key, (state, now) -> Monitoring.enable(state, metrics));
  }

  public Changed disableMetrics(StreamKey key, Set<ShardMetric> metrics) {
    return change(key, (state, now) -> Monitoring.disable(state, metrics));
  }

  public SortedMap<String, String> tags(Resource resource) {
    return labels(resource).tags();
  }

  /** The resource policy as it was put; null when there is none. */
  public @Nullable String policy(Resource resource) {
    return labels(resource).policy();
  }

  public void putPolicy(Resource resource, String policy) {
    label(resource, labels -> labels.withPolicy(policy));
  }

  public void deletePolicy(Resource resource) {
    label(
        resource,
        labels -> {
          if (labels.policy() == null) {
            throw KinesisError.notFound(
                "No resource policy found for resource ARN %s.".formatted(resource.arnText()));
          }
          return labels.withPolicy(null);
        });
  }

  public void addTags(Resource resource, Map<String, String> tags) {
    label(
        resource, labels -> labels.withTags(Tags.add(labels.tags(), tags, resource.inSentence())));
  }

  public void removeTags(Resource resource, Collection<String> tagKeys) {
    label(
        resource,
        labels -> labels.withTags(Tags.remove(labels.tags(), tagKeys, resource.inSentence())));
  }

  /** The bytes of heap that the records hold. */
  long recordBytes() {
    return shelf.store().budget().bytes();
  }

  private Changed change(StreamKey key, Plan.Maker maker) {
    long now = clock.millis();
    return stream(key, now).change(maker, now);
  }

  private Labels labels(Resource resource) {
    if (resource instanceof Resource.OfConsumer consumer) {
      return fanOut.labels(consumer.arn());
    }
    long now = clock.millis();
    return stream(((Resource.OfStream) resource).key(), now).state(now).labels();
  }

  private void label(Resource resource, UnaryOperator<Labels> change) {
    if (resource instanceof Resource.OfConsumer consumer) {
      fanOut.label(consumer.arn(), change);
    } else {
      long now = clock.millis();
      stream(((Resource.OfStream) resource).key(), now).label(change, now);
    }
  }

  private @Nullable KinesisStream present(StreamKey key) {
    KinesisStream stream = streams.get(key);
    if (stream == null) {
      shelf.requireUsable(key);
    }
    return stream;
  }

  KinesisStream stream(StreamKey key, long now) {
    KinesisStream stream = present(key);
    if (stream == null) {
      throw key.notFound();
    }
    if (!stream.exists(now)) {
      streams.remove(key, stream);
      throw key.notFound();
    }
    return stream;
  }

  private ShardPage page(
      KinesisStream stream, ShardFilter filter, int afterIndex, int shardsMax, long now) {
    List<ShardView> shards = stream.shards(filter, afterIndex, now);
    int size = Math.min(shardsMax, SHARDS_LISTED_MAX);
    if (shards.size() <= size) {
      return new ShardPage(shards, null);
    }
    int last = Shard.indexOf(shards.get(size - 1).id());
    ShardListToken next =
        new ShardListToken(now, stream.createdMillis(), last, filter, stream.key().name());
    return new ShardPage(shards.subList(0, size), next.token());
  }

  private static KinesisError noShard(String shardId, StreamKey key) {
    return KinesisError.notFound(
        "Shard %s in %s does not exist".formatted(shardId, key.inSentence()));
  }
}
