package io.headrace.checkpoint.kcl;

import io.headrace.kcl.ShardKey;
import java.util.List;
import java.util.Optional;

/**
 * The rows that let the library go on.
 *
 * @param notes what its operator should know, a sentence each
 */
public record ExportPlan(List<Write> writes, List<String> notes) {
  public ExportPlan {
    writes = List.copyOf(writes);
    notes = List.copyOf(notes);
  }

  /**
   * @param row as it is to be; its counter is the one that was read, 0 where there is no row
   * @param what is to be done
   * @param was the checkpoint of the row that is there
   */
  public record Write(ShardKey shard, KclRow row, What what, Optional<KclCheckpoint> was) {}

  /** What becomes of a row. */
  public enum What {
    /** There is none yet. */
    MADE,
    /** Checkpoint and owner are set, the rest stays. */
    CHANGED,
    /** It says so already. */
    KEPT
  }
}
