package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A stream that lives in this process, for tests and harnesses: shards by hash range, splits and
 * merges, trimming, waits at the tip. Numbers rise through the whole stream, so a child's are above
 * its parents'. Any thread may call; time is the loop's.
 */
public final class InMemoryStream implements ShardedStream {
  private final String name;
  private final EventLoop loop;
  private final StreamId id;
  private final Map<ShardId, InMemoryShard> shards = new LinkedHashMap<>();
  private volatile @Nullable Duration retention;
  private long lastSequence;

  /**
   * Makes a stream whose shards divide the hash range evenly.
   *
   * @param shardCount at least 1
   */
  public InMemoryStream(String name, int shardCount, EventLoop loop) {
    if (shardCount < 1) {
      throw new IllegalArgumentException("shardCount " + shardCount + ": must be at least 1");
    }
    this.name = name;
    this.loop = loop;
    id = new StreamId(name, loop.now());
    var keys = HashRange.ALL.last().add(BigInteger.ONE);
    for (int i = 0; i < shardCount; i++) {
      add(List.of(), new HashRange(share(keys, i, shardCount), last(keys, i, shardCount)));
    }
  }

  private static BigInteger share(BigInteger keys, int part, int parts) {
    return keys.multiply(BigInteger.valueOf(part)).divide(BigInteger.valueOf(parts));
  }

  private static BigInteger last(BigInteger keys, int part, int parts) {
    return share(keys, part + 1, parts).subtract(BigInteger.ONE);
  }

  @Override
  public String name() {
    return name;
  }

  /** Says from now on that it keeps records for so long; it forgets none by itself. */
  public InMemoryStream retaining(Duration said) {
    retention = said;
    return this;
  }

  @Override
  public CompletionStage<Optional<Duration>> retention() {
    return CompletableFuture.completedStage(Optional.ofNullable(retention));
  }

  /** What {@link #identify} answers. */
  public StreamId id() {
    return id;
  }

  @Override
  public CompletionStage<StreamId> identify() {
    return CompletableFuture.completedFuture(id);
  }

  @Override
  public CompletionStage<List<Shard>> shards() {
    return CompletableFuture.completedFuture(shardsNow());
  }

  /** What {@link #shards} answers: every shard, parents before children. */
  public synchronized List<Shard> shardsNow() {
    return shards.values().stream().map(shard -> shard.description).toList();
  }

  /** The shards that take records. */
  public synchronized List<Shard> openShards() {
    return shards.values().stream()
        .filter(InMemoryShard::isOpen)
        .map(shard -> shard.description)
        .toList();
  }

  /** Writes a record that arrives now. */
  public Position put(String partitionKey, byte[] data) {
    return put(partitionKey, data, loop.now());
  }

  /** Writes a record with a time of arrival of the caller's choice. */
  public Position put(String partitionKey, byte[] data, Instant arrivedAt) {
    return store(new StreamSink.Entry(partitionKey, data), arrivedAt).position();
  }

  /**
   * Writes records that arrive together, so that a reader that waits finds all of them in one
   * fetch.
   *
   * @return their positions, in their order
   */
  public List<Position> putTogether(List<StreamSink.Entry> entries, Instant arrivedAt) {
    var positions = new ArrayList<Position>(entries.size());
    var answers = new ArrayList<Runnable>();
    synchronized (this) {
      var shards = new LinkedHashSet<InMemoryShard>();
      for (var entry : entries) {
        var shard = openShardOf(HashRange.hashOf(entry.partitionKey()));
        positions.add(shard.add(entry, Position.of(++lastSequence), arrivedAt));
        shards.add(shard);
      }
      shards.forEach(shard -> answers.addAll(shard.answerWaiting(loop.now())));
    }
    answers.forEach(Runnable::run);
    return positions;
  }

  /**
   * Writes one record that holds several, as a producer that aggregates does: they share a sequence
   * number and lie in the shard of the first one's key, those whose keys belong elsewhere too.
   *
   * @param parts at least one
   * @return the positions of the parts, in their order
   */
  public List<Position> putAggregated(List<StreamSink.Entry> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("parts: an aggregate holds at least one record");
    }
    var now = loop.now();
    var hash = HashRange.hashOf(parts.get(0).partitionKey());
    var positions = new ArrayList<Position>(parts.size());
    List<Runnable> answers;
    synchronized (this) {
      var shard = openShardOf(hash);
      var sequence = SequenceNumber.of(++lastSequence);
      for (var part : parts) {
        var key = part.partitionKey();
        var position = new Position(sequence, positions.size());
        boolean misrouted = !shard.description.range().holds(key);
        shard.records.add(
            new StreamRecord(
                position,
                PartitionKey.of(key),
                now,
                Payload.of(part.data()),
                part.headers(),
                misrouted));
        positions.add(position);
      }
      answers = shard.answerWaiting(now);
    }
    answers.forEach(Runnable::run);
    return positions;
  }

  /** Divides a shard in the middle of its hash range; answers the children. */
  public List<Shard> split(ShardId parent) {
    List<Runnable> answers;
    List<Shard> children;
    synchronized (this) {
      var shard = openShard(parent);
      var range = shard.description.range();
      if (range.first().equals(range.last())) {
        throw new IllegalArgumentException("shard " + parent + " has a single hash key");
      }
      var middle = range.first().add(range.last()).shiftRight(1);
      children =
          List.of(
              add(List.of(parent), new HashRange(range.first(), middle)),
              add(List.of(parent), new HashRange(middle.add(BigInteger.ONE), range.last())));
      answers = shard.end(children, loop.now());
    }
    answers.forEach(Runnable::run);
    return children;
  }

  /** Joins two neighbours; answers the child. */
  public Shard merge(ShardId left, ShardId right) {
    var answers = new ArrayList<Runnable>();
    Shard child;
    synchronized (this) {
      var a = openShard(left);
      var b = openShard(right);
      var first = a.description.range().first().min(b.description.range().first());
      var last = a.description.range().last().max(b.description.range().last());
      var together = width(a.description.range()).add(width(b.description.range()));
      if (left.equals(right) || !width(new HashRange(first, last)).equals(together)) {
        throw new IllegalArgumentException(left + " and " + right + " are not neighbours");
      }
      child = add(List.of(left, right), new HashRange(first, last));
      answers.addAll(a.end(List.of(child), loop.now()));
      answers.addAll(b.end(List.of(child), loop.now()));
    }
    answers.forEach(Runnable::run);
    return child;
  }

  /** Forgets the shard's records up to and including {@code through}, as retention does. */
  public synchronized void trim(ShardId shard, Position through) {
    find(shard).trim(through);
  }

  /** The records of a shard that are not trimmed. */
  public synchronized List<StreamRecord> recordsOf(ShardId shard) {
    return List.copyOf(find(shard).records);
  }

  /** Writes to this stream. */
  public StreamSink sink() {
    return new Sink();
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from) {
    return new Cursor(shard.id(), from);
  }

  /** Keeps everything: a stream outlives those who read it. */
  @Override
  public void close() {}

  private StreamSink.Stored store(StreamSink.Entry entry, Instant arrivedAt) {
    var hash = HashRange.hashOf(entry.partitionKey());
    List<Runnable> answers;
    StreamSink.Stored stored;
    synchronized (this) {
      var shard = openShardOf(hash);
      var position = shard.add(entry, Position.of(++lastSequence), arrivedAt);
      stored = new StreamSink.Stored(shard.description.id(), position);
      answers = shard.answerWaiting(loop.now());
    }
    answers.forEach(Runnable::run);
    return stored;
  }

  private static BigInteger width(HashRange range) {
    return range.last().subtract(range.first()).add(BigInteger.ONE);
  }

  private Shard add(List<ShardId> parents, HashRange range) {
    var shard =
        new Shard(new ShardId(String.format("shardId-%012d", shards.size())), parents, range);
    shards.put(shard.id(), new InMemoryShard(shard));
    return shard;
  }

  private InMemoryShard openShardOf(BigInteger hash) {
    return shards.values().stream()
        .filter(shard -> shard.isOpen() && shard.description.range().holds(hash))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the open shards hold every hash key"));
  }

  private InMemoryShard openShard(ShardId shard) {
    var found = find(shard);
    if (!found.isOpen()) {
      throw new IllegalArgumentException("shard " + shard + " of stream " + name + " is closed");
    }
    return found;
  }

  private InMemoryShard find(ShardId shard) {
    var found = shards.get(shard);
    if (found == null) {
      throw new StreamException(
          StreamException.Kind.NOT_FOUND,
          "stream " + name + " has no shard " + shard + ": list its shards again");
    }
    return found;
  }

  private final class Cursor implements ShardCursor {
    private final ShardId shard;
    private final InMemoryShard.Place place;
    private @Nullable CompletableFuture<Fetched> outstanding;

    Cursor(ShardId shard, StartingPosition from) {
      this.shard = shard;
      place = new InMemoryShard.Place(from);
    }

    @Override
    public CompletionStage<Fetched> fetch(long bytesMax) {
      var answer = new CompletableFuture<Fetched>();
      synchronized (InMemoryStream.this) {
        if (outstanding != null && !outstanding.isDone()) {
          throw new IllegalStateException("shard " + shard + ": a fetch is outstanding");
        }
        outstanding = answer;
        try {
          var shardNow = find(shard);
          var now = shardNow.read(place, bytesMax, loop.now());
          if (now == null) {
            shardNow.await(new InMemoryShard.Waiting(place, bytesMax, answer));
            var timer =
                loop.schedule(InMemoryShard.TIP_WAIT, () -> giveUpWaiting(shardNow, answer));
            CompletionStage<Fetched> stage = answer;
            stage.whenComplete((fetched, failed) -> timer.cancel());
            return stage;
          }
          answer.complete(now);
        } catch (StreamException failed) {
          answer.completeExceptionally(failed);
        }
      }
      return answer;
    }

    private void giveUpWaiting(InMemoryShard shardNow, CompletableFuture<Fetched> answer) {
      synchronized (InMemoryStream.this) {
        shardNow.forget(answer);
      }
      answer.complete(InMemoryShard.NOTHING);
    }

    @Override
    public void close() {
      synchronized (InMemoryStream.this) {
        var open = outstanding;
        if (open != null && shards.containsKey(shard)) {
          find(shard).forget(open);
        }
      }
    }
  }

  private final class Sink implements StreamSink {
    @Override
    public CompletionStage<List<Stored>> put(List<Entry> entries) {
      return CompletableFuture.completedFuture(entries.stream().map(this::store).toList());
    }

    private Stored store(Entry entry) {
      return InMemoryStream.this.store(entry, loop.now());
    }

    @Override
    public void close() {}
  }
}
