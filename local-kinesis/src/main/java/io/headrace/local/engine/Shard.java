package io.headrace.local.engine;

import io.headrace.local.log.SequenceNumber;
import io.headrace.local.log.ShardLog;
import io.headrace.local.log.StoredRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One shard and its records. The stream's monitor guards every call. */
public final class Shard {
  private static final int ID_DIGITS = 12;

  private final int index;
  private final String id;
  private final HashRange range;
  private final int parent;
  private final int adjacentParent;
  private final long createdMillis;
  private final long createdSeconds;
  private final List<Shard> children = new ArrayList<>(2);
  private final ShardLog log;
  private long closedMillis;
  private long lastArrivalMillis;
  private long bytesIn;
  private long recordsIn;
  private @Nullable ShardLimits limits;

  Shard(ShardState state, ShardLog log) {
    this.index = state.index();
    this.id = id(index);
    this.range = state.range();
    this.parent = state.parent();
    this.adjacentParent = state.adjacentParent();
    this.createdMillis = state.createdMillis();
    this.createdSeconds = state.createdSeconds();
    this.closedMillis = state.closedMillis();
    this.log = log;
    this.lastArrivalMillis = log.lastArrivalMillis();
  }

  /** An open shard that begins now. */
  static ShardState born(
      int index,
      HashRange range,
      @Nullable Shard parent,
      @Nullable Shard adjacentParent,
      long nowMillis) {
    return new ShardState(
        index,
        range,
        parent == null ? ShardState.NONE : parent.index,
        adjacentParent == null ? ShardState.NONE : adjacentParent.index,
        nowMillis,
        createdSeconds(parent, adjacentParent, nowMillis),
        ShardState.NONE);
  }

  // Every number of a child is above every number of its parents, also when all of them were made
  // within one second: the seconds of creation are the number's leading bits.
  private static long createdSeconds(
      @Nullable Shard parent, @Nullable Shard adjacentParent, long nowMillis) {
    long seconds = nowMillis / 1000;
    if (parent != null) {
      seconds = Math.max(seconds, parent.createdSeconds) + 1;
    }
    if (adjacentParent != null) {
      seconds = Math.max(seconds, adjacentParent.createdSeconds + 1);
    }
    return seconds;
  }

  /** The name of the shard with an index. */
  public static String id(int index) {
    String digits = Integer.toString(index);
    return "shardId-" + "0".repeat(ID_DIGITS - digits.length()) + digits;
  }

  /** The index in a shard's name, or -1 when it is no such name; zeros may be left out or more. */
  public static int indexOf(String shardId) {
    int start = shardId.indexOf('-') + 1;
    long index = start == shardId.length() ? -1 : 0;
    for (int i = start; i < shardId.length() && index >= 0; i++) {
      char digit = shardId.charAt(i);
      index = digit >= '0' && digit <= '9' ? index * 10 + (digit - '0') : -1;
      if (index > Integer.MAX_VALUE) {
        return -1;
      }
    }
    return (int) index;
  }

  /** What is no name of a shard is missed before anyone asks whether there is such a stream. */
  static void requireName(String shardId, StreamKey key) {
    if (indexOf(shardId) < 0) {
      throw KinesisError.notFound(
          "Could not find shard %s in %s.".formatted(shardId, key.inSentence()));
    }
  }

  int index() {
    return index;
  }

  public String id() {
    return id;
  }

  HashRange range() {
    return range;
  }

  ShardLog log() {
    return log;
  }

  long createdMillis() {
    return createdMillis;
  }

  boolean isOpen() {
    return closedMillis == ShardState.NONE;
  }

  void close(long nowMillis) {
    closedMillis = nowMillis;
  }

  /** Takes back what came after a state, the children that are not among these shards included. */
  void restore(ShardState state, Collection<Shard> present) {
    closedMillis = state.closedMillis();
    children.retainAll(present);
  }

  boolean isOpenSince(long millis) {
    return isOpen() || closedMillis >= millis;
  }

  ShardState state() {
    return new ShardState(
        index, range, parent, adjacentParent, createdMillis, createdSeconds, closedMillis);
  }

  /** The names of the shards it came from: none, one or two. */
  List<String> parentIds() {
    return Stream.of(parent, adjacentParent)
        .filter(each -> each != ShardState.NONE)
        .map(Shard::id)
        .toList();
  }

  List<Shard> children() {
    return children;
  }

  SequenceNumber start() {
    return new SequenceNumber(createdSeconds, index, 0, createdSeconds);
  }

  @Nullable SequenceNumber end() {
    if (isOpen()) {
      return null;
    }
    long seconds = Math.max(closedMillis / 1000, createdSeconds);
    return new SequenceNumber(createdSeconds, index, SequenceNumber.ORDER_MAX, seconds);
  }

  /** What may be put and read in a second; asked for only when there are limits. */
  ShardLimits limits(LimitScale scale) {
    ShardLimits present = limits;
    if (present == null) {
      present = new ShardLimits(scale);
      limits = present;
    }
    return present;
  }

  /** Offers a record to the log, whose commit is to follow. */
  SequenceNumber append(PutEntry entry, long order, boolean encrypted, long nowMillis) {
    // A clock that is set back must not break the order of arrival, on which search by time rests.
    long arrival = Math.max(nowMillis, lastArrivalMillis);
    long seconds = Math.max(arrival / 1000, createdSeconds);
    SequenceNumber number = new SequenceNumber(createdSeconds, index, order, seconds);
    log.offer(new StoredRecord(number, arrival, encrypted, entry.partitionKey(), entry.data()));
    lastArrivalMillis = arrival;
    bytesIn += entry.bytes();
    recordsIn++;
    return number;
  }

  /** The seconds in the latest number that a record of this shard can have so far. */
  long lastSeconds() {
    return Math.max(lastArrivalMillis / 1000, createdSeconds);
  }

  /** Whether more than this came since the last time of asking. */
  boolean tookMore(long bytes, long records) {
    boolean more = bytesIn > bytes || recordsIn > records;
    bytesIn = 0;
    recordsIn = 0;
    return more;
  }

  ShardView view() {
    SequenceNumber end = end();
    return new ShardView(
        id(),
        parent == ShardState.NONE ? null : id(parent),
        adjacentParent == ShardState.NONE ? null : id(adjacentParent),
        range,
        start().toString(),
        end == null ? null : end.toString());
  }
}
