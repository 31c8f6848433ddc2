package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateOrigin;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.loop.EventLoop;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Sums by key and window. Records are decoded and admitted in the shard's order, since admission
 * moves the watermark; then each is added in the lane of its partition key. A window that is due is
 * told in the same lane, behind the records that were admitted before: so a key that fails keeps
 * only its own windows open. One that was told is kept for the lateness allowed, and a record that
 * comes then has it told again directly behind it.
 */
final class WindowHandler<I, A, O> implements ShardHandler {
  private final Scope scope;
  private final Decoder<I> decoder;
  private final FunctionKind.Windowing<I, A, O> kind;
  private final Windows windows;
  private final LaneRunner<O> lanes;
  private final StateSpace space;
  private final WindowClock clock = new WindowClock();

  private final WindowCalendar calendar;
  private final WindowSums<I, A, O> sums;

  /** Ends of input that wait for the last windows. */
  private final List<Position> ends = new ArrayList<>();

  /** Partition keys of which a record waits for the operator. */
  private final Set<String> heldKeys = new HashSet<>();

  private final InOrder<I> arrivals;
  private final IdleTime idle;
  private Runnable over = () -> {};
  private EventLoop.@Nullable Scheduled early;
  private int closing;
  private boolean draining;
  private boolean changed;

  WindowHandler(
      Scope scope,
      Decoder<I> decoder,
      FunctionKind.Windowing<I, A, O> kind,
      WindowFunction<I, A, O> function,
      LaneRunner.Wiring<O> wiring) {
    this.scope = scope;
    scope.placesResting = true;
    this.decoder = decoder;
    this.kind = kind;
    this.windows = kind.windows();
    this.calendar = new WindowCalendar(windows.areSessions());
    this.space = HandlerState.open(scope, (entry, one, other) -> merge(entry, one, other));
    this.sums = new WindowSums<>(scope, kind, function, space, calendar);
    this.lanes = wiring.open(scope, this::done);
    lanes.boundedBy(space);
    this.arrivals = new InOrder<>(scope, this::decode, this::admit, lanes::start);
    this.idle = new IdleTime(scope, decoder.idleAfter(), clock);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return ParkedStore.noneBut(null, scope, parts)
        .thenCompose(known -> space.restore(parts))
        .thenCompose(origins -> StateErasure.obey(scope, space, origins))
        .thenCompose(origins -> Scope.onLoop(scope, () -> install(origins, parts.size())))
        .thenRun(() -> HandlerState.sweep(scope, parts));
  }

  @Override
  public void handle(List<StreamRecord> records) {
    idle.arrived(records, arrivals::add);
  }

  /** The windows need wait for them no longer. */
  @Override
  public void foundDone(List<Position> positions) {
    boolean waited = clock.isWaiting();
    positions.forEach(clock::awaitsNoMore);
    if (waited && !clock.isWaiting()) {
      closeDue();
      lanes.start();
    }
  }

  @Override
  public void atTip() {
    if (arrivals.isIdle() && !draining) {
      if (clock.haveAllCome()) {
        closeDue();
        lanes.start();
      }
      idle.atTip(
          time ->
              calendar.owes(end -> windows.isDue(end, time), end -> windows.isClosed(end, time)));
    }
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    if (changed || idle.isNews()) {
      changed = false;
      space.note(HandlerState.CLOCK, idle.reading().write());
    }
    return space.snapshot();
  }

  @Override
  public void committed(CommitParts parts) {
    space.committed(parts);
    if (idle.committed() && !draining) {
      closeDue();
      lanes.start();
    }
    var waited = idle.takeHeld();
    if (!waited.isEmpty()) {
      arrivals.add(waited);
    }
  }

  /** Windows whose closing has not begun are closed by the next owner. */
  @Override
  public void drain() {
    draining = true;
    lanes.drain();
    scope.giveBack(List.copyOf(ends));
    ends.clear();
    arrivals.drain();
    scope.giveBack(idle.takeHeld().stream().map(StreamRecord::position).toList());
  }

  @Override
  public CompletionStage<Void> quiet() {
    return lanes.quiet();
  }

  @Override
  public long callsSince() {
    return lanes.callsSince();
  }

  @Override
  public KeyStanding keys() {
    return lanes.keys();
  }

  @Override
  public Standing standing(Duration patience) {
    return lanes.standing(patience);
  }

  @Override
  public void abandon() {
    scope.end();
    if (early != null) {
      early.cancel();
    }
    space.close();
    lanes.abandon();
    over.run();
  }

  /** From any thread. */
  void advanceWatermark(Instant to) {
    scope.post(
        () -> {
          if (!draining && clock.advance(to)) {
            changed = true;
            scope.context.outcomes().stateChanged();
            closeDue();
            lanes.start();
          }
        });
  }

  void whenOver(Runnable told) {
    over = told;
  }

  /** The sums of all open windows; from any thread. */
  Stream<KeptState> kept() {
    return space.scan(EntryKind.WINDOW).toCompletableFuture().join().entrySet().stream()
        .map(
            sum -> {
              var window = EntryKeys.windowOf(sum.getKey());
              return KeptState.of(window, sums.decoded(window.key(), sum.getValue()));
            });
  }

  @Override
  public void close() {
    abandon();
  }

  /** All that calls user code happens here, on the pool: a fault of it is its record's. */
  private Arrived<I> decode(StreamRecord record) {
    if (record.payload() instanceof Watermark read) {
      return new Arrived.End<>(record, read.time());
    }
    try {
      var partial = decoder.partial(record);
      if (partial != null) {
        return summed(record, partial);
      }
      var decoded = decoder.decode(record);
      if (decoded.end()) {
        return new Arrived.End<>(record, Instant.MAX);
      }
      ForeignKey.refuse(scope, record.key().text());
      var key = StateKey.of(kind.keys(), record.key().text(), decoded);
      return new Arrived.Found<>(record, decoded, key, windows.of(decoded.time()));
    } catch (ArithmeticException | DateTimeException beyond) {
      return new Arrived.Faulty<>(
          record,
          new Decoder.Unreadable("NoEventTime", "event time lies beyond all windows", beyond));
    } catch (Throwable fault) {
      Failure.requireMendable(fault);
      return new Arrived.Faulty<>(record, fault);
    }
  }

  private Arrived<I> summed(StreamRecord record, Partial partial) throws Exception {
    ForeignKey.refuse(scope, record.key().text());
    var spans = windows.of(partial.earliest());
    if (windows.areSessions() || !spans.equals(windows.of(partial.latest()))) {
      throw new Decoder.Unreadable(
          "OtherWindows",
          "a partial sum was made by a version of the function whose windows are"
              + " cut otherwise",
          null);
    }
    return new Arrived.Summed<>(
        record, partial, new StateKey(record.key().text(), partial.key()), spans);
  }

  private void admit(Arrived<I> arrived) {
    changed = true;
    boolean wasWaiting = clock.isWaiting();
    var position = arrived.record().position();
    // A letter that is played again has no place in the shard's order.
    var place = scope.book.isPlaying(position) ? clock.watermark() : clock.admit(position);
    if (scope.isResting(position)) {
      rest(arrived);
    } else {
      admit(arrived, place);
    }
    if (wasWaiting && !clock.isWaiting()) {
      closeDue();
    }
  }

  /**
   * A record of a key that waits for the operator moves event time, as it would without waiting,
   * and is judged by that of its place when the key goes on: this run ends then, and the place is
   * kept in its commits as that of any record that is not finished. Until then its key's windows
   * are not told.
   */
  private void rest(Arrived<I> arrived) {
    heldKeys.add(arrived.record().key().text());
    if (arrived instanceof Arrived.Found<I> found && clock.advance(found.decoded().watermark())) {
      closeDue();
    }
  }

  private boolean isHeld(WindowKey window) {
    return heldKeys.contains(window.key().partitionKey());
  }

  private void admit(Arrived<I> arrived, Instant watermark) {
    var record = arrived.record();
    if (arrived instanceof Arrived.Faulty<I> faulty) {
      lanes.add(new Refusal(record, faulty.fault()));
    } else if (arrived instanceof Arrived.End<I> end) {
      ends.add(record.position());
      clock.advance(end.watermark());
      closeDue();
    } else if (arrived instanceof Arrived.Found<I> found) {
      admit(found, watermark);
    } else if (arrived instanceof Arrived.Summed<I> summed) {
      admit(summed, watermark);
    }
  }

  /** None of its records was late in its own shard, which may have been silent for too long. */
  private void admit(Arrived.Summed<I> summed, Instant watermark) {
    var key = summed.key();
    var here = clock.forKey(watermark, key.partitionKey());
    var spans = stillOpen(summed.spans(), here);
    if (spans.isEmpty()) {
      lanes.add(sums.late(summed.record(), summed.partial()));
    } else {
      add(sums.addition(summed.record(), summed.partial(), key, spans, here), key, spans, here);
    }
  }

  private void admit(Arrived.Found<I> found, Instant watermark) {
    var record = found.record();
    var decoded = found.decoded();
    var key = found.key();
    var before = WindowClock.later(watermark, decoded.closedBefore());
    var judged = clock.forKey(before, key.partitionKey());
    // By the time here: one that is late where it comes from may be on time in this shard.
    var here = clock.forKey(watermark, key.partitionKey());
    var spans =
        windows.areSessions()
            ? sessionsUntil(found, here, judged)
            : stillOpen(found.spans(), judged);
    if (spans.isEmpty()) {
      lanes.add(sums.late(record, decoded));
      return;
    }
    add(sums.addition(record, decoded, key, spans, judged), key, spans, here);
    if (clock.advance(decoded.watermark())) {
      closeDue();
    }
  }

  /** Behind what was told before it; before what is told again because of it. */
  private void add(Task<O> addition, StateKey key, List<Windows.Span> spans, Instant here) {
    var late = new ArrayList<WindowKey>();
    for (var span : spans) {
      var window = new WindowKey(key, span);
      if (!windows.isDue(span.end(), here)) {
        calendar.opens(window);
        continue;
      }
      // One that comes again may find its window not told yet, as records of other keys are
      // awaited: it is told before it, as it was at first.
      if (!windows.areSessions() && calendar.takeUntold(window)) {
        tellAndKeep(window, here);
      }
      late.add(window);
    }
    lanes.add(addition);
    late.forEach(window -> tellAndKeep(window, here));
  }

  private List<Windows.Span> stillOpen(List<Windows.Span> spans, Instant judged) {
    for (var span : spans) {
      if (windows.isClosed(span.end(), judged)) {
        return spans.stream().filter(each -> !windows.isClosed(each.end(), judged)).toList();
      }
    }
    return spans;
  }

  /**
   * Which session it is of is found in its lane. What was due or closed at its place stands before
   * it there, also when it comes again and records of other keys are awaited.
   */
  private List<Windows.Span> sessionsUntil(Arrived.Found<I> found, Instant here, Instant judged) {
    var key = found.key();
    for (var window : calendar.takeUntold(key, end -> windows.isDue(end, here))) {
      tell(window, here);
    }
    for (var window : calendar.takeTold(key, end -> windows.isClosed(end, here))) {
      close(window, true, here);
    }
    return calendar.knows(key) ? found.spans() : stillOpen(found.spans(), judged);
  }

  /** Puts what is due of all windows into their lanes. */
  private void closeDue() {
    if (clock.isWaiting()) {
      return;
    }
    var now = clock.watermark();
    unlessHeld(calendar.takeOverdue(), window -> tell(window, of(window, now)));
    unlessHeld(
        calendar.takeOpen(end -> windows.isDue(end, now)), window -> tell(window, of(window, now)));
    unlessHeld(
        calendar.takeTold(end -> windows.isClosed(end, now)),
        window -> close(window, true, of(window, now)));
    settleEnds();
  }

  private void unlessHeld(List<WindowKey> due, Consumer<WindowKey> then) {
    for (var window : due) {
      if (isHeld(window)) {
        calendar.overdue(window);
      } else {
        then.accept(window);
      }
    }
  }

  private Instant of(WindowKey window, Instant watermark) {
    return clock.forKey(watermark, window.key().partitionKey());
  }

  private void tell(WindowKey window, Instant by) {
    if (windows.isClosed(window.span().end(), by)) {
      close(window, true, by);
    } else {
      tellAndKeep(window, by);
    }
  }

  private void tellAndKeep(WindowKey window, Instant by) {
    if (!windows.isClosed(window.span().end(), by)) {
      calendar.tells(window);
    }
    close(window, false, by);
  }

  private void close(WindowKey window, boolean last, Instant by) {
    inLane(sums.closing(window, last, by));
  }

  private void inLane(Task<O> task) {
    closing++;
    lanes.add(task);
  }

  /** An end of input is finished with the last window, so that its commit says: all is told. */
  private void settleEnds() {
    if (closing > 0 || clock.isWaiting() || calendar.hasOverdue()) {
      return;
    }
    for (var position : ends) {
      clock.finished(position);
      changed = true;
      scope.context.outcomes().settled(position, Outcome.FILTERED);
    }
    ends.clear();
  }

  private void done(Task<O> task, Outcome outcome) {
    changed = true;
    var position = task.position();
    if (position != null) {
      clock.finished(position);
      scope.context.outcomes().settled(position, outcome);
    } else if (!WindowSums.isEarly(task)) {
      closing--;
      scope.context.outcomes().stateChanged();
      settleEnds();
    }
  }

  /** Before there are sums: a space is opened with what joins entries of it. */
  private StateValue merge(EntryKey entry, StateValue one, StateValue other) {
    return sums.merge(entry, one, other);
  }

  private void install(List<StateOrigin> origins, int expected) {
    clock.restore(origins, expected);
    changed = true;
    space
        .resident(EntryKind.OPEN_WINDOW)
        .sorted(
            Map.Entry.comparingByKey(Comparator.comparing(EntryKeys::windowOf, WindowKey.BY_END)))
        .forEach(
            each -> reopen(EntryKeys.windowOf(each.getKey()), WindowMark.read(each.getValue())));
    // At each start, as the child may have crashed before. Sessions of upstream shards that are far
    // apart in time may overlap, and are left as they are.
    if (!(kind.keys() instanceof Keys.Across)) {
      sums.joinings().forEach(this::inLane);
    }
    closeDue();
    lanes.start();
    tellEarly();
  }

  private void tellEarly() {
    var every = windows.early();
    if (every != null && !draining) {
      early = scope.loop().schedule(every, () -> scope.runUnlessOver(this::earlyDue));
    }
  }

  private void earlyDue() {
    if (!draining) {
      sums.early(heldKeys).forEach(lanes::add);
      lanes.start();
      tellEarly();
    }
  }

  private void reopen(WindowKey stored, WindowMark mark) {
    var window = sums.restored(stored, mark);
    var judged = of(window, clock.watermark());
    if (!windows.isDue(window.span().end(), judged)) {
      // Told already where a former version of the function waited less: told again if it changes.
      calendar.opens(window);
    } else if (mark.changed() || windows.isClosed(window.span().end(), judged)) {
      calendar.overdue(window);
    } else {
      calendar.tells(window);
    }
  }

  /** A record that can't be admitted: fails in its lane, behind what came before. */
  private final class Refusal extends Task.OfRecord<O> {
    private final Throwable fault;

    Refusal(StreamRecord record, Throwable fault) {
      super(record, scope.shardOf(record.position()));
      this.fault = fault;
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) {
      return CompletableFuture.failedFuture(fault);
    }
  }
}
