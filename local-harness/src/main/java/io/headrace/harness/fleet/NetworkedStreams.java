package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Weather.Service;
import io.headrace.kcl.Fetched;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** The streams of a simulated fleet as one process reaches it. On the world's loop only. */
final class NetworkedStreams implements StreamConnector {
  private final FleetWorld world;
  private final String service;
  private final Network network;

  NetworkedStreams(FleetWorld world, String service, Network network) {
    this.world = world;
    this.service = service;
    this.network = network;
  }

  @Override
  public String service() {
    return service;
  }

  @Override
  public ShardedStream open(StreamSource source, EventLoop loop, RandomGenerator random) {
    return new Far(world.feed(source.name()));
  }

  @Override
  public StreamSink sink(String name, EventLoop loop, RandomGenerator random) {
    return new FarSink(world.feed(name), loop, random);
  }

  @Override
  public void close() {}

  private <T> CompletionStage<T> send(String what, Supplier<CompletionStage<T>> request) {
    Function<String, StreamException> failure =
        text -> new StreamException(StreamException.Kind.RETRYABLE, text);
    return network.send(Service.STREAM, what, request, failure);
  }

  private final class Far implements ShardedStream {
    private final Feed feed;

    Far(Feed feed) {
      this.feed = feed;
    }

    @Override
    public String name() {
      return feed.stream().name();
    }

    @Override
    public CompletionStage<StreamId> identify() {
      return send("identify", feed.stream()::identify);
    }

    @Override
    public CompletionStage<List<Shard>> shards() {
      boolean stale = network.readsStale();
      return send(stale ? "shards, stale" : "shards", () -> feed.listing().shards(stale));
    }

    @Override
    public ShardCursor open(Shard shard, StartingPosition from) {
      return new FarCursor(feed, shard, from);
    }

    @Override
    public void close() {}
  }

  /** Now and then a part of a put is refused, and stored with a second request. */
  private final class FarSink implements StreamSink {
    private static final int IN_PARTS_ONE_OF = 6;

    private final Feed feed;
    private final EventLoop loop;
    private final RandomGenerator random;

    FarSink(Feed feed, EventLoop loop, RandomGenerator random) {
      this.feed = feed;
      this.loop = loop;
      this.random = random;
    }

    @Override
    public CompletionStage<List<Stored>> put(List<Entry> entries) {
      int salt = random.nextInt();
      boolean inParts = random.nextInt(IN_PARTS_ONE_OF) == 0;
      var first = new ArrayList<Integer>();
      var then = new ArrayList<Integer>();
      for (int i = 0; i < entries.size(); i++) {
        // Records of one key stay in order.
        boolean refused = inParts && (entries.get(i).partitionKey().hashCode() ^ salt) % 2 == 0;
        (refused ? then : first).add(i);
      }
      var stored = new Stored[entries.size()];
      return store(entries, first, stored)
          .thenComposeAsync(done -> store(entries, then, stored), loop)
          .thenApply(done -> List.of(stored));
    }

    private CompletionStage<Boolean> store(
        List<Entry> entries, List<Integer> which, Stored[] stored) {
      if (which.isEmpty()) {
        return CompletableFuture.completedFuture(true);
      }
      return NetworkedStreams.this.send(
          "put " + which.size() + " into " + feed.stream().name(),
          () -> {
            for (int i : which) {
              var put = world.carry(feed, entries.get(i));
              stored[i] = new Stored(put.shard().shard(), put.position());
            }
            return CompletableFuture.completedFuture(true);
          });
    }

    @Override
    public void close() {}
  }

  /**
   * A cursor keeps its place beside the client: each request says where to read, so one that is
   * lost, late or doubled moves nothing.
   */
  private final class FarCursor implements ShardCursor {
    private final Feed feed;
    private final Shard shard;
    private StartingPosition from;

    FarCursor(Feed feed, Shard shard, StartingPosition from) {
      this.feed = feed;
      this.shard = shard;
      this.from = from;
    }

    @Override
    public CompletionStage<Fetched> fetch(long bytesMax) {
      var place = from;
      return send(
              "fetch " + Names.of(feed.key(shard.id())),
              () -> feed.stream().open(shard, place).fetch(bytesMax))
          .thenApply(this::moved);
    }

    private Fetched moved(Fetched fetched) {
      if (fetched instanceof Fetched.Records read && !read.records().isEmpty()) {
        var last = read.records().get(read.records().size() - 1);
        from = StartingPosition.after(last.position());
      } else if (fetched instanceof Fetched.Gap) {
        from = StartingPosition.TRIM_HORIZON; // Nothing before the gap's end is left.
      }
      return fetched;
    }

    @Override
    public void close() {}
  }
}
