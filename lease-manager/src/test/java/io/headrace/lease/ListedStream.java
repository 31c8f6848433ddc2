package io.headrace.lease;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A stream of which only the list of shards matters. */
final class ListedStream implements ShardedStream {
  private final StreamId id;
  private final List<Shard> shards = new ArrayList<>();
  StreamException refusal;
  int listings;

  /** So many of the next lists are of the time of {@link #remember}. */
  int oldListings;

  private List<Shard> old = List.of();

  ListedStream(String name, int shards) {
    id = new StreamId(name, Instant.EPOCH);
    for (int i = 0; i < shards; i++) {
      add("shard-%04d".formatted(i));
    }
  }

  Shard add(String shard, String... parents) {
    var added =
        new Shard(
            new ShardId(shard),
            List.of(parents).stream().map(ShardId::new).toList(),
            io.headrace.kcl.HashRange.ALL);
    shards.add(added);
    return added;
  }

  void remember() {
    old = List.copyOf(shards);
  }

  void forget(String shard) {
    shards.removeIf(s -> s.id().value().equals(shard));
  }

  ShardKey key(String shard) {
    return new ShardKey(id, new ShardId(shard));
  }

  List<ShardKey> keys() {
    return shards.stream().map(shard -> new ShardKey(id, shard.id())).toList();
  }

  /** The parents that are listed. */
  List<ShardKey> parents(ShardKey shard) {
    return shards.stream()
        .filter(s -> s.id().equals(shard.shard()))
        .flatMap(s -> s.parents().stream())
        .map(parent -> new ShardKey(id, parent))
        .filter(keys()::contains)
        .toList();
  }

  @Override
  public String name() {
    return id.name();
  }

  @Override
  public CompletionStage<StreamId> identify() {
    return refusal == null
        ? CompletableFuture.completedFuture(id)
        : CompletableFuture.failedFuture(refusal);
  }

  @Override
  public CompletionStage<List<Shard>> shards() {
    listings++;
    if (oldListings > 0) {
      oldListings--;
      return CompletableFuture.completedFuture(List.copyOf(old));
    }
    return CompletableFuture.completedFuture(List.copyOf(shards));
  }

  @Override
  public ShardCursor open(Shard shard, StartingPosition from) {
    throw new AssertionError("a coordinator reads no records");
  }

  @Override
  public void close() {}
}
