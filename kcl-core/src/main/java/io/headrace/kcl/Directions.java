package io.headrace.kcl;

/**
 * What an operator wants of the functions of a worker, as the engine needs to know it. Asked on the
 * worker loop, whenever {@link Worker#direct} gave new ones and when a function begins in a shard;
 * must not block. Immutable: what changes is another one.
 */
public interface Directions {
  /** Nobody wants anything. */
  Directions NONE =
      new Directions() {
        @Override
        public boolean holds(ShardKey shard, String function) {
          return false;
        }

        @Override
        public long generation(ShardKey shard, String function) {
          return 0;
        }
      };

  /** Whether the function must not run in the shard: it drains, commits and waits. */
  boolean holds(ShardKey shard, String function);

  /**
   * Rises when the function has to begin anew in the shard: its progress was moved, or what its
   * handler is made with has changed. A run that began under a lower one drains, commits and begins
   * again.
   */
  long generation(ShardKey shard, String function);
}
