package io.headrace.console;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardClaim;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A stream up to a moment, as if every shard had ended then: its first record that arrived at that
 * moment or later is none any more. The moment lies in the past. Called as the stream is.
 */
final class StretchOfStream implements ShardedStream {
  private final ShardedStream stream;
  private final Instant to;
  private final Consumer<List<Shard>> found;

  /**
   * @param found told of the shards whenever they were listed, on any thread
   */
  StretchOfStream(ShardedStream stream, Instant to, Consumer<List<Shard>> found) {
    this.stream = stream;
    this.to = to;
    this.found = found;
  }

  @Override
  public String name() {
    return stream.name();
  }

  @Override
  public CompletionStage<StreamId> identify() {
    return stream.identify();
  }

  @Override
  public CompletionStage<Optional<Duration>> retention() {
    return stream.retention();
  }

  @Override
  public CompletionStage<List<Shard>> shards() {
    return stream
        .shards()
        .thenApply(
            all -> {
              found.accept(all);
              return all;
            });
  }

  @Override
  public CompletionStage<Void> prepare(Shard shard) {
    return stream.prepare(shard);
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from) {
    return new Cut(shard.id(), stream.open(shard, from));
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from, ShardClaim claim) {
    return new Cut(shard.id(), stream.open(shard, from, claim));
  }

  @Override
  public void close() {
    stream.close();
  }

  /** One reader's place; as the cursor behind it, for one thread at a time. */
  private final class Cut implements ShardCursor {
    private final ShardId shard;
    private final ShardCursor cursor;
    private boolean over;

    Cut(ShardId shard, ShardCursor cursor) {
      this.shard = shard;
      this.cursor = cursor;
    }

    @Override
    public CompletionStage<Fetched> fetch(long bytesMax) {
      return over ? end() : cursor.fetch(bytesMax).thenCompose(this::cut);
    }

    /** With its children, which wait for it: of them nothing is left. */
    private CompletionStage<Fetched> end() {
      return stream
          .shards()
          .thenApply(
              all ->
                  new Fetched.End(
                      all.stream().filter(other -> other.parents().contains(shard)).toList()));
    }

    private CompletionStage<Fetched> cut(Fetched fetched) {
      if (!(fetched instanceof Fetched.Records read)) {
        return CompletableFuture.completedFuture(fetched);
      }
      var before = new ArrayList<StreamRecord>();
      for (var record : read.records()) {
        if (!record.arrivedAt().isBefore(to)) {
          over = true;
          break;
        }
        before.add(record);
      }
      if (before.isEmpty() && (over || read.behind().isZero())) {
        over = true;
        return end();
      }
      return CompletableFuture.completedFuture(
          over ? new Fetched.Records(before, read.behind()) : read);
    }

    @Override
    public void close() {
      cursor.close();
    }
  }
}
