package io.headrace.checkpoint.state;

import io.headrace.kcl.loop.Stages;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chunks that no root reaches any more. Owned by the worker loop.
 *
 * <p>Deleted is only what a <em>confirmed</em> commit made unreachable, one generation late, and
 * only chunks of this very shard: an ancestor's may be another descendant's as well.
 */
final class Garbage {
  private static final Logger LOG = LoggerFactory.getLogger(Garbage.class);

  /**
   * As many as a run is written with, so that they keep up with it: a large merge leaves ten
   * thousands of chunks, and heartbeats and commits go through the same client and table.
   */
  private static final int UNDER_WAY_MAX = 4;

  private final StateHome home;
  private final StateRules rules;

  /** To be deleted. */
  private final ArrayDeque<String> waiting = new ArrayDeque<>();

  private int underWay;

  /** No root that is stored from now on reaches these. */
  private List<String> dropped = new ArrayList<>();

  /** The latest stored root does not reach these. */
  private List<String> captured = new ArrayList<>();

  private byte @Nullable [] capturedPart;

  /** A confirmed commit does not reach these. */
  private List<String> unreachable = List.of();

  Garbage(StateHome home, StateRules rules) {
    this.home = home;
    this.rules = rules;
  }

  void drop(List<String> chunks) {
    dropped.addAll(chunks);
  }

  /** No root has ever named these, and none will: they need not wait for a commit. */
  void discard(List<String> chunks) {
    chunks.forEach(this::delete);
  }

  /** A root is about to be written that does not reach what was dropped by now. */
  List<String> taken() {
    var taken = dropped;
    dropped = new ArrayList<>();
    return taken;
  }

  /** That root is stored, and this is how a commit names it. */
  void captured(List<String> taken, byte[] part) {
    if (rules.collectsBeforeCommit()) {
      taken.forEach(this::delete);
      return;
    }
    captured.addAll(taken);
    capturedPart = part;
  }

  /** A commit with this part is stored for certain. */
  void committed(byte @Nullable [] part) {
    if (!Arrays.equals(part, capturedPart)) {
      return; // Of another root than the latest nothing is known.
    }
    unreachable.forEach(this::delete);
    unreachable = captured;
    captured = new ArrayList<>();
  }

  private void delete(String chunk) {
    if (rules.mayDelete(chunk, home.shardPrefix())) {
      waiting.add(chunk);
      deleteNext();
    }
  }

  private void deleteNext() {
    while (underWay < UNDER_WAY_MAX && !waiting.isEmpty()) {
      var chunk = waiting.remove();
      underWay++;
      Stages.ask(
          home.loop(),
          () -> home.chunks().delete(chunk),
          done -> ended(),
          thrown -> {
            // It costs room until someone sweeps, and nothing else.
            LOG.warn("chunk {} can't be deleted: {}", chunk, thrown.toString());
            ended();
          });
    }
  }

  private void ended() {
    underWay--;
    deleteNext();
  }
}
