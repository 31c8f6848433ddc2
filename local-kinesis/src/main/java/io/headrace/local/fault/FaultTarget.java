package io.headrace.local.fault;

import org.jspecify.annotations.Nullable;

/** A request, as rules look at it. */
public interface FaultTarget {
  String action();

  @Nullable String stream();

  @Nullable String consumer();

  /** Whether the request reads from or writes to the shard with this id. */
  boolean touches(String shard);
}
