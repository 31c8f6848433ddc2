package io.headrace.function;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Many records a call, one call at a time for the shard or as many as its specification says, no
 * two with records of one key. Records of a key wait while an earlier one of it is unsettled
 * outside their batch; all others go on. Owned by the worker loop.
 *
 * <p>A batch that throws is tried once more as it is, then in halves until the bad record is alone:
 * only then it counts towards the end of the retry policy's patience, so halving consumes nothing.
 */
final class BatchHandler<I, O> implements ShardHandler, FunctionGate.Caller {
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
  private final Admission admission;
  private final FunctionGate gate;
  private final int concurrent;

  /** Not in any group, in the shard's order. */
  private final TreeMap<Position, BatchCall.Item> ready = new TreeMap<>();

  /** In groups or on their way out, by key. */
  private final Map<String, TreeSet<Position>> taken = new HashMap<>();

  private final ArrayDeque<Group> due = new ArrayDeque<>();

  /** Wait until they are tried again. */
  private final Set<Group> backingOff = new LinkedHashSet<>();

  private final Map<Call<O>, Group> running = new LinkedHashMap<>();

  /** Groups whose outputs are on their way. */
  private int sending;

  private boolean draining;

  BatchHandler(
      Scope scope, Decoder<I> decoder, BatchFunction<I, O> function, LaneRunner.Wiring<O> wiring) {
    this.scope = scope;
    this.decoder = decoder;
    this.function = function;
    this.wiring = wiring;
    this.retry = wiring.settings().retry();
    this.terms = Call.Terms.of(scope, wiring, call -> {});
    this.courier = Courier.ofOutputs(scope, wiring.outlets().letters());
    this.letters = new LetterWriter(scope, Courier.ofLetters(scope), wiring.outlets().letters());
    this.admission = Admission.of(wiring.settings());
    this.gate = wiring.gate();
    this.concurrent = wiring.settings().delivery().concurrentBatches();
    gate.join(this);
  }

  @Override
  public void mayCall() {
    scope.post(this::next);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return ParkedStore.noneBut(null, scope, parts);
  }

  @Override
  public void handle(List<StreamRecord> records) {
    for (var record : records) {
      ready.put(record.position(), BatchCall.Item.of(scope, record));
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
    for (var call : List.copyOf(running.keySet())) {
      if (call.withdraw()) {
        var items = Objects.requireNonNull(running.remove(call)).items();
        items.forEach(item -> item.deliveries--);
        left.addAll(items);
        gate.lost(call);
      }
    }
    due.forEach(group -> left.addAll(group.items()));
    backingOff.forEach(group -> left.addAll(group.items()));
    ready.clear();
    due.clear();
    backingOff.clear();
    scope.giveBack(BatchCall.positionsOf(left));
  }

  @Override
  public long callsSince() {
    return Calls.since(running.keySet());
  }

  @Override
  public KeyStanding keys() {
    var failing = new HashSet<String>();
    for (var group : backingOff) {
      group.items().forEach(item -> failing.add(item.key()));
    }
    for (var group : due) {
      group.items().forEach(item -> failing.add(item.key()));
    }
    return KeyStanding.of(taken.size(), failing.size(), ready.size());
  }

  @Override
  public Standing standing(Duration patience) {
    return Calls.standing(running.keySet(), gate, scope, patience);
  }

  @Override
  public void abandon() {
    scope.end();
    gate.leave(this);
    running.keySet().forEach(Call::abandon);
  }

  @Override
  public void close() {
    abandon();
  }

  private void next() {
    while (running.size() < concurrent && !draining && !scope.isOver() && gate.admits()) {
      var group = due.isEmpty() ? gathered() : inOrder(due.remove());
      if (group == null) {
        return;
      }
      var admitted = admitted(group);
      if (!admitted.items().isEmpty()) {
        run(gate.isOpen() ? admitted : probeOf(admitted));
      }
    }
  }

  /** Without those that the function is not asked about. */
  private Group admitted(Group group) {
    if (admission.isOpen()) {
      return group;
    }
    var now = scope.loop().now();
    var items = new ArrayList<BatchCall.Item>();
    for (var item : group.items()) {
      var refusal = admission.refusal(item.record, item.again, now);
      if (refusal == null) {
        items.add(item);
      } else {
        letter(item, refusal, refusal.code());
      }
    }
    return new Group(items, group.triedTwice());
  }

  /** One record probes; the others of its batch come next. */
  private Group probeOf(Group group) {
    int size = group.items().size();
    if (size > 1) {
      due.addFirst(new Group(group.items().subList(1, size), group.triedTwice()));
    }
    return new Group(group.items().subList(0, 1), group.triedTwice());
  }

  private @Nullable Group gathered() {
    return wiring.settings().delivery().gathering() && sending > 0 ? null : take();
  }

  /** The next records of keys that nothing holds up; null when there are none. */
  private @Nullable Group take() {
    var items = new ArrayList<BatchCall.Item>();
    var held = new HashSet<>(taken.keySet());
    int max = wiring.settings().batch().recordsMax();
    var limit = admission.payload();
    long bytes = 0;
    for (var item : ready.values()) {
      if (items.size() == max) {
        break;
      }
      if (held.contains(item.key())) {
        continue;
      }
      long its = limit.isSet() ? limit.bytesOf(item.record) : 0;
      if (!items.isEmpty() && bytes + its > limit.bytesMax()) {
        break; // Not the next that fits: it may have the key of this one.
      }
      bytes += its;
      items.add(item);
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
    var unused = new OutputBuffer<>(wiring.outlets(), OutputBuffer.Origin.NONE);
    var call =
        new Call<>(
            terms,
            task,
            group.items().get(0).deliveries,
            unused,
            answered -> scope.post(() -> ended(group, task, answered)));
    running.put(call, group);
    gate.begins(this, call);
    scope.onPool(wiring.settings().executor().orElse(scope.environment.pool()), call);
  }

  private void ended(Group group, BatchCall<I, O> task, Call<O> call) {
    running.remove(call);
    call.hear();
    var result = call.result();
    if (result instanceof Call.Result.Succeeded) {
      succeeded(group, task, call);
    } else if (result instanceof Call.Result.Failed failed) {
      failed(group, call, Failure.of(failed.cause(), retry));
    } else {
      group.items().forEach(item -> item.deliveries--);
      gate.lost(call);
      again(group, LEASE_IN_DOUBT_WAIT);
    }
    next();
  }

  /** Goes on when the gate admits it, as if it had not been called. */
  private void hold(Group group) {
    group.items().forEach(item -> item.deliveries--);
    if (draining) {
      scope.giveBack(BatchCall.positionsOf(group.items()));
    } else {
      due.add(group);
    }
  }

  private void succeeded(Group group, BatchCall<I, O> task, Call<O> call) {
    var outputs = new ArrayList<Outlet.Parcel<?>>();
    var good = new ArrayList<BatchCall.Item>();
    var held = new ArrayList<BatchCall.Item>();
    for (var item : group.items()) {
      var answer = task.answer(item);
      if (answer.fault() == null) {
        gate.succeeded(scope, call, isFirst(item) ? 1 : 0);
        outputs.addAll(answer.outputs());
        good.add(item);
        continue;
      }
      var failure = Failure.of(answer.fault(), retry);
      if (failure.fatal()) {
        scope.fail(failure.cause());
        return;
      }
      if (gate.takes(scope, call, call.since(), isFirst(item), failure)) {
        held.add(item);
      } else {
        failed(item, failure);
      }
    }
    if (!held.isEmpty()) {
      hold(new Group(held, false));
    }
    sending++;
    courier.deliverInOrder(
        outputs,
        () -> {
          sending--;
          for (var item : good) {
            settle(item, task.answer(item).filtered() ? Outcome.FILTERED : Outcome.HANDLED);
          }
          next();
        });
  }

  private static boolean isFirst(BatchCall.Item item) {
    return item.failures == 0;
  }

  private void failed(Group group, Call<O> call, Failure failure) {
    if (failure.fatal()) {
      scope.fail(failure.cause());
      return;
    }
    int size = group.items().size();
    var first = group.items().get(0);
    if (gate.takes(scope, call, call.since(), size == 1 && isFirst(first), failure)) {
      hold(group);
      return;
    }
    if (size == 1) {
      failed(first, failure);
      return;
    }
    tellFailed(first, failure);
    if (!group.triedTwice() && !failure.terminal()) {
      again(new Group(group.items(), true), retry.waitAfter(1, scope.random()));
      return;
    }
    if (draining) {
      scope.giveBack(BatchCall.positionsOf(group.items()));
      return;
    }
    due.add(new Group(group.items().subList(0, size / 2), true));
    due.add(new Group(group.items().subList(size / 2, size), true));
  }

  /** Alone or by name. */
  private void failed(BatchCall.Item item, Failure failure) {
    item.failures++;
    tellFailed(item, failure);
    if (failure.terminal() || !retry.allowsAnother(item.failures)) {
      letter(item, failure, failure.terminal() ? failure.code() : Failure.EXHAUSTED);
      return;
    }
    var wait = retry.waitAfter(item.failures, scope.random());
    if (admission.isTooOld(item.record, item.again, scope.loop().now().plus(wait))) {
      letter(item, failure, Admission.TOO_OLD);
      return;
    }
    scope.tell(
        new FunctionEvent.RetryScheduled(
            scope.function, scope.context.key(), item.record.position(), item.deliveries, wait));
    again(new Group(List.of(item), true), wait);
  }

  private void letter(BatchCall.Item item, Failure failure, String code) {
    var shard = scope.context.key();
    letters.write(
        item,
        failure,
        code,
        () -> {
          scope.tell(
              new FunctionEvent.DeadLettered(
                  scope.function, shard, item.record.position(), item.deliveries, code));
          settle(item, Outcome.DEAD_LETTERED);
          next();
        });
  }

  private void again(Group group, Duration wait) {
    if (draining) {
      scope.giveBack(BatchCall.positionsOf(group.items()));
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
