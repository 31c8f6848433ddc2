package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateOrigin;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

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
  private final WindowFunction<I, A, O> function;
  private final LaneRunner<O> lanes;
  private final StateCodec<A> codec;
  private final StateSpace space;
  private final WindowClock clock = new WindowClock();

  /** Windows that records were admitted to and that are not due yet, by end. */
  private final TreeMap<Instant, Set<WindowKey>> open = new TreeMap<>();

  /** Restored windows that are due already and were not told, or changed since. */
  private final Set<WindowKey> overdue = new LinkedHashSet<>();

  /** Windows that were put into their lanes to be told, and that take late records, by end. */
  private final TreeMap<Instant, Set<WindowKey>> told = new TreeMap<>();

  /** Ends of input that wait for the last windows. */
  private final List<Position> ends = new ArrayList<>();

  private final InOrder<I> arrivals;
  private Runnable over = () -> {};
  private int closing;
  private boolean changed;

  WindowHandler(
      Scope scope,
      Decoder<I> decoder,
      FunctionKind.Windowing<I, A, O> kind,
      WindowFunction<I, A, O> function,
      LaneRunner.Wiring<O> wiring) {
    this.scope = scope;
    this.decoder = decoder;
    this.kind = kind;
    this.function = function;
    this.codec = new StateCodec<>(scope, kind.codec());
    this.space = HandlerState.open(scope, this::merge);
    this.lanes = wiring.open(scope, this::done);
    lanes.boundedBy(space);
    this.arrivals = new InOrder<>(scope, this::decode, this::admit, lanes::start);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return ParkedStore.noneBut(null, scope, parts)
        .thenCompose(known -> space.restore(parts))
        .thenCompose(origins -> StateErasure.obey(scope, space, origins))
        .thenCompose(origins -> Scope.onLoop(scope, () -> install(origins, parts.size())));
  }

  @Override
  public void handle(List<StreamRecord> records) {
    arrivals.add(records);
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    if (changed) {
      changed = false;
      space.note(HandlerState.CLOCK, clock.reading().write());
    }
    return space.snapshot();
  }

  @Override
  public void committed(CommitParts parts) {
    space.committed(parts);
  }

  /** Windows whose closing has not begun are closed by the next owner. */
  @Override
  public void drain() {
    lanes.drain();
    scope.giveBack(List.copyOf(ends));
    ends.clear();
    arrivals.drain();
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
    space.close();
    lanes.abandon();
    over.run();
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
              return KeptState.of(window, codec.decode(window.key(), sum.getValue()));
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
      var decoded = decoder.decode(record);
      if (decoded.end()) {
        return new Arrived.End<>(record, Instant.MAX);
      }
      ForeignKey.refuse(scope, record.key().text());
      var key = StateKey.of(kind.keys(), record.key().text(), decoded);
      return new Arrived.Found<>(record, decoded, key, kind.windows().of(decoded.time()));
    } catch (ArithmeticException | DateTimeException beyond) {
      return new Arrived.Faulty<>(
          record,
          new Decoder.Unreadable("NoEventTime", "event time lies beyond all windows", beyond));
    } catch (Throwable fault) {
      if (fault instanceof VirtualMachineError fatal && !(fault instanceof StackOverflowError)) {
        throw fatal; // Gives the shard up now, and not behind a key that waits.
      }
      return new Arrived.Faulty<>(record, fault);
    }
  }

  private void admit(Arrived<I> arrived) {
    changed = true;
    boolean wasWaiting = clock.isWaiting();
    var position = arrived.record().position();
    // A letter that is played again has no place in the shard's order.
    admit(arrived, scope.book.isPlaying(position) ? clock.watermark() : clock.admit(position));
    if (wasWaiting && !clock.isWaiting()) {
      closeDue();
    }
  }

  @SuppressWarnings("unchecked") // The side is of the input's type, as Windows.lateTo demands.
  private void admit(Arrived<I> arrived, Instant watermark) {
    var record = arrived.record();
    if (arrived instanceof Arrived.Faulty<I> faulty) {
      lanes.add(new Refusal(record, faulty.fault()));
      return;
    }
    if (arrived instanceof Arrived.End<I> end) {
      ends.add(record.position());
      clock.advance(end.watermark());
      closeDue();
      return;
    }
    var found = (Arrived.Found<I>) arrived;
    var decoded = found.decoded();
    var key = found.key();
    var before = WindowClock.later(watermark, decoded.closedBefore());
    var judged = clock.forKey(before, key.partitionKey());
    var still =
        found.spans().stream()
            .filter(span -> !kind.windows().isClosed(span.end(), judged))
            .toList();
    if (still.isEmpty()) {
      lanes.add(new LateRecord<>(scope, (Side<I>) kind.windows().side(), record, decoded));
      return;
    }
    // By the time here: one that is late where it comes from may be on time in this shard.
    var here = clock.forKey(watermark, key.partitionKey());
    var late = new ArrayList<WindowKey>();
    for (var span : still) {
      var window = new WindowKey(key, span);
      if (kind.windows().isDue(span.end(), here)) {
        tellBefore(window);
        late.add(window);
      } else {
        register(open, window);
      }
    }
    lanes.add(new Addition(record, decoded, key, still));
    late.forEach(this::tellAndKeep);
    if (clock.advance(decoded.watermark())) {
      closeDue();
    }
  }

  private static void register(Map<Instant, Set<WindowKey>> where, WindowKey window) {
    where.computeIfAbsent(window.span().end(), end -> new LinkedHashSet<>()).add(window);
  }

  /**
   * A late record that comes again may find its window not told yet, as records of other keys are
   * awaited: it is told before it, as it was at first.
   */
  private void tellBefore(WindowKey window) {
    var sameEnd = open.getOrDefault(window.span().end(), Set.of());
    boolean isOpen = sameEnd.contains(window) && sameEnd.remove(window);
    if (overdue.remove(window) || isOpen) {
      tellAndKeep(window);
    }
  }

  /** Puts what is due of all windows into their lanes. */
  private void closeDue() {
    if (clock.isWaiting()) {
      return;
    }
    overdue.forEach(this::tell);
    overdue.clear();
    while (!open.isEmpty() && kind.windows().isDue(open.firstKey(), clock.watermark())) {
      open.pollFirstEntry().getValue().forEach(this::tell);
    }
    while (!told.isEmpty() && kind.windows().isClosed(told.firstKey(), clock.watermark())) {
      told.pollFirstEntry().getValue().forEach(window -> close(window, true));
    }
    settleEnds();
  }

  private void tell(WindowKey window) {
    var now = clock.forKey(clock.watermark(), window.key().partitionKey());
    if (kind.windows().isClosed(window.span().end(), now)) {
      close(window, true);
    } else {
      tellAndKeep(window);
    }
  }

  private void tellAndKeep(WindowKey window) {
    register(told, window);
    close(window, false);
  }

  private void close(WindowKey window, boolean last) {
    closing++;
    lanes.add(new Closing(window, last));
  }

  /** An end of input is finished with the last window, so that its commit says: all is told. */
  private void settleEnds() {
    if (closing > 0 || clock.isWaiting()) {
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
    } else {
      closing--;
      scope.context.outcomes().stateChanged();
      settleEnds();
    }
  }

  /** Two parents had the window open. */
  private StateValue merge(EntryKey entry, StateValue one, StateValue other) {
    if (entry.kind() == EntryKind.OPEN_WINDOW) {
      return WindowMark.joined(WindowMark.read(one), WindowMark.read(other)).value();
    }
    if (entry.kind() != EntryKind.WINDOW) {
      return one;
    }
    var key = EntryKeys.keyOf(entry);
    return codec.encode(key, function.merge(codec.decode(key, one), codec.decode(key, other)));
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
    closeDue();
    lanes.start();
  }

  private void reopen(WindowKey window, WindowMark mark) {
    var judged = clock.forKey(clock.watermark(), window.key().partitionKey());
    if (!kind.windows().isDue(window.span().end(), judged)) {
      // Told already where a former version of the function waited less: told again if it changes.
      register(open, window);
    } else if (mark.changed() || kind.windows().isClosed(window.span().end(), judged)) {
      overdue.add(window);
    } else {
      register(told, window);
    }
  }

  /** A record that can't be admitted: fails in its lane, behind what came before. */
  private final class Refusal extends Task.OfRecord<O> {
    private final Throwable fault;

    Refusal(StreamRecord record, Throwable fault) {
      super(record, scope.idOf(record.position()));
      this.fault = fault;
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) {
      return CompletableFuture.failedFuture(fault);
    }
  }

  /** Adds a record to its windows: to all of them, or to none. */
  private final class Addition extends Task.OfRecord<O> {
    private final Decoder.Decoded<I> decoded;
    private final StateKey key;
    private final List<Windows.Span> spans;

    Addition(
        StreamRecord record, Decoder.Decoded<I> decoded, StateKey key, List<Windows.Span> spans) {
      super(record, scope.idOf(record.position()));
      this.decoded = decoded;
      this.key = key;
      this.spans = spans;
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var event = event(decoded, call);
      var windows = spans.stream().map(span -> new WindowKey(key, span)).toList();
      var before = read.look(space, windows.stream().map(EntryKeys::sumOf).toList());
      var marks = read.look(space, windows.stream().map(EntryKeys::openOf).toList());
      var after = new LinkedHashMap<WindowKey, StateValue>();
      call.enter();
      for (var window : windows) {
        var held = before.get(EntryKeys.sumOf(window));
        var sum = held != null ? codec.decode(key, held) : function.empty();
        after.put(window, codec.encode(key, function.add(sum, event)));
      }
      return CompletableFuture.completedFuture(
          Effect.handled(
              () ->
                  after.forEach(
                      (window, sum) -> {
                        space.put(EntryKeys.sumOf(window), sum);
                        var mark = marks.get(EntryKeys.openOf(window));
                        if (mark == null || !WindowMark.read(mark).changed()) {
                          space.put(
                              EntryKeys.openOf(window), WindowMark.read(mark).added().value());
                        }
                      })));
    }
  }

  private final class Closing extends Task<O> {
    private final WindowKey window;
    private final boolean last;

    /** How it stood when it was called; a lane has one task at a time. */
    private volatile WindowMark mark = WindowMark.read(null);

    /**
     * @param last whether the window is forgotten then
     */
    Closing(WindowKey window, boolean last) {
      this.window = window;
      this.last = last;
    }

    @Override
    String key() {
      return window.key().partitionKey();
    }

    @Override
    String id() {
      return window.id(mark.told());
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var held = read.look(space, EntryKeys.sumOf(window));
      if (held == null) {
        // All its records went to the dead letters.
        return CompletableFuture.completedFuture(Effect.HANDLED);
      }
      mark = WindowMark.read(read.look(space, EntryKeys.openOf(window)));
      if (!mark.changed()) {
        return CompletableFuture.completedFuture(Effect.handled(this::settle));
      }
      var told = mark.told(window);
      call.enter();
      function.close(told, codec.decode(window.key(), held), out);
      return CompletableFuture.completedFuture(
          Effect.handled(
              () -> {
                settle();
                scope.tell(
                    new FunctionEvent.WindowClosed(scope.function, scope.context.key(), told));
              }));
    }

    @Override
    void lettered() {
      settle();
    }

    private void settle() {
      if (last) {
        space.remove(EntryKeys.sumOf(window));
        space.remove(EntryKeys.openOf(window));
      } else if (mark.changed()) {
        space.put(EntryKeys.openOf(window), mark.fired().value());
      }
    }

    /** A window that can't be closed leaves its sum in the letter. */
    @Override
    public Remains remains() {
      return new Remains(id(), key(), window.span().start(), sum(), Optional.empty());
    }

    private byte[] sum() {
      try {
        var held = read.look(space, EntryKeys.sumOf(window));
        return held == null ? new byte[0] : held.bytes();
      } catch (StateLoading gone) {
        // It was in memory or read for this task before it was called.
        throw new IllegalStateException("the sum of a window that was called is not known", gone);
      }
    }
  }
}
