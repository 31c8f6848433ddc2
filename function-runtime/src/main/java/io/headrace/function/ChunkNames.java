package io.headrace.function;

/**
 * How the chunks of one function in one shard are named.
 *
 * @param shardPrefix what all of this shard's begin with
 * @param prefix what those of this run begin with; no other run's do, as it holds the lease's epoch
 *     and a draw for this start
 */
record ChunkNames(String shardPrefix, String prefix) {
  ChunkNames(Scope scope) {
    this(shardPrefix(scope), shardPrefix(scope) + run(scope));
  }

  /** For who only reads and deletes. */
  static ChunkNames ofShard(Scope scope) {
    return new ChunkNames(shardPrefix(scope), shardPrefix(scope));
  }

  private static String shardPrefix(Scope scope) {
    return scope.environment.application()
        + "/"
        + scope.function
        + "/"
        + scope.context.key().key()
        + "/";
  }

  private static String run(Scope scope) {
    return scope.context.tenure().token().epoch()
        + "."
        + Long.toHexString(scope.random().nextLong())
        + ".";
  }
}
