package io.headrace.checkpoint.state;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Takes some partition keys out of all runs of a space, one after the other. */
final class Erasure {
  /**
   * How it came out.
   *
   * @param replaced chunks that hold such keys still, and that no run needs any more
   */
  record Result(List<Run> cold, List<Run> resident, List<String> replaced) {}

  private final ChunkIo io;
  private final List<HashSpan> spans;
  private final List<Run> cold;
  private final List<Run> resident;
  private final List<String> replaced = new ArrayList<>();
  private final List<String> made = new ArrayList<>();

  /**
   * @param hashes of the partition keys
   */
  Erasure(ChunkIo io, List<BigInteger> hashes, List<Run> cold, List<Run> resident) {
    this.io = io;
    this.spans = hashes.stream().map(HashSpan::of).toList();
    this.cold = cold;
    this.resident = resident;
  }

  boolean isGone(EntryKey key) {
    return spans.stream().anyMatch(span -> span.holds(key.encoded()));
  }

  /** All chunks that were begun: when it fails, nothing reaches them. */
  List<String> made() {
    return made;
  }

  CompletableFuture<Result> start() {
    return without(cold)
        .thenCompose(
            newCold ->
                without(resident)
                    .thenApply(newResident -> new Result(newCold, newResident, replaced)));
  }

  private CompletableFuture<List<Run>> without(List<Run> runs) {
    CompletableFuture<List<Run>> left = CompletableFuture.completedFuture(runs);
    for (var span : spans) {
      left = left.thenCompose(some -> without(some, span));
    }
    return left;
  }

  private CompletableFuture<List<Run>> without(List<Run> runs, HashSpan span) {
    CompletableFuture<List<Run>> left = CompletableFuture.completedFuture(new ArrayList<>());
    for (var run : runs) {
      left =
          left.thenCompose(
              some ->
                  new RunErasure(io, run, span, made)
                      .start()
                      .thenApply(
                          result -> {
                            result.run().ifPresent(some::add);
                            replaced.addAll(result.replaced());
                            return some;
                          }));
    }
    return left.thenApply(List::copyOf);
  }
}
