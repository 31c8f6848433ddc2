package io.headrace.checkpoint.state;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Goes through a run from its first key to its last. One thread at a time. */
final class RunCursor {
  private record Pending(ChunkRef ref, int level) {}

  private final ChunkIo io;
  private final Run run;
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private final List<String> visited = new ArrayList<>();
  private @Nullable DataChunk chunk;
  private int at;
  private @Nullable RawEntry current;

  RunCursor(ChunkIo io, Run run) {
    this.io = io;
    this.run = run;
    pending.push(new Pending(run.top(), run.level()));
  }

  /** The entry where it stands; null at the end, or when more has to be {@link #load loaded}. */
  @Nullable RawEntry current() {
    return current;
  }

  boolean mustLoad() {
    return current == null && !pending.isEmpty();
  }

  boolean isAtEnd() {
    return current == null && pending.isEmpty();
  }

  /** The names of all chunks that were read. */
  List<String> visited() {
    return visited;
  }

  /** Reads the next chunk; {@link #current} may be null behind it. */
  CompletableFuture<Void> load() {
    var next = pending.pop();
    visited.add(next.ref().name());
    if (next.level() == 0) {
      return io.data(next.ref())
          .thenAccept(
              data -> {
                chunk = data;
                at = 0;
                advance();
              });
    }
    return io.node(next.ref())
        .thenAccept(
            node -> {
              for (int i = node.refs().size() - 1; i >= 0; i--) {
                pending.push(new Pending(node.refs().get(i), node.level() - 1));
              }
            });
  }

  /** Goes to the next entry that counts. */
  void advance() {
    current = null;
    var data = chunk;
    while (data != null && at < data.size()) {
      var entry = data.entry(at++);
      if (io.rules().isInLimit(run, entry.key())) {
        current = entry;
        return;
      }
    }
    chunk = null;
  }
}
