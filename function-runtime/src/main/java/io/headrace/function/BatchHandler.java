package io.headrace.function;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Many records a call, one call at a time for the shard. Records of a key wait while an earlier one
 * of it is unsettled outside their batch; all others go on. Owned by the worker loop.
 *
 * <p>A batch that throws is tried once more as it is, then in halves until the bad record is alone:
 * only then it counts towards the end of the retry policy's patience, so halving consumes nothing.
 */
final class BatchHandler<I, O> implements ShardHandler {
  private static final Duration LEASE_IN_DOUBT_WAIT = Duration.ofMillis(200);

  /** Records that go together. */
  private record Group(List<BatchCall.Item> items, boolean triedTwice) {}

  private final Scope scope;
  private final Decoder<I> decoder;
  private final BatchFunction<I, O> function;
  private final LaneRunner.Wiring<O> wiring;
  private final RetryPolicy retry;
  private final Call.Terms terms;
  private final Courier courier;
  private final LetterWriter letters;

  /** Not in any group, in the shard's order. */
  private final TreeMap<Position, BatchCall.Item> ready = new TreeMap<>();

  /** In groups or on their way out, by key. */
  private final Map<String, TreeSet<Position>> taken = new HashMap<>();

  private final ArrayDeque<Group> due = new ArrayDeque<>();

  /** Wait until they are tried again. */
  private final Set<Group> backingOff = Collections.newSetFromMap(new IdentityHashMap<>());

  private boolean draining;
  private @Nullable Call<O> running;

  /** Of the call that runs, or ran last. */
  private List<BatchCall.Item> inCall = List.of();

  BatchHandler(
      Scope scope, Decoder<I> decoder, BatchFunction<I, O> function, LaneRunner.Wiring<O> wiring) {
    this.scope = scope;
    this.decoder = decoder;
    this.function = function;
    this.wiring = wiring;
    this.retry = wiring.settings().retry();
    this.terms =
        new Call.Terms(
            scope.loop(),
            scope.context.tenure(),
            scope.context.fencingToken(),
            wiring.settings().limit(),
            call -> {},
            scope.environment.calls());
    this.courier = new Courier(scope);
    this.letters = new LetterWriter(scope, courier, wiring.outlets().letters());
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void handle(List<StreamRecord> records) {
    for (var record : records) {
      ready.put(record.position(), new BatchCall.Item(record, scope.idOf(record.position())));
    }
    next();
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    return CompletableFuture.completedFuture(CommitParts.NONE);
  }

  @Override
  public void drain() {
    draining = true;
    var left = new ArrayList<>(ready.values());
    if (running != null && running.withdraw()) {
      running = null;
      inCall.forEach(item -> item.deliveries--);
      left.addAll(inCall);
    }
    due.forEach(group -> left.addAll(group.items()));
    backingOff.forEach(group -> left.addAll(group.items()));
    ready.clear();
    due.clear();
    backingOff.clear();
    giveBack(left);
  }

  private void giveBack(List<BatchCall.Item> items) {
    if (!items.isEmpty()) {
      scope.context.outcomes().returned(items.stream().map(i -> i.record.position()).toList());
    }
  }

  @Override
  public long callsSince() {
    return running == null ? Long.MAX_VALUE : running.since();
  }

  @Override
  public Standing standing(Duration patience) {
    return running == null ? scope.standing() : running.standing(patience);
  }

  @Override
  public void abandon() {
    scope.end();
    if (running != null) {
      running.abandon();
    }
  }

  @Override
  public void close() {
    abandon();
  }

  private void next() {
    while (running == null && !draining && !scope.isOver()) {
      var group = due.isEmpty() ? take() : inOrder(due.remove());
      if (group == null) {
        return;
      }
      if (!group.items().isEmpty()) {
        run(group);
      }
    }
  }

  /** The next records of keys that nothing holds up; null when there are none. */
  private @Nullable Group take() {
    var items = new ArrayList<BatchCall.Item>();
    var held = new HashSet<>(taken.keySet());
    int max = wiring.settings().batch().recordsMax();
    for (var item : ready.values()) {
      if (items.size() == max) {
        break;
      }
      if (!held.contains(item.key())) {
        items.add(item);
      }
    }
    if (items.isEmpty()) {
      return null;
    }
    for (var item : items) {
      ready.remove(item.record.position());
      taken.computeIfAbsent(item.key(), key -> new TreeSet<>()).add(item.record.position());
    }
    return new Group(items, false);
  }

  /** Puts back those of whose key an earlier record waits elsewhere. */
  private Group inOrder(Group group) {
    var together = new HashSet<Position>();
    group.items().forEach(item -> together.add(item.record.position()));
    var items = new ArrayList<BatchCall.Item>();
    for (var item : group.items()) {
      var first = positions(item).first();
      if (first.equals(item.record.position()) || together.contains(first)) {
        items.add(item);
      } else {
        release(item);
        ready.put(item.record.position(), item);
      }
    }
    return new Group(items, group.triedTwice());
  }

  private void run(Group group) {
    group.items().forEach(item -> item.deliveries++);
    var task = new BatchCall<>(group.items(), decoder, function, wiring.outlets());
    var unused = new OutputBuffer<>(wiring.outlets(), () -> "", Map.of());
    var call =
        new Call<>(
            terms,
            task,
            group.items().get(0).deliveries,
            unused,
            answered -> scope.post(() -> ended(group, task, answered)));
    running = call;
    inCall = group.items();
    scope.onPool(wiring.settings().executor().orElse(scope.environment.pool()), call);
  }

  private void ended(Group group, BatchCall<I, O> task, Call<O> call) {
    running = null;
    call.hear();
    var result = call.result();
    if (result instanceof Call.Result.Succeeded) {
      succeeded(group, task);
    } else if (result instanceof Call.Result.Failed failed) {
      failed(group, Failure.of(failed.cause(), retry));
    } else {
      group.items().forEach(item -> item.deliveries--);
      again(group, LEASE_IN_DOUBT_WAIT);
    }
    next();
  }

  private void succeeded(Group group, BatchCall<I, O> task) {
    var outputs = new ArrayList<Outlet.Parcel<?>>();
    var good = new ArrayList<BatchCall.Item>();
    for (var item : group.items()) {
      var answer = task.answer(item);
      if (answer.fault() != null) {
        failed(item, Failure.of(answer.fault(), retry));
      } else {
        outputs.addAll(answer.outputs());
        good.add(item);
      }
    }
    courier.deliver(
        outputs,
        () -> {
          for (var item : good) {
            settle(item, task.answer(item).filtered() ? Outcome.FILTERED : Outcome.HANDLED);
          }
          next();
        });
  }

  private void failed(Group group, Failure failure) {
    if (failure.fatal()) {
      scope.fail(failure.cause());
      return;
    }
    int size = group.items().size();
    if (size == 1) {
      failed(group.items().get(0), failure);
      return;
    }
    tellFailed(group.items().get(0), failure);
    if (!group.triedTwice() && !failure.terminal()) {
      again(new Group(group.items(), true), retry.waitAfter(1, scope.random()));
      return;
    }
    if (draining) {
      giveBack(group.items());
      return;
    }
    due.add(new Group(group.items().subList(0, size / 2), true));
    due.add(new Group(group.items().subList(size / 2, size), true));
  }

  private void failed(BatchCall.Item item, Failure failure) {
    if (failure.fatal()) {
      scope.fail(failure.cause());
      return;
    }
    item.failures++;
    tellFailed(item, failure);
    var shard = scope.context.key();
    var position = item.record.position();
    if (failure.terminal() || !retry.allowsAnother(item.failures)) {
      var code = failure.terminal() ? failure.code() : Failure.EXHAUSTED;
      letters.write(
          item,
          failure,
          code,
          () -> {
            scope.tell(
                new FunctionEvent.DeadLettered(
                    scope.function, shard, position, item.deliveries, code));
            settle(item, Outcome.DEAD_LETTERED);
            next();
          });
      return;
    }
    var wait = retry.waitAfter(item.failures, scope.random());
    scope.tell(
        new FunctionEvent.RetryScheduled(scope.function, shard, position, item.deliveries, wait));
    again(new Group(List.of(item), true), wait);
  }

  private void again(Group group, Duration wait) {
    if (draining) {
      giveBack(group.items());
      return;
    }
    backingOff.add(group);
    scope.later(
        wait,
        () -> {
          if (backingOff.remove(group)) {
            due.add(group);
            next();
          }
        });
  }

  private void settle(BatchCall.Item item, Outcome outcome) {
    release(item);
    scope.context.outcomes().settled(item.record.position(), outcome);
  }

  private void release(BatchCall.Item item) {
    var positions = positions(item);
    positions.remove(item.record.position());
    if (positions.isEmpty()) {
      taken.remove(item.key());
    }
  }

  private NavigableSet<Position> positions(BatchCall.Item item) {
    var positions = taken.get(item.key());
    if (positions == null) {
      throw new IllegalStateException(item.record + " is in no group");
    }
    return positions;
  }

  private void tellFailed(BatchCall.Item item, Failure failure) {
    scope.tell(
        new FunctionEvent.RecordFailed(
            scope.function,
            scope.context.key(),
            item.record.position(),
            item.deliveries,
            failure.error(),
            failure.code()));
  }
}
