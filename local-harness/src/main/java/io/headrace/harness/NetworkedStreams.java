package io.headrace.harness;

import io.headrace.harness.Weather.Service;
import io.headrace.kcl.Fetched;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.EventLoop;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The stream of a simulated fleet as one process reaches it. On the world's loop only. */
final class NetworkedStreams implements StreamConnector {
  private final InMemoryStream stream;
  private final String service;
  private final Listing listing;
  private final Network network;

  NetworkedStreams(InMemoryStream stream, String service, Listing listing, Network network) {
    this.stream = stream;
    this.service = service;
    this.listing = listing;
    this.network = network;
  }

  @Override
  public String service() {
    return service;
  }

  @Override
  public ShardedStream open(StreamSource source, EventLoop loop, RandomGenerator random) {
    return new Far();
  }

  @Override
  public StreamSink sink(String name, EventLoop loop, RandomGenerator random) {
    throw new IllegalStateException("outputs of a simulated fleet go to its tap, not to " + name);
  }

  @Override
  public void close() {}

  private <T> CompletionStage<T> send(String what, Supplier<CompletionStage<T>> request) {
    Function<String, StreamException> failure =
        text -> new StreamException(StreamException.Kind.RETRYABLE, text);
    return network.send(Service.STREAM, what, request, failure);
  }

  private final class Far implements ShardedStream {
    @Override
    public String name() {
      return stream.name();
    }

    @Override
    public CompletionStage<StreamId> identify() {
      return send("identify", stream::identify);
    }

    @Override
    public CompletionStage<List<Shard>> shards() {
      boolean stale = network.readsStale();
      return send(stale ? "shards, stale" : "shards", () -> listing.shards(stale));
    }

    @Override
    public ShardCursor open(Shard shard, StartingPosition from) {
      return new FarCursor(shard, from);
    }

    @Override
    public void close() {}
  }

  /**
   * A cursor keeps its place beside the client: each request says where to read, so one that is
   * lost, late or doubled moves nothing.
   */
  private final class FarCursor implements ShardCursor {
    private final Shard shard;
    private StartingPosition from;

    /** Where a gap ends is known to the cursor that found it only. */
    private @Nullable ShardCursor behindGap;

    FarCursor(Shard shard, StartingPosition from) {
      this.shard = shard;
      this.from = from;
    }

    @Override
    public CompletionStage<Fetched> fetch(long bytesMax) {
      var place = from;
      var behind = behindGap;
      return send(
              "fetch " + Names.of(shard.id()),
              () -> {
                var near = behind != null ? behind : stream.open(shard, place);
                return near.fetch(bytesMax).thenApply(fetched -> new Answer(near, fetched));
              })
          .thenApply(this::moved);
    }

    private Fetched moved(Answer answer) {
      var fetched = answer.fetched();
      if (fetched instanceof Fetched.Records read && !read.records().isEmpty()) {
        var last = read.records().get(read.records().size() - 1);
        from = StartingPosition.after(last.position());
        behindGap = null;
      } else if (fetched instanceof Fetched.Gap) {
        behindGap = answer.near();
      }
      return fetched;
    }

    @Override
    public void close() {}
  }

  private record Answer(ShardCursor near, Fetched fetched) {}
}
