package io.headrace.kcl;

import java.util.Objects;

/**
 * One function as the worker runs it: what it reads and who handles and commits it. The worker
 * knows nothing more of functions.
 *
 * @param name unique within the application
 * @param inFlightMax how many records of one shard may be with the handler and unanswered
 */
public record HandlerSpec(
    String name,
    ShardedStream stream,
    BatchLimits limits,
    int inFlightMax,
    ShardHandler.Factory handlers,
    Checkpointer.Factory checkpointers) {
  public HandlerSpec {
    Objects.requireNonNull(stream, "stream");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(handlers, "handlers");
    Objects.requireNonNull(checkpointers, "checkpointers");
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name: must not be empty");
    }
    if (inFlightMax < 1) {
      throw new IllegalArgumentException("inFlightMax " + inFlightMax + ": must be at least 1");
    }
  }
}
