package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

/**
 * The versions of a broadcast in the store of state, since a stream forgets them long before they
 * are out of force. Every worker keeps what it reads, each version under the name of its place: the
 * content is the stream's, so they all write the same, and no lease is needed. A worker keeps what
 * it reads in its order, one behind the other. A list of what is kept is no snapshot, so what the
 * stream still has is read from there. Any thread may call.
 */
final class KeptVersions {
  /** A record of a broadcast: as it lies in the stream, also where no codec can read it. */
  record Raw(ShardId shard, Position position, Instant arrivedAt, byte[] payload) {
    /**
     * @throws UncheckedIOException when a payload that is fetched late can't be had now
     */
    static Raw of(ShardId shard, StreamRecord record) {
      try {
        return new Raw(shard, record.position(), record.arrivedAt(), record.payload().bytes());
      } catch (IOException late) {
        throw new UncheckedIOException(late);
      }
    }
  }

  private static final byte FORMAT = 1;
  private static final Pattern NAME = Pattern.compile("(.+)\\.(\\d{1,129})\\.(\\d{1,19})");

  private final ChunkStore chunks;
  private final String directory;

  KeptVersions(ChunkStore chunks, String application, StreamId stream) {
    this.chunks = chunks;
    this.directory = application + "/broadcast!" + stream.key();
  }

  CompletionStage<Void> keep(Raw raw) {
    return chunks.put(name(raw.shard(), raw.position()), encode(raw));
  }

  /** All that is kept, in no order. */
  CompletionStage<List<Raw>> load() {
    return names(Optional.empty(), new ArrayList<>()).thenCompose(this::load);
  }

  private CompletionStage<List<String>> names(Optional<String> after, List<String> found) {
    return chunks
        .names(directory, after)
        .thenCompose(
            page -> {
              if (page.isEmpty()) {
                return CompletableFuture.completedFuture(found);
              }
              found.addAll(page);
              return names(Optional.of(page.get(page.size() - 1)), found);
            });
  }

  /** One behind the other: there are few, and it is done once. */
  private CompletionStage<List<Raw>> load(List<String> names) {
    CompletionStage<List<Raw>> loaded = CompletableFuture.completedFuture(new ArrayList<>());
    for (var name : names) {
      loaded =
          loaded.thenCompose(
              raws ->
                  chunks
                      .get(name)
                      .thenApply(
                          bytes -> {
                            raws.add(decode(name, bytes));
                            return raws;
                          }));
    }
    return loaded;
  }

  private String name(ShardId shard, Position position) {
    return directory
        + "/"
        + shard.value()
        + "."
        + position.sequence().value()
        + "."
        + position.subSequence();
  }

  private static byte[] encode(Raw raw) {
    var bytes = ByteBuffer.allocate(1 + Long.BYTES + Integer.BYTES + raw.payload().length);
    bytes.put(FORMAT);
    var arrived = raw.arrivedAt();
    bytes.putLong(arrived.getEpochSecond()).putInt(arrived.getNano());
    return bytes.put(raw.payload()).array();
  }

  private Raw decode(String name, byte[] chunk) {
    var place = NAME.matcher(name.substring(directory.length() + 1));
    if (!place.matches()) {
      throw new CheckpointException("chunk \"" + name + "\": its name is none of a version");
    }
    try {
      var bytes = ByteBuffer.wrap(chunk);
      byte format = bytes.get();
      if (format != FORMAT) {
        throw new CheckpointException(
            "chunk \""
                + name
                + "\" has format "
                + format
                + ": a newer Headrace wrote it; run that one");
      }
      var arrivedAt = Instant.ofEpochSecond(bytes.getLong(), bytes.getInt());
      byte[] payload = new byte[bytes.remaining()];
      bytes.get(payload);
      var position =
          new Position(new SequenceNumber(place.group(2)), Long.parseLong(place.group(3)));
      return new Raw(new ShardId(place.group(1)), position, arrivedAt, payload);
    } catch (BufferUnderflowException cut) {
      throw new CheckpointException("chunk \"" + name + "\" is cut off", cut);
    }
  }
}
