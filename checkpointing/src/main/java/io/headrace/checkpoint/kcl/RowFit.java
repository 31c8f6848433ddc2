package io.headrace.checkpoint.kcl;

import io.headrace.kcl.Shard;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a row is of a stream. All streams name their shards alike, and the table of a single
 * stream does not name it: lineage and hash ranges tell them apart. Pure.
 */
final class RowFit {
  private RowFit() {}

  /** What speaks against it, a sentence each that names row and field; empty when nothing does. */
  static List<String> complaints(ListedStream stream, Shard shard, KclRow row) {
    var complaints = new ArrayList<String>();
    var where = " stream " + stream.id().name() + " ";
    row.range()
        .filter(range -> !range.equals(shard.range()))
        .ifPresent(
            range ->
                complaints.add(
                    "row "
                        + row.key()
                        + ": field startingHashKey: the range is "
                        + range.first()
                        + " to "
                        + range.last()
                        + ", and in"
                        + where
                        + shard.range().first()
                        + " to "
                        + shard.range().last()
                        + ": it is the table of another stream"));
    for (var parent : row.parents()) {
      if (stream.shard(parent).isPresent() && !shard.parents().contains(parent)) {
        complaints.add(
            "row "
                + row.key()
                + ": field parentShardId: "
                + parent
                + " is no parent in"
                + where
                + ": it is the table of another stream");
      }
    }
    if (row.ended() && stream.childrenOf(shard.id()).isEmpty()) {
      complaints.add(
          "row "
              + row.key()
              + ": field checkpoint: says SHARD_END, and in"
              + where
              + "the shard has no children: it is the table of another stream");
    }
    return complaints;
  }
}
