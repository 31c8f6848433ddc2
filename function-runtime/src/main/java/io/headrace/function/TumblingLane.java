package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.BatchLimits;
import io.headrace.kcl.ShardId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The tumbling windows of one shard as AWS Lambda runs them: which batch is next, in which window,
 * and when a window ends. Pure, owned by the worker loop.
 *
 * <p>A window begins with its first record and ends when one arrives that belongs behind it, or
 * when its time is over and nothing more came for a while. Records that arrived before the open
 * window began, as clocks of the stream differ by little, count into it. Once its end has begun
 * nothing else is called before it has ended, or was given up.
 */
final class TumblingLane {
  /** What state may take; a window whose state is larger ends early, and goes on with none. */
  static final int STATE_BYTES_MAX = 1 << 20;

  /**
   * How long nothing must have come until a window is ended by the clock alone, beyond what a batch
   * waits for more before it comes.
   */
  static final Duration QUIET = Duration.ofSeconds(5);

  static final String NO_STATE = "{}";

  /**
   * A window that has begun and not ended.
   *
   * @param shard where it began
   * @param state one JSON object
   */
  record Open(ShardId shard, Windows.Span span, String state) {
    Open with(String other) {
      return new Open(shard, span, other);
    }

    boolean isTooLarge() {
      return state.getBytes(UTF_8).length > STATE_BYTES_MAX;
    }
  }

  /** What is to be done. */
  sealed interface Step {
    /**
     * Call the handler, and say how it came out.
     *
     * @param last the window ends with it
     * @param early it ends before its time
     */
    record Invoke(Open window, List<BatchCall.Item> items, boolean last, boolean early)
        implements Step {
      public Invoke {
        items = List.copyOf(items);
      }
    }

    /** Ask again then, or when records come. */
    record Wait(Instant until) implements Step {}

    /** Ask again when records come. */
    record Idle() implements Step {}
  }

  private static final Step IDLE = new Step.Idle();

  private final ShardId shard;
  private final Duration size;
  private final BatchLimits limits;
  private final PayloadLimit payload;
  private final ArrayDeque<BatchCall.Item> ready = new ArrayDeque<>();

  /** Of the parents: they end before anything of this shard begins. */
  private final ArrayDeque<Open> inherited = new ArrayDeque<>();

  private @Nullable Open open;

  /** What failed in part or whole, to be called again before anything else. */
  private @Nullable List<BatchCall.Item> again;

  /** The open window is ending. */
  private boolean ending;

  private Instant lastCame = Instant.MIN;

  /** The latest arrival of what a filter kept back. */
  private Instant passedBy = Instant.MIN;

  TumblingLane(ShardId shard, Duration size, BatchLimits limits, PayloadLimit payload) {
    this.shard = shard;
    this.size = size;
    this.limits = limits;
    this.payload = payload;
  }

  void restore(Open window, Instant now) {
    lastCame = now;
    if (window.shard().equals(shard)) {
      open = window;
    } else {
      inherited.add(window);
    }
  }

  void add(BatchCall.Item item, Instant now) {
    ready.add(item);
    lastCame = now;
  }

  /** Records are read that are not for the handler, up to one that arrived then. */
  void passedBy(Instant arrival, Instant now) {
    lastCame = now;
    if (arrival.isAfter(passedBy)) {
      passedBy = arrival;
    }
  }

  /** Those that have not ended, to be stored. */
  List<Open> unfinished() {
    var all = new ArrayList<>(inherited);
    if (open != null) {
      all.add(open);
    }
    return all;
  }

  /** Takes out every record; nothing is called any more. */
  List<BatchCall.Item> drain() {
    var left = new ArrayList<>(again == null ? List.<BatchCall.Item>of() : again);
    left.addAll(ready);
    again = null;
    ready.clear();
    return left;
  }

  Step next(Instant now) {
    if (!inherited.isEmpty()) {
      return end(inherited.getFirst(), false);
    }
    var window = open;
    var failed = again;
    if (failed != null && window != null) {
      again = null;
      return new Step.Invoke(window, failed, false, false);
    }
    if (window != null && window.isTooLarge()) {
      return end(window, true);
    }
    if (window != null && ending) {
      return end(window, false);
    }
    var first = ready.peek();
    if (first == null) {
      return window == null ? IDLE : quiet(window, now);
    }
    if (window == null) {
      window = new Open(shard, spanOf(first), NO_STATE);
      open = window;
    } else if (isBehind(window, first)) {
      return endOpen(window);
    }
    return new Step.Invoke(window, take(window), false, false);
  }

  /** The handler has done these and answered with this state. */
  void done(Step.Invoke step, String state) {
    if (!step.last()) {
      open = step.window().with(state);
    } else if (!inherited.isEmpty()) {
      inherited.remove();
    } else {
      open = step.early() ? step.window().with(NO_STATE) : null;
      ending = false;
    }
  }

  /** A part of the step is done; the rest is a step that failed, or is discarded. */
  Step.Invoke partly(Step.Invoke step, List<BatchCall.Item> rest, String state) {
    var window = step.window().with(state);
    open = window;
    return new Step.Invoke(window, rest, step.last(), step.early());
  }

  /** Takes out the record that would be called next, where it is not to be. */
  BatchCall.@Nullable Item takeNextIf(Predicate<BatchCall.Item> refused) {
    var failed = again;
    if (failed == null) {
      var first = ready.peek();
      return first != null && refused.test(first) ? ready.remove() : null;
    }
    var first = failed.get(0);
    if (!refused.test(first)) {
      return null;
    }
    again = failed.size() == 1 ? null : failed.subList(1, failed.size());
    return first;
  }

  /** Records wait to be called once more, beside those that never were. */
  boolean isTrying() {
    return again != null;
  }

  /** The step came to nothing and is next again. */
  void failed(Step.Invoke step) {
    if (!step.last()) {
      again = step.items();
    }
  }

  private static Step end(Open window, boolean early) {
    return new Step.Invoke(window, List.of(), true, early);
  }

  private Step endOpen(Open window) {
    ending = true;
    return end(window, false);
  }

  /**
   * Nothing is there for the handler. While a filter keeps records back that are no newer than the
   * window, this worker is behind, and more of the window may come.
   */
  private Step quiet(Open window, Instant now) {
    var end = window.span().end();
    if (!passedBy.isBefore(end.plus(QUIET))) {
      return endOpen(window);
    }
    var still = lastCame.plus(QUIET).plus(limits.waitMax());
    var due = end.isAfter(still) ? end : still;
    return now.isBefore(due) ? new Step.Wait(due) : endOpen(window);
  }

  /** At least one; a letter that is played again goes alone, as it lies elsewhere in the stream. */
  private List<BatchCall.Item> take(Open window) {
    var items = new ArrayList<BatchCall.Item>();
    long bytes = 0;
    for (var item = ready.peek(); item != null && !isBehind(window, item); item = ready.peek()) {
      bytes += payload.isSet() ? payload.bytesOf(item.record) : 0;
      boolean alone = item.again || (!items.isEmpty() && items.get(0).again);
      boolean isFull = items.size() == limits.recordsMax() || bytes > payload.bytesMax();
      if (!items.isEmpty() && (alone || isFull)) {
        break;
      }
      items.add(ready.remove());
    }
    return items;
  }

  private static boolean isBehind(Open window, BatchCall.Item item) {
    return !item.record.arrivedAt().isBefore(window.span().end());
  }

  /** Aligned to the epoch. */
  private Windows.Span spanOf(BatchCall.Item item) {
    long millis = size.toMillis();
    long start = Math.floorDiv(item.record.arrivedAt().toEpochMilli(), millis) * millis;
    return new Windows.Span(Instant.ofEpochMilli(start), Instant.ofEpochMilli(start + millis));
  }
}
