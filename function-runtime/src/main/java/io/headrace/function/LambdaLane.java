package io.headrace.function;

import io.headrace.kcl.BatchLimits;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One lane of a shard as Lambda's event source mapping runs it: batches in order, one at a time,
 * and what failed before everything behind it. Pure, owned by the worker loop.
 *
 * <p>{@link #next} says what is to be done; whoever does it says how it came out before {@link
 * #next} says anything else.
 */
final class LambdaLane {
  /**
   * Records that go together, in order.
   *
   * @param retries how many of those that it has are used up; 1 more is its count of invocations as
   *     Lambda's destinations tell it
   */
  record Batch(List<BatchCall.Item> items, int retries) {
    Batch {
      items = List.copyOf(items);
    }

    private Batch part(int from, int to) {
      return new Batch(items.subList(from, to), retries);
    }
  }

  /** What is to be done. */
  sealed interface Step {
    record Invoke(Batch batch) implements Step {}

    /**
     * Put into the dead letters, durably.
     *
     * @param condition why, as Lambda calls it
     */
    record Discard(Batch batch, String condition) implements Step {}

    /** Ask again then, or when records come. */
    record Wait(Instant until) implements Step {}

    /** Ask again when records come, or the step under way is done. */
    record Idle() implements Step {}
  }

  /**
   * The rules.
   *
   * @param retries after the first invocation
   */
  record Rules(BatchLimits limits, Admission admission, int retries, boolean bisect) {}

  private static final Step IDLE = new Step.Idle();

  private record Fresh(BatchCall.Item item, Instant since) {}

  private final Rules rules;
  private final ArrayDeque<Fresh> fresh = new ArrayDeque<>();

  /** To be invoked again before anything fresh: the first of them next. */
  private final ArrayDeque<Batch> again = new ArrayDeque<>();

  private Instant notBefore = Instant.MIN;
  private boolean busy;

  /** No more come for now: what is fresh waits for nothing. */
  private boolean hurrying;

  LambdaLane(Rules rules) {
    this.rules = rules;
  }

  void add(BatchCall.Item item, Instant now) {
    fresh.add(new Fresh(item, now));
    hurrying = false;
  }

  /** No more records come until some are settled. A batch under way is about to be. */
  void hurry() {
    hurrying = !busy;
  }

  Step next(Instant now) {
    if (busy) {
      return IDLE;
    }
    var step = again.isEmpty() ? ofFresh(now) : ofAgain(again.getFirst(), now);
    busy = step instanceof Step.Invoke || step instanceof Step.Discard;
    return step;
  }

  /** The batch is done, handled or discarded. */
  void done() {
    busy = false;
  }

  /** What is left of the batch under way is next, when that is done. */
  void behind(Batch rest) {
    again.addFirst(rest);
  }

  /** The batch was not called, or failed for a reason that is not its own. */
  void held(Batch batch, Instant until) {
    busy = false;
    again.addFirst(batch);
    notBefore = until;
  }

  /**
   * The function failed.
   *
   * @param from the first record that is not done: 0 when the whole batch failed
   * @return what is to be discarded; null when it is tried again
   */
  Step.@Nullable Discard failed(Batch batch, int from, Instant now, Duration wait) {
    int size = batch.items().size();
    var rest = batch.part(from, size);
    int left = size - from;
    if (rules.bisect() && (from > 0 || left > 1)) {
      // Splitting costs no retry: where the response says, else in the middle.
      int half = from > 0 ? left : left / 2;
      if (half < left) {
        again.addFirst(rest.part(half, left));
      }
      again.addFirst(rest.part(0, half));
    } else if (batch.retries() < rules.retries()) {
      again.addFirst(new Batch(rest.items(), batch.retries() + 1));
    } else {
      return new Step.Discard(rest, Failure.EXHAUSTED);
    }
    busy = false;
    notBefore = now.plus(wait);
    return null;
  }

  /** Adds the keys of what has failed and is to be called again. */
  void failing(Set<String> keys) {
    again.forEach(batch -> batch.items().forEach(item -> keys.add(item.key())));
  }

  /** Takes out all that is not under way. */
  List<BatchCall.Item> drain() {
    var left = new ArrayList<BatchCall.Item>();
    again.forEach(batch -> left.addAll(batch.items()));
    fresh.forEach(each -> left.add(each.item()));
    again.clear();
    fresh.clear();
    return left;
  }

  private Step ofAgain(Batch batch, Instant now) {
    int old = 0;
    while (old < batch.items().size() && isTooOld(batch.items().get(old), now)) {
      old++;
    }
    if (old > 0) {
      again.removeFirst();
      if (old < batch.items().size()) {
        again.addFirst(batch.part(old, batch.items().size()));
      }
      return new Step.Discard(batch.part(0, old), Admission.TOO_OLD);
    }
    if (now.isBefore(notBefore)) {
      return new Step.Wait(notBefore);
    }
    again.removeFirst();
    return new Step.Invoke(batch);
  }

  private Step ofFresh(Instant now) {
    if (fresh.isEmpty()) {
      return IDLE;
    }
    var turnedAway = turnedAway(now);
    if (turnedAway != null) {
      return turnedAway;
    }
    int count = count();
    boolean isFull = hurrying || count == rules.limits().recordsMax() || count < fresh.size();
    var due = fresh.getFirst().since().plus(rules.limits().waitMax());
    if (!isFull && now.isBefore(due)) {
      return new Step.Wait(due);
    }
    var items = new ArrayList<BatchCall.Item>(count);
    for (int i = 0; i < count; i++) {
      items.add(fresh.remove().item());
    }
    return new Step.Invoke(new Batch(items, 0));
  }

  /** The records at the front that are not to be handed over, as far as their reason is one. */
  private Step.@Nullable Discard turnedAway(Instant now) {
    var items = new ArrayList<BatchCall.Item>();
    while (!fresh.isEmpty() && isTooOld(fresh.getFirst().item(), now)) {
      items.add(fresh.remove().item());
    }
    if (!items.isEmpty()) {
      return new Step.Discard(new Batch(items, 0), Admission.TOO_OLD);
    }
    if (rules.admission().payload().isTooLarge(fresh.getFirst().item().record)) {
      items.add(fresh.remove().item());
      return new Step.Discard(new Batch(items, 0), Admission.TOO_LARGE);
    }
    return null;
  }

  /**
   * How many of the fresh ones fit into a batch: at least one. A letter that is played again goes
   * alone, as it lies elsewhere in the stream, or in another.
   */
  private int count() {
    var payload = rules.admission().payload();
    int count = 0;
    long bytes = 0;
    for (var each : fresh) {
      bytes += payload.isSet() ? payload.bytesOf(each.item().record) : 0;
      boolean isOver = count > 0 && bytes > payload.bytesMax();
      boolean alone = each.item().again || fresh.getFirst().item().again;
      if (isOver || (count > 0 && alone) || count == rules.limits().recordsMax()) {
        break;
      }
      count++;
    }
    return count;
  }

  private boolean isTooOld(BatchCall.Item item, Instant now) {
    return rules.admission().isTooOld(item.record, item.again, now);
  }
}
