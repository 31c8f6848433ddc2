package io.headrace.function.through;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import java.util.Objects;

/** Where a record lies that was carried on: it names the record for ever. */
public record Source(ShardKey shard, Position position) {
  public Source {
    Objects.requireNonNull(shard, "shard");
    Objects.requireNonNull(position, "position");
  }
}
