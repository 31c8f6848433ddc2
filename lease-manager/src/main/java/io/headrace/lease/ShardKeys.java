package io.headrace.lease;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.util.Comparator;

/** The order of shards wherever one is needed, so that all workers and all runs agree. */
final class ShardKeys {
  static final Comparator<ShardKey> ORDER = ShardKeys::compare;

  private static final Comparator<StreamId> STREAMS =
      Comparator.comparing(StreamId::name).thenComparing(StreamId::created);

  private ShardKeys() {}

  /** Most that are compared are of one stream, and name it by the same object. */
  @SuppressWarnings("ReferenceEquality")
  private static int compare(ShardKey a, ShardKey b) {
    int byStream = a.stream() == b.stream() ? 0 : STREAMS.compare(a.stream(), b.stream());
    return byStream != 0 ? byStream : a.shard().compareTo(b.shard());
  }
}
