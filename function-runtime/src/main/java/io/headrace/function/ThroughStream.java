package io.headrace.function;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardClaim;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A stream through which a function is keyed: where there is none, it is made. Any thread. */
final class ThroughStream implements ShardedStream {
  private final ShardedStream stream;
  private final Supplier<CompletionStage<Void>> creation;

  /**
   * Wraps a stream.
   *
   * @param creation makes it, or fails with what to do
   */
  ThroughStream(ShardedStream stream, Supplier<CompletionStage<Void>> creation) {
    this.stream = stream;
    this.creation = creation;
  }

  @Override
  public String name() {
    return stream.name();
  }

  @Override
  public CompletionStage<StreamId> identify() {
    return stream
        .identify()
        .exceptionallyCompose(
            thrown ->
                isMissing(thrown)
                    ? creation.get().thenCompose(made -> stream.identify())
                    : CompletableFuture.failedFuture(Stages.causeOf(thrown)));
  }

  private static boolean isMissing(Throwable thrown) {
    return Stages.causeOf(thrown) instanceof StreamException failed
        && failed.kind() == StreamException.Kind.NOT_FOUND;
  }

  @Override
  public CompletionStage<Optional<Duration>> retention() {
    return stream.retention();
  }

  @Override
  public CompletionStage<List<Shard>> shards() {
    return stream.shards();
  }

  @Override
  public CompletionStage<Void> prepare(Shard shard) {
    return stream.prepare(shard);
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from) {
    return stream.open(shard, from);
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from, ShardClaim claim) {
    return stream.open(shard, from, claim);
  }

  @Override
  public void close() {
    stream.close();
  }
}
