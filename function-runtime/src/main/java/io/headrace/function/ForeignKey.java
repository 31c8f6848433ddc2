package io.headrace.function;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.ShardKey;

/**
 * A record of a function with state whose partition key belongs to another shard: it was put with
 * an explicit hash key. State lies in the shard of its key and goes with the key's hash through
 * splits and merges, so what such a record left here would be partial now and lost at the next
 * split.
 */
final class ForeignKey extends TerminalFailure {
  private static final long serialVersionUID = 1;

  static final String CODE = "ForeignKey";

  private ForeignKey(ShardKey shard) {
    super(
        CODE,
        "the partition key's hash lies outside shard "
            + shard
            + ": it was put with an explicit hash key, so state by key can't be kept; put it"
            + " without one, or read it by a function without state");
  }

  /** Costs one MD5, none where the shard takes every key. */
  static void refuse(Scope scope, String partitionKey) {
    var range = scope.context.shard().range();
    if (!range.equals(HashRange.ALL) && !range.holds(partitionKey)) {
      throw new ForeignKey(scope.context.key());
    }
  }
}
