package io.headrace.local.engine;

import io.headrace.local.log.ShardIdentity;

/**
 * A shard without its records, as a value: all that must be kept to have it back. Times are
 * milliseconds since 1970.
 *
 * @param parent the index of the shard it came from, or {@link #NONE}; that shard may be gone
 * @param adjacentParent the index of the second shard it came from, or {@link #NONE}
 * @param createdSeconds what its sequence numbers begin with
 * @param closedMillis when it was closed, or {@link #NONE} while it is open
 */
public record ShardState(
    int index,
    HashRange range,
    int parent,
    int adjacentParent,
    long createdMillis,
    long createdSeconds,
    long closedMillis) {
  public static final int NONE = -1;

  public boolean isOpen() {
    return closedMillis == NONE;
  }

  ShardIdentity identity() {
    return new ShardIdentity(index, createdSeconds);
  }
}
