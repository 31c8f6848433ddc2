package io.headrace.checkpoint;

import io.headrace.kcl.Start;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where one function begins: asked of the store once a worker, at the first seal. Used on the
 * worker loop.
 */
final class Starts {
  /** "From now on" begins a little earlier, so that clocks that differ pass over no record. */
  static final Duration LATEST_MARGIN = Duration.ofSeconds(5);

  private final CheckpointStore store;
  private final String function;
  private final Start start;
  private final EventLoop loop;
  private @Nullable CompletableFuture<StartingPosition> asked;

  Starts(CheckpointStore store, String function, Start start, EventLoop loop) {
    this.store = store;
    this.function = function;
    this.start = start;
    this.loop = loop;
  }

  CompletionStage<StartingPosition> resolved() {
    if (asked == null || asked.isCompletedExceptionally()) {
      asked = store.startOf(function, proposal()).toCompletableFuture();
    }
    return asked;
  }

  private StartingPosition proposal() {
    if (start instanceof Start.At at) {
      return StartingPosition.at(at.time());
    }
    return start instanceof Start.Latest
        ? StartingPosition.at(loop.now().minus(LATEST_MARGIN))
        : StartingPosition.TRIM_HORIZON;
  }
}
