package io.headrace.lease;

import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamId;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A part of the list of a stream's shards, from which workers learn what there is to lease without
 * reading lease rows. The rows are the truth; the roster follows them.
 *
 * @param part 0 and up; a part takes {@link #SHARDS_MAX} shards
 */
public record RosterPart(StreamId stream, int part, SortedMap<ShardId, Standing> shards)
    implements LeaseItem {
  /** Keeps a part below 16 KB. */
  public static final int SHARDS_MAX = 400;

  /** What may be done with a shard. */
  public enum Standing {
    /** A parent has not been ended by any function: nobody needs to ask. */
    WAITING,
    /** May be leased. */
    RUNNABLE,
    /** All functions have ended it. */
    ENDED
  }

  public RosterPart {
    Objects.requireNonNull(stream, "stream");
    if (part < 0) {
      throw new IllegalArgumentException("part " + part + ": must not be negative");
    }
    shards = Collections.unmodifiableSortedMap(new TreeMap<>(shards));
  }

  RosterPart with(Map<ShardId, Standing> changes) {
    var next = new TreeMap<>(shards);
    next.putAll(changes);
    return new RosterPart(stream, part, next);
  }

  RosterPart without(Set<ShardId> removed) {
    var next = new TreeMap<>(shards);
    next.keySet().removeAll(removed);
    return new RosterPart(stream, part, next);
  }

  @Override
  public String partition(String application) {
    return application + "!R";
  }

  @Override
  public String sort() {
    return stream.key() + "#" + part;
  }
}
