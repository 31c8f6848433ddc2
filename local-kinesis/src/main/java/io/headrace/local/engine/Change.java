package io.headrace.local.engine;

/**
 * A change of a stream that takes time, as data: it can be kept, and a stream that was read back
 * finishes it as the first one would have.
 */
public sealed interface Change {
  /** The stream gets its first shards, which share the ring evenly. */
  record Create(int shards) implements Change {}

  /** The stream and everything in it goes. */
  record Delete() implements Change {}

  /** A shard closes, and two take its range: one from its start, one from {@code newStart}. */
  record Split(int shard, HashKey newStart) implements Change {}

  /** Two neighbouring shards close, and one takes their range; {@code shard} is the lower one. */
  record Merge(int shard, int adjacent) implements Change {}

  /**
   * The stream gets other options, and other shards of equal width.
   *
   * @param shards how many shards are open then, or {@link #AS_MANY}
   */
  record Update(StreamOptions options, int shards) implements Change {}

  /** As many shards as before, with the ranges that they have. */
  int AS_MANY = 0;

  /** How many shards are open when it is done, from how many are now. */
  default int shardsAfter(int open) {
    if (this instanceof Create create) {
      return create.shards();
    }
    if (this instanceof Update update) {
      return update.shards() == AS_MANY ? open : update.shards();
    }
    if (this instanceof Delete) {
      return 0;
    }
    return this instanceof Split ? open + 1 : open - 1;
  }

  /** The state of the stream until the change is done. */
  default StreamStatus meanwhile() {
    if (this instanceof Create) {
      return StreamStatus.CREATING;
    }
    return this instanceof Delete ? StreamStatus.DELETING : StreamStatus.UPDATING;
  }
}
