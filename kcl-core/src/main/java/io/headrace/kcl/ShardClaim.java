package io.headrace.kcl;

/**
 * Whom a cursor reads for: what it asks before it takes a shard's records away from anybody else,
 * and whom it tells how it gets them. So a stream that pushes to one reader at a time needs to know
 * nothing of leases. Called on the loop that the stream was opened with; answers at once.
 */
public interface ShardClaim {
  /** A reader that shares the shard with nobody and wants to hear nothing, as in a tool. */
  ShardClaim ALONE =
      new ShardClaim() {
        @Override
        public boolean holds() {
          return true;
        }

        @Override
        public void retrieving(String how) {}
      };

  /** Whether the shard is certainly the reader's at this moment ({@link Tenure#validAt}). */
  boolean holds();

  /**
   * From now on records come in another way than before.
   *
   * @param how one sentence for the operator, the same for every shard with the same reason
   */
  void retrieving(String how);
}
