package io.headrace.checkpoint;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Shards, tokens and progress as tests speak of them. */
public final class Shards {
  public static final StreamId STREAM =
      new StreamId("orders", Instant.parse("2026-01-01T00:00:00Z"));

  private Shards() {}

  public static ShardKey key(String shard) {
    return new ShardKey(STREAM, new ShardId(shard));
  }

  public static ProgressKey progress(String shard) {
    return new ProgressKey(key(shard), "totals");
  }

  public static Shard shard(String id, String... parents) {
    return new Shard(new ShardId(id), Stream.of(parents).map(ShardId::new).toList(), HashRange.ALL);
  }

  public static LeaseToken token(String worker, long epoch) {
    return new LeaseToken(new Incarnation(worker, "1"), epoch);
  }

  public static Position at(long sequence) {
    return Position.of(sequence);
  }

  public static Progress through(long sequence, Progress.Range... ranges) {
    return new Progress(Optional.of(at(sequence)), List.of(ranges));
  }

  public static Progress.Range range(long first, long last) {
    return new Progress.Range(at(first), at(last));
  }

  public static CommitParts parts(String root) {
    return CommitParts.of("root", root.getBytes(StandardCharsets.UTF_8));
  }
}
