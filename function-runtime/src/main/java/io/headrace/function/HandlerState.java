package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.FormerState;
import io.headrace.checkpoint.state.Joining;
import io.headrace.checkpoint.state.ReachedChunks;
import io.headrace.checkpoint.state.StateHome;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the state of one handler in its shard. */
final class HandlerState {
  /** Notes of former versions and of this one: the event time of the shard. */
  static final String CLOCK = "clock";

  private static final Logger LOG = LoggerFactory.getLogger(HandlerState.class);

  private HandlerState() {}

  static StateSpace open(Scope scope, Joining joining) {
    return open(scope, StateRoot.STATE, HandlerState::former, joining);
  }

  /**
   * Something that is kept beside a handler's state.
   *
   * @param part of the commit; no earlier version stored any under that name
   */
  static StateSpace open(Scope scope, String part, Joining joining) {
    return open(
        scope,
        part,
        (chunk, bytes) -> {
          throw new CheckpointException(part + " chunk " + chunk + ": is none");
        },
        joining);
  }

  private static StateSpace open(Scope scope, String part, FormerState former, Joining joining) {
    return new StateSpace(home(scope, part, new ChunkNames(scope)), former, joining);
  }

  private static StateHome home(Scope scope, String part, ChunkNames names) {
    var context = scope.context;
    return new StateHome(
        "function " + scope.function + ", shard " + context.key(),
        context.shard().range(),
        names.shardPrefix(),
        names.prefix(),
        part,
        scope.environment.chunks(),
        scope.environment.cache(),
        scope.loop(),
        scope::inBackgroundEvenIfOver);
  }

  /**
   * Takes away, later and by itself, what former runs of the shard have stored of state and the
   * commits from which this one goes on do not reach: of crashes, of cut off merges, and all that a
   * seek has dropped; and of what was seen of shards upstream what they do not name. Called once by
   * each handler that has state, when that is restored; on the worker loop or not.
   */
  static void sweep(Scope scope, List<CommitParts> commits) {
    if (!scope.environment.keepsChunks() || scope.isSwept.getAndSet(true)) {
      return;
    }
    var home = home(scope, StateRoot.STATE, ChunkNames.ofShard(scope));
    var directory = home.shardPrefix().substring(0, home.shardPrefix().length() - 1);
    var carried = ThroughReceiver.chunksIn(commits);
    // At once: this run's own commits may make unreachable what these name, and delete it.
    var unused =
        ReachedChunks.of(home, commits)
            .whenComplete(
                (reached, failed) -> {
                  if (failed != null) {
                    LOG.warn(
                        "{}: its chunks are not swept this time: {}",
                        home.owner(),
                        failed.toString());
                    return;
                  }
                  scope.post(
                      () ->
                          ChunkSweep.begin(
                              scope,
                              directory,
                              "state",
                              name -> {
                                var word = name.substring(directory.length() + 1);
                                return ReachedChunks.isState(word)
                                    ? reached.has(name)
                                    : !ThroughReceiver.isChunk(word) || carried.contains(name);
                              }));
                });
  }

  /** State as it was stored whole. */
  static FormerState.Contents former(String name, byte[] bytes) {
    var chunk = StateChunk.read(name, bytes);
    Map<EntryKey, StateValue> entries = new HashMap<>();
    for (var entry : chunk.entries()) {
      var value = StateValue.of(entry.value(), chunk.codecVersion());
      if (entry.span() == null) {
        entries.put(EntryKeys.of(entry.key()), value);
      } else {
        var window = new WindowKey(entry.key(), entry.span());
        entries.put(EntryKeys.sumOf(window), value);
        entries.put(EntryKeys.openOf(window), EntryKeys.OPEN);
      }
    }
    var clock = new WindowClock.Reading(chunk.watermark(), chunk.floors(), chunk.pending());
    return new FormerState.Contents(chunk.range(), entries, Map.of(CLOCK, clock.write()));
  }
}
