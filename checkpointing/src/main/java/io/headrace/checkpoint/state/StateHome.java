package io.headrace.checkpoint.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.EventLoop;
import java.util.Objects;
import java.util.concurrent.Executor;

/**
 * Where the state of one function in one shard belongs.
 *
 * @param owner function and shard, for errors
 * @param range the keys of the shard
 * @param shardPrefix what the names of all chunks of this shard begin with
 * @param prefix what the names of this run's chunks begin with, and no other run's: it holds the
 *     lease's epoch and a draw
 * @param part under which name the commit has the root
 * @param cache of the worker, shared by its functions and shards
 * @param loop the worker loop
 * @param background for our own work that takes its time; never refuses
 */
public record StateHome(
    String owner,
    HashRange range,
    String shardPrefix,
    String prefix,
    String part,
    ChunkStore chunks,
    StateCache cache,
    EventLoop loop,
    Executor background) {
  public StateHome {
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(range, "range");
    Objects.requireNonNull(chunks, "chunks");
    Objects.requireNonNull(cache, "cache");
    Objects.requireNonNull(loop, "loop");
    Objects.requireNonNull(background, "background");
    if (!prefix.startsWith(shardPrefix) || part.isEmpty()) {
      throw new IllegalArgumentException(
          "prefix \"" + prefix + "\" must begin with \"" + shardPrefix + "\", part not be empty");
    }
  }

  /** By which a root is known to be this shard's own. */
  int shardTag() {
    byte[] name = shardPrefix.getBytes(UTF_8);
    return ByteWriter.checksum(name, name.length);
  }
}
