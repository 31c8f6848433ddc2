package io.headrace.lease;

import io.headrace.kcl.ShardKey;
import java.util.Comparator;

/** The order of shards wherever one is needed, so that all workers and all runs agree. */
final class ShardKeys {
  static final Comparator<ShardKey> ORDER =
      Comparator.comparing((ShardKey key) -> key.stream().name())
          .thenComparing(key -> key.stream().created())
          .thenComparing(ShardKey::shard);

  private ShardKeys() {}
}
