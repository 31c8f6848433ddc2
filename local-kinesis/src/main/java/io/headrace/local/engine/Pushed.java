package io.headrace.local.engine;

import io.headrace.local.log.StoredRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a subscription has for its subscriber next. */
public sealed interface Pushed {
  /**
   * Records, or none as a sign of life. At the end of a closed shard there is no continuation, and
   * the shards that follow are named.
   */
  record Event(
      List<StoredRecord> records,
      @Nullable String continuation,
      long millisBehindLatest,
      List<ChildShard> childShards)
      implements Pushed {}

  /** Nothing more, because of this error. */
  record Failed(KinesisError error) implements Pushed {}

  /** Nothing more. */
  record Ended() implements Pushed {}

  /** Nothing for now. */
  record Nothing() implements Pushed {}
}
