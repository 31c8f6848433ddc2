package io.headrace.checkpoint.state;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Chunks behind a network: slow, out of order, failing before and after they were stored. */
final class UnsteadyChunks implements ChunkStore {
  private final SimulatedLoop loop;
  private final RandomGenerator random;
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  final Map<String, Integer> sizes = new TreeMap<>();
  int failuresInHundred;
  int millisMax;
  int puts;
  int gets;
  long putBytes;

  UnsteadyChunks(SimulatedLoop loop, RandomGenerator random) {
    this.loop = loop;
    this.random = random;
  }

  @Override
  public CompletionStage<Void> put(String name, byte[] bytes) {
    return send(
        10 * failuresInHundred,
        () -> {
          puts++;
          putBytes += bytes.length;
          sizes.put(name, bytes.length);
          return chunks.put(name, bytes);
        });
  }

  @Override
  public CompletionStage<byte[]> get(String name) {
    return send(
        failuresInHundred, // A restart reads hundreds of chunks, and all of them have to come.
        () -> {
          gets++;
          return chunks.get(name);
        });
  }

  @Override
  public CompletionStage<List<String>> names(String directory, Optional<String> after) {
    return send(failuresInHundred, () -> chunks.names(directory, after));
  }

  @Override
  public CompletionStage<Void> delete(String name) {
    return send(
        10 * failuresInHundred,
        () -> {
          sizes.remove(name);
          return chunks.delete(name);
        });
  }

  private <T> CompletionStage<T> send(int failuresInThousand, Supplier<CompletionStage<T>> call) {
    if (failuresInThousand == 0 && millisMax == 0) {
      return call.get();
    }
    boolean lost = random.nextInt(1_000) < failuresInThousand;
    boolean applied = !lost || random.nextBoolean();
    var answer = new CompletableFuture<T>();
    var unused =
        loop.schedule(
            Duration.ofMillis(random.nextInt(millisMax + 1)),
            () -> {
              var done = applied ? call.get() : null;
              if (lost || done == null) {
                answer.completeExceptionally(new CheckpointException("the network was lost"));
                return;
              }
              done.whenComplete(
                  (value, thrown) -> {
                    if (thrown != null) {
                      answer.completeExceptionally(thrown);
                    } else {
                      answer.complete(value);
                    }
                  });
            });
    return answer;
  }
}
