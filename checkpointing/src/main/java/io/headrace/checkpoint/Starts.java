package io.headrace.checkpoint;

import io.headrace.kcl.Start;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
  private final List<String> formers;
  private final Start start;
  private final EventLoop loop;
  private @Nullable CompletableFuture<StartingPosition> asked;

  /**
   * @param formers names under which the function may have begun, the latest first
   */
  Starts(
      CheckpointStore store, String function, List<String> formers, Start start, EventLoop loop) {
    this.store = store;
    this.function = function;
    this.formers = List.copyOf(formers);
    this.start = start;
    this.loop = loop;
  }

  CompletionStage<StartingPosition> resolved() {
    if (asked == null || asked.isCompletedExceptionally()) {
      var own = proposal();
      asked =
          formers.isEmpty()
              ? store.startOf(function, own).toCompletableFuture()
              : store
                  .operator()
                  .functions()
                  .all()
                  .thenCompose(all -> store.startOf(function, ofFormers(all).orElse(own)))
                  .toCompletableFuture();
    }
    return asked;
  }

  List<String> formers() {
    return formers;
  }

  /** Shards in which it never was under a former name have been there since then. */
  private Optional<StartingPosition> ofFormers(List<FunctionItem> all) {
    return formers.stream()
        .flatMap(former -> all.stream().filter(item -> item.function().equals(former)))
        .flatMap(item -> item.start().stream())
        .findFirst();
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
