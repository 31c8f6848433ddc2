package io.headrace.checkpoint.kcl;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StableCopy;
import java.util.Optional;
import java.util.Set;

/**
 * A lease row of the library, of any version from 1 to 3: later ones added attributes and changed
 * none.
 *
 * @param key {@code leaseKey}: the shard, behind {@code account:stream:epoch:} where an application
 *     reads several streams
 * @param pending of a checkpoint that was prepared and never made
 * @param parents empty in rows that version 1 made for first shards
 * @param children since version 2, once the shard has ended
 * @param range since version 2.3
 * @param counter raised by every write of the library
 */
public record KclRow(
    String key,
    Optional<KclStream> stream,
    ShardId shard,
    KclCheckpoint checkpoint,
    Optional<String> pending,
    Set<ShardId> parents,
    Set<ShardId> children,
    Optional<HashRange> range,
    long counter) {
  public KclRow {
    parents = StableCopy.of(parents);
    children = StableCopy.of(children);
  }

  boolean ended() {
    return checkpoint == KclCheckpoint.Sentinel.SHARD_END;
  }
}
