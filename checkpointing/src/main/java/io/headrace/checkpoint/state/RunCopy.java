package io.headrace.checkpoint.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Copies the chunks of runs under names of another place. What was copied is not read again when a
 * copy begins anew, as it does when the owner has deleted a chunk meanwhile: so that it comes to an
 * end although the state goes on. One step at a time, on whatever thread a chunk arrives.
 */
final class RunCopy {
  /** So many chunks are on their way at once: a fleet works on the same store. */
  private static final int AT_ONCE = 4;

  private final ChunkIo from;
  private final ChunkIo to;
  private final Map<String, ChunkRef> copies;

  /**
   * @param copies what was copied by now, by the name that it was read under; added to
   */
  RunCopy(ChunkIo from, ChunkIo to, Map<String, ChunkRef> copies) {
    this.from = from;
    this.to = to;
    this.copies = copies;
  }

  /** The newest first: they are merged away the soonest. */
  CompletableFuture<List<Run>> of(List<Run> runs) {
    CompletableFuture<List<Run>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (var run : runs) {
      all =
          all.thenCompose(
              some ->
                  copy(run.top(), run.level())
                      .thenApply(
                          top -> {
                            some.add(withTop(run, top));
                            return some;
                          }));
    }
    return all;
  }

  private static Run withTop(Run run, ChunkRef top) {
    return new Run(
        run.resident(),
        run.limit(),
        run.entries(),
        run.bytes(),
        run.first(),
        run.last(),
        run.level(),
        top);
  }

  private CompletableFuture<ChunkRef> copy(ChunkRef ref, int level) {
    var done = copies.get(ref.name());
    if (done != null) {
      return CompletableFuture.completedFuture(done);
    }
    return level == 0
        ? from.get(ref).thenCompose(bytes -> put(ref, bytes))
        : from.node(ref)
            .thenCompose(
                node ->
                    children(node, 0, new ArrayList<>())
                        .thenCompose(refs -> put(ref, new Node(node.level(), refs).write())));
  }

  private CompletableFuture<List<ChunkRef>> children(Node node, int at, List<ChunkRef> copied) {
    if (at >= node.refs().size()) {
      return CompletableFuture.completedFuture(copied);
    }
    int end = Math.min(node.refs().size(), at + AT_ONCE);
    var some =
        node.refs().subList(at, end).stream().map(ref -> copy(ref, node.level() - 1)).toList();
    return CompletableFuture.allOf(some.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            done -> {
              some.forEach(each -> copied.add(each.join()));
              return children(node, end, copied);
            });
  }

  private CompletableFuture<ChunkRef> put(ChunkRef former, byte[] bytes) {
    var name = to.newName();
    var ref = ChunkRef.of(name, bytes, former.first(), former.bloom());
    return to.put(name, bytes)
        .thenApply(
            stored -> {
              copies.put(former.name(), ref);
              return ref;
            });
  }
}
