package io.headrace.checkpoint.kcl;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Counts the records that a function has finished above its low position. Sequence numbers have
 * gaps, so the stream has to be read for it. One stage after the other touches it.
 */
public final class SeenAgain {
  /** After so many fetches the count is a least one. */
  static final int FETCHES_MAX = 1_000;

  private static final long FETCH_BYTES = 4 << 20;

  private final ShardCursor cursor;
  private final List<Progress.Range> ranges;
  private final Position end;
  private long records;
  private int fetches;

  private SeenAgain(ShardCursor cursor, List<Progress.Range> ranges) {
    this.cursor = cursor;
    this.ranges = ranges;
    this.end = ranges.get(ranges.size() - 1).last();
  }

  /**
   * @param exact whether all were counted
   */
  public record Count(long records, boolean exact) {}

  /** Any thread may call; never blocks. */
  public static CompletionStage<Count> count(
      ShardedStream stream, Shard shard, Progress progress, StartingPosition base) {
    if (progress.ranges().isEmpty()) {
      return CompletableFuture.completedFuture(new Count(0, true));
    }
    var from = progress.through().map(StartingPosition::after).orElse(base);
    var cursor = stream.open(shard, from);
    return new SeenAgain(cursor, progress.ranges())
        .next()
        .whenComplete((count, failure) -> cursor.close());
  }

  private CompletionStage<Count> next() {
    if (fetches++ == FETCHES_MAX) {
      return CompletableFuture.completedFuture(new Count(records, false));
    }
    return cursor
        .fetch(FETCH_BYTES)
        .thenCompose(
            fetched -> {
              boolean past = fetched instanceof Fetched.End;
              if (fetched instanceof Fetched.Records read) {
                past = read.records().isEmpty() && read.behind().isZero();
                for (var record : read.records()) {
                  past |= record.position().compareTo(end) >= 0;
                  records += isFinished(record.position()) ? 1 : 0;
                }
              }
              return past ? CompletableFuture.completedFuture(new Count(records, true)) : next();
            });
  }

  private boolean isFinished(Position position) {
    return ranges.stream()
        .anyMatch(r -> r.first().compareTo(position) <= 0 && position.compareTo(r.last()) <= 0);
  }
}
