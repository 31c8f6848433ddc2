package io.headrace.harness.fleet;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.harness.fleet.Weather.Service;
import io.headrace.kcl.CheckpointException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * The chunk store of a simulated fleet as one process reaches it.
 *
 * @param atOnce whether a chunk is answered within the call: a judge that asks for state holds up
 *     the loop by which an answer would come
 */
record NetworkedChunks(ChunkStore chunks, Network network, BooleanSupplier atOnce)
    implements ChunkStore {
  @Override
  public CompletionStage<Void> put(String name, byte[] bytes) {
    return network.send(
        Service.CHUNKS,
        "put chunk " + bytes.length,
        () -> chunks.put(name, bytes),
        CheckpointException::new);
  }

  @Override
  public CompletionStage<byte[]> get(String name) {
    if (atOnce.getAsBoolean()) {
      return chunks.get(name);
    }
    return network.send(
        Service.CHUNKS, "get chunk", () -> chunks.get(name), CheckpointException::new);
  }

  @Override
  public CompletionStage<Void> delete(String name) {
    return network.send(
        Service.CHUNKS, "delete chunk", () -> chunks.delete(name), CheckpointException::new);
  }

  @Override
  public CompletionStage<List<String>> names(String directory, Optional<String> after) {
    return network.send(
        Service.CHUNKS,
        "list chunks",
        () -> chunks.names(directory, after),
        CheckpointException::new);
  }
}
