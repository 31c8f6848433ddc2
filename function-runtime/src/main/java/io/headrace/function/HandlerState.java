package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.FormerState;
import io.headrace.checkpoint.state.Joining;
import io.headrace.checkpoint.state.StateHome;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import java.util.HashMap;
import java.util.Map;

/** Opens the state of one handler in its shard. */
final class HandlerState {
  /** Notes of former versions and of this one: the event time of the shard. */
  static final String CLOCK = "clock";

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
    var names = new ChunkNames(scope);
    var context = scope.context;
    var home =
        new StateHome(
            "function " + scope.function + ", shard " + context.key(),
            context.shard().range(),
            names.shardPrefix(),
            names.prefix(),
            part,
            scope.environment.chunks(),
            scope.environment.cache(),
            scope.loop(),
            scope::inBackgroundEvenIfOver);
    return new StateSpace(home, former, joining);
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
