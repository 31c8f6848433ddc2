package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes away what former owners of a shard put into the store and no commit names: of a run that
 * crashed between a chunk and its commit, or before it deleted what was done. One slow pass through
 * one directory when a run has lasted for a while. Owned by the worker loop.
 *
 * <p>Why that is safe, also for a run that has lost its shard and does not know: it takes only
 * chunks of lower epochs, whose owners can commit nothing any more since this run sealed its
 * progress, and of those only what the sealed commit does not name. A commit names what its
 * predecessor named or its own run put, so what is unreachable then stays so.
 */
final class ChunkSweep {
  private static final Logger LOG = LoggerFactory.getLogger(ChunkSweep.class);

  /** A run that is as short as that leaves it to the next one. */
  private static final Duration FIRST = Duration.ofMinutes(1);

  /** The shards of a worker do not begin all at once. */
  private static final int SPREAD_SECONDS = 60;

  /** Between two pages, and between two deletions. */
  private static final Duration PACE = Duration.ofMillis(200);

  private final Scope scope;
  private final ChunkStore chunks;
  private final String directory;
  private final long epoch;
  private final Predicate<String> isNamed;
  private final String what;
  private final ArrayDeque<String> unreachable = new ArrayDeque<>();
  private int swept;

  private ChunkSweep(Scope scope, String directory, String what, Predicate<String> isNamed) {
    this.scope = scope;
    this.chunks = scope.environment.chunks();
    this.directory = directory;
    this.epoch = scope.context.tenure().token().epoch();
    this.isNamed = isNamed;
    this.what = what;
  }

  /**
   * Begins later, by itself.
   *
   * @param directory of chunks whose names' last words begin with the epoch of their run and a dot
   * @param what the chunks are, for the log
   * @param isNamed whether the commit from which the run goes on refers to a chunk of a former run
   */
  static void begin(Scope scope, String directory, String what, Predicate<String> isNamed) {
    var sweep = new ChunkSweep(scope, directory, what, isNamed);
    long spread = Math.floorMod(directory.hashCode(), SPREAD_SECONDS);
    sweep.in(FIRST.plusSeconds(spread), () -> sweep.page(Optional.empty()));
  }

  private void in(Duration wait, Runnable task) {
    var unused = scope.loop().schedule(wait, () -> scope.runUnlessOver(task));
  }

  private void page(Optional<String> after) {
    Stages.ask(
        scope.loop(),
        () -> chunks.names(directory, after),
        names -> scope.runUnlessOver(() -> look(names)),
        failed -> LOG.warn("chunks of {} can't be listed: {}", directory, failed.toString()));
  }

  private void look(List<String> names) {
    if (names.isEmpty()) {
      if (swept > 0) {
        LOG.info(
            "function {}, shard {}: {} chunks of {} that no commit names are deleted",
            scope.function,
            scope.context.key(),
            swept,
            what);
      }
      return;
    }
    names.stream().filter(this::isGarbage).forEach(unreachable::add);
    deleteNext(names.get(names.size() - 1));
  }

  private void deleteNext(String last) {
    var name = unreachable.poll();
    if (name == null) {
      in(PACE, () -> page(Optional.of(last)));
      return;
    }
    Stages.ask(
        scope.loop(),
        () -> chunks.delete(name),
        done ->
            scope.runUnlessOver(
                () -> {
                  swept++;
                  in(PACE, () -> deleteNext(last));
                }),
        failed -> LOG.warn("chunk {} can't be deleted: {}", name, failed.toString()));
  }

  /** What has another name is not ours to judge. */
  private boolean isGarbage(String name) {
    int word = directory.length() + 1;
    int dot = name.indexOf('.', word);
    if (dot < 0) {
      return false;
    }
    long of;
    try {
      of = Long.parseLong(name.substring(word, dot));
    } catch (NumberFormatException other) {
      return false;
    }
    return of < epoch && !isNamed.test(name);
  }
}
