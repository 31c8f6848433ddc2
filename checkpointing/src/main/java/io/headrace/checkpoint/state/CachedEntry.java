package io.headrace.checkpoint.state;

/**
 * What the cache has of one entry. A newer value is put in its place here, so that the cache need
 * not be asked for it: an entry that changes between any two commits costs it nothing. Any thread
 * may read; changed by one at a time, as a space stores one snapshot after the other.
 */
final class CachedEntry {
  private final StateCache cache;
  private final long space;
  private volatile Slot slot;

  /** The cache has let it go, or has another one of the same key: nobody finds it any more. */
  private volatile boolean gone;

  CachedEntry(StateCache cache, long space, Slot slot) {
    this.cache = cache;
    this.space = space;
    this.slot = slot;
  }

  Slot slot() {
    return slot;
  }

  /** Told by the cache before anything else can be kept under the key. */
  void letGo() {
    gone = true;
  }

  /** Of a key that several spaces know it is of no use to the others. */
  boolean isOf(StateCache ofCache, long ofSpace) {
    return cache == ofCache && space == ofSpace;
  }

  /**
   * Puts a newer value in the place of the one that is there.
   *
   * @return false where the cache has to be told: it has let the entry go, or is to weigh it anew
   */
  boolean replace(Slot newer) {
    if (gone || StateCache.weightOf(newer) != StateCache.weightOf(slot)) {
      return false;
    }
    slot = newer;
    return !gone;
  }
}
