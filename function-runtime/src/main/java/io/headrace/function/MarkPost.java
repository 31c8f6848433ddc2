package io.headrace.function;

import static java.util.stream.Collectors.toSet;

import io.headrace.function.through.Address;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.function.through.EnvelopeFormat;
import io.headrace.function.through.Routing;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Puts marks into every shard of a through-stream. Shared by the shards of one function's inputs;
 * any thread may call.
 */
final class MarkPost {
  /** How often a mark is put again because the stream's shards have changed meanwhile. */
  private static final int TRIES_MAX = 5;

  private final Address address;
  private final ShardedStream stream;
  private final StreamSink sink;

  /** As last listed; null when that is known to be of the past. */
  private volatile @Nullable Map<ShardId, String> keys;

  MarkPost(Address address, ShardedStream stream, StreamSink sink) {
    this.address = address;
    this.stream = stream;
    this.sink = sink;
  }

  /** Completes on any thread when the mark is stored in every shard that takes records. */
  CompletionStage<Void> post(Mark mark) {
    return post(EnvelopeFormat.write(address, mark), TRIES_MAX);
  }

  private CompletionStage<Void> post(byte[] bytes, int tries) {
    return keys().thenCompose(into -> post(bytes, into, tries));
  }

  private CompletionStage<Void> post(byte[] bytes, Map<ShardId, String> into, int tries) {
    var entries = new ArrayList<StreamSink.Entry>(into.size());
    into.values().forEach(key -> entries.add(new StreamSink.Entry(key, bytes)));
    return sink.put(entries).thenCompose(stored -> judge(bytes, into, stored, tries));
  }

  /** A mark that landed elsewhere tells that a shard has ended, and its children need one, too. */
  private CompletionStage<Void> judge(
      byte[] bytes, Map<ShardId, String> into, List<StreamSink.Stored> stored, int tries) {
    boolean reached =
        stored.stream().map(StreamSink.Stored::shard).collect(toSet()).equals(into.keySet());
    if (reached) {
      return CompletableFuture.completedFuture(null);
    }
    keys = null;
    if (tries == 1) {
      return CompletableFuture.failedFuture(
          new StreamException(
              StreamException.Kind.RETRYABLE,
              "stream " + stream.name() + ": its shards change faster than they are listed"));
    }
    return post(bytes, tries - 1);
  }

  private CompletionStage<Map<ShardId, String>> keys() {
    var known = keys;
    if (known != null) {
      return CompletableFuture.completedFuture(known);
    }
    return stream
        .shards()
        .thenApply(
            listed -> {
              var into = Routing.intoEach(listed);
              keys = into;
              return into;
            });
  }
}
