package io.headrace.function;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One call of a Lambda handler.
 *
 * @param requestId another one for each attempt
 * @param records of one shard, in its order; empty only where a window is closed
 * @param remaining until the attempt counts as failed; asked by the handler, on its thread
 * @param window null for a handler without windows
 */
public record LambdaCall(
    String function,
    String requestId,
    ShardKey shard,
    List<StreamRecord> records,
    Supplier<Duration> remaining,
    @Nullable InWindow window) {
  public LambdaCall {
    records = List.copyOf(records);
  }

  /**
   * Where the batch stands in its tumbling window.
   *
   * @param start included
   * @param end not included
   * @param state one JSON object: what the call before answered, {@code {}} at first
   * @param last the window ends with this call
   * @param early it ends before its time, as its state became too large
   */
  public record InWindow(Instant start, Instant end, String state, boolean last, boolean early) {}
}
