package io.headrace.checkpoint.state;

import java.util.List;

/**
 * The rules by which nothing is lost, in one place: a test breaks each of them and must see that it
 * is noticed. Stateless, any thread.
 */
class StateRules {
  static final StateRules SOUND = new StateRules();

  /**
   * How large chunks are, unless one entry is larger: below 64 KB, so that a look-up reads little
   * and the tree above is small.
   */
  int chunkBytes() {
    return 60 << 10;
  }

  /** So much is read when a shard begins, as it costs less than to ask for it key by key. */
  long warmBytes() {
    return 1L << 20;
  }

  /**
   * So many runs of one tier of size are merged into one: more are written again more seldom, and a
   * key that is not in memory is looked for in more of them.
   */
  int runsMax() {
    return 16;
  }

  /** Whether a chunk is to be read for a key. */
  boolean mayHold(byte[] bloom, byte[] key) {
    return Bloom.mayHold(bloom, key);
  }

  /**
   * Whether a tombstone need not be written.
   *
   * @param beneath whether anything older lies beneath
   */
  boolean dropsTombstone(boolean beneath) {
    return !beneath;
  }

  /**
   * Whether a commit may ride on a root that is stored.
   *
   * @param sameRuns whether that names the runs that there are now: others are deleted
   */
  boolean ridesOn(boolean sameRuns) {
    return sameRuns;
  }

  /** Of entries with one key, in the order of their runs, the newest first. */
  RawEntry winner(List<RawEntry> same) {
    return same.get(0);
  }

  /** Whether an entry counts that a run was given with. */
  boolean isInLimit(Run run, byte[] key) {
    return run.isInLimit(key);
  }

  /**
   * Whether a chunk that no root of ours reaches is ours to delete.
   *
   * @param shardPrefix what names of this shard's chunks begin with
   */
  boolean mayDelete(String chunk, String shardPrefix) {
    return chunk.startsWith(shardPrefix);
  }

  /** Whether what a root does not reach is deleted before a commit says that it stands. */
  boolean collectsBeforeCommit() {
    return false;
  }

  /** Whether the chunk is the one that was meant. */
  boolean isMeant(ChunkRef ref, byte[] bytes) {
    return ref.checksum() == ByteWriter.checksum(bytes, bytes.length);
  }
}
