package io.headrace.function;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much one run has parked, and whether more fits in: tells when half is taken, and when nothing
 * fits any more. Owned by the worker loop.
 */
final class ParkedRoom {
  private static final Logger LOG = LoggerFactory.getLogger(ParkedRoom.class);

  private final Scope scope;
  private final KeyParking bounds;
  private int keys;
  private long records;
  private long bytes;

  /** Of parked keys' records that are being stored: they have their room already. */
  private long coming;

  /** Something does not fit that would be stored. */
  private boolean wanted;

  /** That was told, and since then half of the room was never free. */
  private boolean full;

  private boolean halfFull;

  ParkedRoom(Scope scope, KeyParking bounds) {
    this.scope = scope;
    this.bounds = bounds;
  }

  void add(int moreKeys, long moreRecords, long moreBytes) {
    keys += moreKeys;
    records += moreRecords;
    bytes += moreBytes;
  }

  /** Whether so many more keys, with so many bytes, may be parked; told once if not. */
  boolean holds(long moreKeys, long moreBytes) {
    if (keys + moreKeys <= bounds.keysMax() && bytes + coming + moreBytes <= bounds.bytesMax()) {
      return true;
    }
    tellFull();
    return false;
  }

  /**
   * Whether so many more bytes of parked keys fit in; then they have their room until {@link
   * #arrived}.
   */
  boolean takes(long moreBytes) {
    if (!holds(0, moreBytes)) {
      return false;
    }
    coming += moreBytes;
    return true;
  }

  /** They are stored, and are added. */
  void arrived(long bytesComing) {
    coming -= bytesComing;
  }

  /** Whether something waited for room since this was last asked. */
  boolean takeWanted() {
    boolean was = wanted;
    wanted = false;
    return was;
  }

  KeyParking.Load load() {
    return new KeyParking.Load(keys, records, bytes, bounds);
  }

  /** What is parked has changed. */
  void lookAtLevel() {
    boolean now = load().isHalfFull();
    if (now && !halfFull) {
      LOG.warn(
          "function {}, shard {}: half of what may be parked is, {}",
          scope.function,
          scope.context.key(),
          load());
    }
    halfFull = now;
    full &= now;
  }

  private void tellFull() {
    wanted = true;
    if (!full) {
      full = true;
      LOG.warn(
          "function {}, shard {}: no more of keys that keep failing can be parked, {}; the position"
              + " waits for them",
          scope.function,
          scope.context.key(),
          load());
      scope.tell(new FunctionEvent.ParkingFull(scope.function, scope.context.key(), load()));
    }
  }
}
