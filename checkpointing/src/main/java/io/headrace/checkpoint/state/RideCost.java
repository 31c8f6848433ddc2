package io.headrace.checkpoint.state;

/**
 * What commits have taken of a table since one last put chunks, by which is judged whether changes
 * go on riding: a commit in which more and more rides takes more units each time, and one that puts
 * them into a chunk takes some units once, more later when the chunk is merged and deleted, and a
 * write before its own. Immutable.
 *
 * @param commits since then, that one too
 * @param units of their progress items
 */
record RideCost(long commits, long units) {
  /**
   * What a progress item takes of a table is paid by the KB, to the next whole one (<a
   * href="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html">read
   * and write operations</a>).
   */
  private static final int UNIT_BYTES = 1 << 10;

  /** What the progress item has beside, about: key, owner, positions of ranges. */
  private static final int REST_BYTES = 350;

  /**
   * What it costs to begin anew: a chunk that is put and deleted, and what is merged for its sake.
   */
  private static final int CHUNK_UNITS = 4;

  /**
   * So many units beyond one each do commits take until chunks are put again, whatever the average
   * says: that is as high as it is for good once much has changed in one commit, although nothing
   * but a key of it changes from then on. Where all of it does, a chunk more is little by then.
   */
  static final int EXTRA_UNITS_MAX = 32;

  /**
   * Of the commit that put chunks, or of the first of all.
   *
   * @param bytes that ride in it
   */
  static RideCost first(int bytes) {
    return new RideCost(1, unitsOf(bytes));
  }

  /** With one more commit, in which so many bytes ride. */
  RideCost with(int bytes) {
    return new RideCost(commits + 1, units + unitsOf(bytes));
  }

  /**
   * Whether that many bytes should ride: as long as it costs no more than commits have cost on
   * average since chunks were put, these included, and not for ever.
   */
  boolean allows(int bytes) {
    int more = unitsOf(bytes);
    return more <= 1
        || (more * commits <= units + CHUNK_UNITS
            && units + more - (commits + 1) <= EXTRA_UNITS_MAX);
  }

  private static int unitsOf(int bytes) {
    return (REST_BYTES + bytes + UNIT_BYTES - 1) / UNIT_BYTES;
  }
}
