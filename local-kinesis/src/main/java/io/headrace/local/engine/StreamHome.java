package io.headrace.local.engine;

import io.headrace.local.log.LogFailure;
import io.headrace.local.log.StreamLogs;
import org.jspecify.annotations.Nullable;

/**
 * Where a stream's state is kept, and which one was kept last. Nothing is written where nothing
 * outlives the process. The stream's monitor guards every call.
 */
final class StreamHome {
  private final StreamLogs logs;
  private final StateFormat format;
  private @Nullable StreamState kept;

  /**
   * The home of a stream.
   *
   * @param kept the state that is there already, or null for a new stream
   */
  StreamHome(StreamLogs logs, StateFormat format, @Nullable StreamState kept) {
    this.logs = logs;
    this.format = format;
    this.kept = kept;
  }

  StreamLogs logs() {
    return logs;
  }

  boolean keepsState() {
    return logs.keepsState();
  }

  /** The state that a next server would find; null when there is none, or none is ever kept. */
  @Nullable StreamState kept() {
    return kept;
  }

  /**
   * Keeps a state in place of the one before.
   *
   * @throws LogFailure when that one stays
   */
  void keep(StreamState state) {
    logs.save(() -> format.write(state));
    kept = state;
  }
}
