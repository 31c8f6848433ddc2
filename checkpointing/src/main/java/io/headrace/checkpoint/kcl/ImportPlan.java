package io.headrace.checkpoint.kcl;

import io.headrace.checkpoint.Placement;
import io.headrace.kcl.ShardKey;
import java.util.List;

/**
 * Where a function goes on in each shard, when all of the library's rows were understood.
 *
 * @param notes what its operator should know, a sentence each
 */
public record ImportPlan(List<Entry> entries, List<String> notes) {
  public ImportPlan {
    entries = List.copyOf(entries);
    notes = List.copyOf(notes);
  }

  /**
   * @param said the row's checkpoint, or why there is none
   */
  public record Entry(ShardKey shard, Placement placement, String said) {}
}
