package io.headrace.checkpoint.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Makes a run without the entries and tombstones of one hash: the pieces that hold them are written
 * anew, and the nodes above those; all others stay where they are. One step at a time, on whatever
 * thread a chunk arrives.
 */
final class RunErasure {
  /**
   * How it came out.
   *
   * @param run the same where it had nothing of the hash; empty when nothing is left
   * @param replaced chunks that hold the hash still, and that the run does without
   */
  record Result(Optional<Run> run, List<String> replaced) {}

  /** What is left of a chunk; no reference where it would be empty. */
  private record Left(@Nullable ChunkRef ref, boolean changed) {}

  private final ChunkIo io;
  private final Run run;
  private final HashSpan span;
  private final List<String> replaced = new ArrayList<>();
  private final List<String> made;
  private long entriesGone;
  private long bytesGone;

  /**
   * @param made gets the names of all chunks that were begun: when it fails, nothing reaches them
   */
  RunErasure(ChunkIo io, Run run, HashSpan span, List<String> made) {
    this.io = io;
    this.run = run;
    this.span = span;
    this.made = made;
  }

  CompletableFuture<Result> start() {
    if (!span.mayLieIn(run.first(), run.last())) {
      return CompletableFuture.completedFuture(new Result(Optional.of(run), List.of()));
    }
    return without(run.top(), run.level())
        .thenCompose(
            left -> {
              var top = left.ref();
              if (!left.changed()) {
                return CompletableFuture.completedFuture(new Result(Optional.of(run), List.of()));
              }
              return top == null
                  ? CompletableFuture.completedFuture(new Result(Optional.empty(), replaced))
                  : lastKey(top, run.level()).thenApply(last -> result(top, last));
            });
  }

  private Result result(ChunkRef top, byte[] last) {
    var named = top;
    if (run.level() == 0) {
      io.isTop(top.name(), top.bloom());
      named = new ChunkRef(top.name(), top.checksum(), top.bytes(), top.first(), ChunkRef.NO_BLOOM);
    }
    var left =
        new Run(
            run.resident(),
            run.limit(),
            run.entries() - entriesGone,
            run.bytes() - bytesGone,
            top.first(),
            last,
            run.level(),
            named);
    return new Result(Optional.of(left), replaced);
  }

  private CompletableFuture<Left> without(ChunkRef ref, int level) {
    return level == 0
        ? io.data(ref).thenCompose(chunk -> piece(ref, chunk))
        : io.node(ref).thenCompose(node -> children(ref, node, 0, new ArrayList<>(), false));
  }

  private CompletableFuture<Left> piece(ChunkRef ref, DataChunk chunk) {
    var kept = chunk.entries().stream().filter(entry -> !span.holds(entry.key())).toList();
    if (kept.size() == chunk.size()) {
      return CompletableFuture.completedFuture(new Left(ref, false));
    }
    entriesGone += chunk.size() - kept.size();
    if (kept.isEmpty()) {
      return gone(ref);
    }
    return instead(ref, DataChunk.write(kept), kept.get(0).key(), Bloom.of(kept));
  }

  private CompletableFuture<Left> children(
      ChunkRef ref, Node node, int at, List<ChunkRef> left, boolean changed) {
    var refs = node.refs();
    for (int i = at; i < refs.size(); i++) {
      var child = refs.get(i);
      if (!span.mayLieIn(child.first(), i + 1 < refs.size() ? refs.get(i + 1).first() : null)) {
        left.add(child);
        continue;
      }
      int next = i + 1;
      return without(child, node.level() - 1)
          .thenCompose(
              of -> {
                if (of.ref() != null) {
                  left.add(of.ref());
                }
                return children(ref, node, next, left, changed || of.changed());
              });
    }
    if (!changed) {
      return CompletableFuture.completedFuture(new Left(ref, false));
    }
    if (left.isEmpty()) {
      return gone(ref);
    }
    var rest = new Node(node.level(), left);
    return instead(ref, rest.write(), left.get(0).first(), ChunkRef.NO_BLOOM);
  }

  private CompletableFuture<Left> gone(ChunkRef ref) {
    replaced.add(ref.name());
    bytesGone += ref.bytes();
    return CompletableFuture.completedFuture(new Left(null, true));
  }

  private CompletableFuture<Left> instead(
      ChunkRef former, byte[] chunk, byte[] first, byte[] bloom) {
    var name = io.newName();
    made.add(name);
    replaced.add(former.name());
    bytesGone += former.bytes() - chunk.length;
    var ref = ChunkRef.of(name, chunk, first, bloom);
    return io.put(name, chunk).thenApply(stored -> new Left(ref, true));
  }

  /** The former one may have been the key that is gone. */
  private CompletableFuture<byte[]> lastKey(ChunkRef ref, int level) {
    if (!span.holds(run.last())) {
      return CompletableFuture.completedFuture(run.last());
    }
    return level == 0
        ? io.data(ref).thenApply(chunk -> chunk.entry(chunk.size() - 1).key())
        : io.node(ref)
            .thenCompose(node -> lastKey(node.refs().get(node.refs().size() - 1), level - 1));
  }
}
