package io.headrace.local.engine;

import org.jspecify.annotations.Nullable;

/** Keeps records out of a stream that would otherwise go in. Called under the stream's monitor. */
public interface PutFilter {
  PutFilter NONE = shardId -> null;

  /** Why the next record, which is for this shard, stays out; null to let it in. */
  PutOutcome.@Nullable Refused refuse(String shardId);
}
