package io.headrace.local.log;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Keeps everything on the heap, up to a bound. Any thread. */
public final class MemoryStore implements LogStore {
  private final ByteBudget budget;

  public MemoryStore(long bytesMax) {
    this.budget = new ByteBudget(bytesMax);
  }

  @Override
  public List<KeptStream> kept() {
    return List.of();
  }

  @Override
  public StreamLogs create(StreamName name) {
    return new OnHeap();
  }

  @Override
  public ByteBudget budget() {
    return budget;
  }

  @Override
  public @Nullable CompletionStage<@Nullable Void> safe() {
    return null;
  }

  @Override
  public void tick() {
    // Nothing waits here.
  }

  @Override
  public void close() {
    // The heap goes with the server.
  }

  private final class OnHeap implements StreamLogs {
    @Override
    public String place() {
      return "memory";
    }

    @Override
    public ShardLog shard(ShardIdentity shard) {
      return new MemoryShardLog(shard, budget);
    }

    @Override
    public boolean keepsState() {
      return false;
    }

    @Override
    public void save(Supplier<byte[]> state) {
      // The stream itself is the only copy.
    }

    @Override
    public void delete() {
      // Its shards have given their room back.
    }

    @Override
    public void close() {
      // As above.
    }
  }
}
