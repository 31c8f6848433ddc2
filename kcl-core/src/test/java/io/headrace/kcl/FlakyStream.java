package io.headrace.kcl;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A stream whose calls fail, or are never answered, when the test says so. */
final class FlakyStream implements ShardedStream {
  private final InMemoryStream stream;
  StreamException.@Nullable Kind failure;
  boolean silent;
  int identifyFailures;

  /** How many cursors were told that they will be read from soon, and how often any was. */
  int preparedCursors;

  int fetches;

  /** What {@link #prepare} answers. */
  CompletionStage<Void> prepared = CompletableFuture.completedStage(null);

  FlakyStream(InMemoryStream stream) {
    this.stream = stream;
  }

  @Override
  public String name() {
    return stream.name();
  }

  @Override
  public CompletionStage<StreamId> identify() {
    if (identifyFailures > 0) {
      identifyFailures--;
      return CompletableFuture.failedFuture(
          new StreamException(StreamException.Kind.RETRYABLE, "planted"));
    }
    return stream.identify();
  }

  @Override
  public CompletionStage<List<Shard>> shards() {
    return stream.shards();
  }

  @Override
  public CompletionStage<Void> prepare(Shard shard) {
    return prepared;
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from) {
    var cursor = stream.open(shard, from);
    return new ShardCursor() {
      @Override
      public void prepare() {
        preparedCursors++;
      }

      @Override
      public CompletionStage<Fetched> fetch(long bytesMax) {
        fetches++;
        if (silent) {
          return new CompletableFuture<>();
        }
        return failure == null
            ? cursor.fetch(bytesMax)
            : CompletableFuture.failedFuture(new StreamException(failure, "planted"));
      }

      @Override
      public void close() {
        cursor.close();
      }
    };
  }

  @Override
  public void close() {}
}
