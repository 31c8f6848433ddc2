package io.headrace.checkpoint.state;

import io.headrace.kcl.HashRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Makes one run of several that lie next to each other, so that a look-up asks few and what was
 * overwritten takes no room. By tiers of size: what is rewritten was written about as many times as
 * there are tiers.
 */
final class Compaction {
  /** How many times the oldest run all newer ones together may be. */
  private static final int GROWTH_MAX = 2;

  /** Less is left to the tiers. */
  private static final long SMALL_BYTES = 256L << 10;

  private final List<Run> inputs;
  private final boolean beneath;

  /**
   * How it came out.
   *
   * @param run empty when nothing is left
   * @param replaced the chunks that the inputs were made of
   * @param made the chunks that the run is made of
   */
  record Result(List<Run> inputs, Optional<Run> run, List<String> replaced, List<String> made) {
    /** The runs with this one in the place of its inputs, which must be there still. */
    List<Run> in(List<Run> runs) {
      int at = runs.indexOf(inputs.get(0));
      var all = new ArrayList<>(runs.subList(0, at));
      run.ifPresent(all::add);
      all.addAll(runs.subList(at + inputs.size(), runs.size()));
      return List.copyOf(all);
    }
  }

  private Compaction(List<Run> inputs, boolean beneath) {
    this.inputs = List.copyOf(inputs);
    this.beneath = beneath;
  }

  /**
   * What is to be done, if anything.
   *
   * @param runs of one kind, the newest first
   * @param runsMax so many of one tier become one
   */
  static Optional<Compaction> of(List<Run> runs, int runsMax) {
    int tiers = runs.stream().mapToInt(Run::tier).max().orElse(0);
    for (int tier = 0; tier <= tiers; tier++) {
      var due = ofTier(tier, runs, runsMax);
      if (due.isPresent()) {
        return due;
      }
    }
    return outgrown(runs) ? Optional.of(new Compaction(runs, false)) : Optional.empty();
  }

  /**
   * Smaller ones between those of the tier go with them, as the order of runs is that of changes;
   * but they do not count, or a large run would be written again for each few small ones.
   */
  private static Optional<Compaction> ofTier(int tier, List<Run> runs, int runsMax) {
    int first = 0;
    int last = 0;
    int count = 0;
    for (int i = 0; i <= runs.size(); i++) {
      int its = i < runs.size() ? runs.get(i).tier() : Integer.MAX_VALUE;
      if (its > tier) {
        if (count >= runsMax) {
          return Optional.of(new Compaction(runs.subList(first, last + 1), last + 1 < runs.size()));
        }
        count = 0;
      } else if (its == tier) {
        first = count == 0 ? i : first;
        last = i;
        count++;
      }
    }
    return Optional.empty();
  }

  /** What becomes one, the newest first. */
  List<Run> inputs() {
    return inputs;
  }

  private static boolean outgrown(List<Run> runs) {
    if (runs.size() < 2) {
      return false;
    }
    long oldest = runs.get(runs.size() - 1).bytes();
    long all = runs.stream().mapToLong(Run::bytes).sum();
    return all - oldest > GROWTH_MAX * oldest + SMALL_BYTES;
  }

  /**
   * The stage completes on any thread; fails when a chunk can't be read or stored.
   *
   * @param names of all chunks that were begun, once the stage is complete: none is under way then
   */
  CompletableFuture<Result> start(
      ChunkIo io, HashRange range, Executor background, AtomicBoolean stopped, List<String> names) {
    var writer = new RunWriter(io, inputs.get(0).resident(), range);
    var merge =
        new RunMerge(
            io,
            inputs,
            background,
            entry -> {
              if (entry.value() != null || !io.rules().dropsTombstone(beneath)) {
                writer.add(entry);
              }
            },
            writer::pressure,
            stopped);
    return merge
        .start()
        .exceptionallyCompose(
            thrown ->
                writer
                    .settled()
                    .thenCompose(settled -> CompletableFuture.<List<String>>failedFuture(thrown)))
        .thenCompose(
            visited ->
                writer.finish().thenApply(run -> new Result(inputs, run, visited, writer.names())))
        .whenComplete((result, thrown) -> names.addAll(writer.names()));
  }
}
