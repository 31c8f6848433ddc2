package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.kcl.StreamRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the windows of a run in the lanes of their keys: records are added, sums are
 * told. Owned by the worker loop, on which all is installed; calls read what belongs to their key.
 *
 * <p>Which session a record belongs to is found in its lane, from those that there are then. A lane
 * holds records and tellings in the order in which they were admitted, so the answer is the same
 * each time, and a record that went to the dead letters has joined nothing.
 */
final class WindowSums<I, A, O> {
  private final Scope scope;
  private final Windows windows;
  private final WindowFunction<I, A, O> function;
  private final StateCodec<A> codec;
  private final StateSpace space;
  private final WindowCalendar calendar;
  private final Sessions sessions = new Sessions();

  /** Changed since they were told last, early or not. */
  private final Set<WindowKey> news = new LinkedHashSet<>();

  WindowSums(
      Scope scope,
      FunctionKind.Windowing<I, A, O> kind,
      WindowFunction<I, A, O> function,
      StateSpace space,
      WindowCalendar calendar) {
    this.scope = scope;
    this.windows = kind.windows();
    this.function = function;
    this.codec = new StateCodec<>(scope, kind.codec());
    this.space = space;
    this.calendar = calendar;
  }

  /** A window that was stored; answers under which it is to be told. */
  WindowKey restored(WindowKey window, WindowMark mark) {
    if (mark.changed()) {
      isNews(window);
    }
    if (!windows.areSessions()) {
      return window;
    }
    sessions.put(window);
    return new WindowKey(window.key(), windows.aloneUntil(window.span().end()));
  }

  /** What makes one session of those that two parents had of a key. */
  List<Task<O>> joinings() {
    var tasks = new ArrayList<Task<O>>();
    sessions.torn().forEach((key, groups) -> tasks.add(new Joining(key, groups)));
    return tasks;
  }

  /**
   * Adds a record to its windows.
   *
   * @param judged the event time by which they are open or closed for it
   */
  Task<O> addition(
      StreamRecord record,
      Decoder.Decoded<I> decoded,
      StateKey key,
      List<Windows.Span> spans,
      Instant judged) {
    return new OfOne(record, decoded, key, spans, judged);
  }

  /** Adds the sum of several records to the windows that they all belong to. */
  Task<O> addition(
      StreamRecord record,
      Partial partial,
      StateKey key,
      List<Windows.Span> spans,
      Instant judged) {
    return new OfSeveral(record, partial, key, spans, judged);
  }

  /** Several records, the windows of which are all forgotten. */
  Task<O> late(StreamRecord record, Partial partial) {
    return new LateSum<>(scope, windows.side(), record, partial);
  }

  /**
   * Tells a window, if it has changed.
   *
   * @param last whether it is forgotten then
   * @param by the event time at its place in the lane
   */
  Task<O> closing(WindowKey window, boolean last, Instant by) {
    return new Closing(window, last, by);
  }

  static boolean isEarly(Task<?> task) {
    return task instanceof WindowSums<?, ?, ?>.Early;
  }

  /**
   * Tells of all windows that have changed before they end.
   *
   * @param but partition keys that nothing is told of
   */
  List<Task<O>> early(Set<String> but) {
    var changed =
        news.stream().filter(window -> !but.contains(window.key().partitionKey())).toList();
    changed.forEach(news::remove);
    var now = scope.loop().now();
    var tasks = new ArrayList<Task<O>>(changed.size());
    changed.forEach(window -> tasks.add(new Early(window, now)));
    return tasks;
  }

  A decoded(StateKey key, StateValue sum) {
    return codec.decode(key, sum);
  }

  /** Two parents had the window open. */
  StateValue merge(EntryKey entry, StateValue one, StateValue other) {
    if (entry.kind() == EntryKind.OPEN_WINDOW) {
      return WindowMark.joined(WindowMark.read(one), WindowMark.read(other)).value();
    }
    if (entry.kind() != EntryKind.WINDOW) {
      return one;
    }
    var key = EntryKeys.keyOf(entry);
    return codec.encode(key, function.merge(codec.decode(key, one), codec.decode(key, other)));
  }

  private void isNews(WindowKey window) {
    if (windows.early() != null) {
      news.add(window);
    }
  }

  /** A window and under what it is stored, which is worked out once for a call. */
  private record Stored(WindowKey window, EntryKey sum, EntryKey mark) {
    static Stored of(WindowKey window) {
      return new Stored(window, EntryKeys.sumOf(window), EntryKeys.openOf(window));
    }
  }

  /** A window that takes the place of others, or is added to. */
  private record Into(Stored to, List<Stored> from) {
    StateKey key() {
      return to.window().key();
    }
  }

  private static Into into(StateKey key, Windows.Span span, List<Windows.Span> from) {
    var stored = new ArrayList<Stored>(from.size());
    for (var each : from) {
      stored.add(Stored.of(new WindowKey(key, each)));
    }
    return new Into(Stored.of(new WindowKey(key, span)), stored);
  }

  /** A window of its own length, which takes no other's place. */
  private static Into into(WindowKey window) {
    var stored = Stored.of(window);
    return new Into(stored, List.of(stored));
  }

  /** What a window holds after a call. */
  private record Made(Into into, StateValue sum, @Nullable WindowMark before) {}

  /**
   * The sums of the windows that a call is about, read before the user's code is called. Where
   * there is no mark there is no sum: marks are in memory, and most windows that are new would else
   * be looked for in the store, as a filter lets some through.
   */
  private Map<EntryKey, StateValue> look(List<Into> into, ReadEntries read) throws StateLoading {
    var marked = new ArrayList<EntryKey>(into.size());
    for (var each : into) {
      for (var window : each.from()) {
        if (read.look(space, window.mark()) != null) {
          marked.add(window.sum());
        }
      }
    }
    return switch (marked.size()) {
      case 0 -> Map.of();
      case 1 -> lookOne(marked.get(0), read);
      default -> read.look(space, marked);
    };
  }

  private Map<EntryKey, StateValue> lookOne(EntryKey sum, ReadEntries read) throws StateLoading {
    var found = read.look(space, sum);
    return found == null ? Map.of() : Map.of(sum, found);
  }

  /** What a call adds to a sum; null where the window is new. */
  private interface Added<A> {
    A to(@Nullable A sum);
  }

  private List<Made> made(
      List<Into> into, Map<EntryKey, StateValue> sums, ReadEntries read, @Nullable Added<A> added)
      throws StateLoading {
    var made = new ArrayList<Made>(into.size());
    for (var each : into) {
      made.add(made(each, sums, read, added));
    }
    return made;
  }

  private Made made(
      Into into, Map<EntryKey, StateValue> sums, ReadEntries read, @Nullable Added<A> added)
      throws StateLoading {
    var key = into.key();
    A sum = null;
    WindowMark mark = null;
    for (var window : into.from()) {
      var held = sums.get(window.sum());
      var stored = read.look(space, window.mark());
      if (held != null) {
        var one = codec.decode(key, held);
        sum = sum == null ? one : function.merge(sum, one);
      }
      if (stored != null) {
        var one = WindowMark.read(stored);
        mark = mark == null ? one : WindowMark.joined(mark, one);
      }
    }
    if (added != null) {
      sum = added.to(sum);
    }
    return new Made(into, codec.encode(key, sum), mark);
  }

  /** On the worker loop: all of it in one commit. */
  private void install(Made made) {
    var to = made.into().to();
    var window = to.window();
    boolean isNew = true;
    for (var former : made.into().from()) {
      if (former.window().equals(window)) {
        isNew = false;
      } else {
        space.remove(former.sum());
        space.remove(former.mark());
        news.remove(former.window());
      }
    }
    space.put(to.sum(), made.sum());
    var before = made.before();
    // Of several, one may span the others: then its mark is there, and is that of one part only.
    if (isNew || made.into().from().size() > 1 || before == null || !before.changed()) {
      var mark = before == null ? WindowMark.read(null) : before;
      space.put(to.mark(), mark.added().value());
    }
    isNews(window);
    if (windows.areSessions()) {
      var former = made.into().from().stream().map(each -> each.window().span()).toList();
      sessions.replace(window.key(), former, window.span());
      former.forEach(span -> forgetUnlessThere(window.key(), span.end()));
    }
  }

  private void forgetUnlessThere(StateKey key, Instant end) {
    if (sessions.of(key).stream().noneMatch(span -> span.end().equals(end))) {
      calendar.forget(key, end);
    }
  }

  private void remove(WindowKey window) {
    space.remove(EntryKeys.sumOf(window));
    space.remove(EntryKeys.openOf(window));
    news.remove(window);
    if (windows.areSessions()) {
      sessions.remove(window);
    }
  }

  private final class OfOne extends Addition {
    private final Decoder.Decoded<I> decoded;

    OfOne(
        StreamRecord record,
        Decoder.Decoded<I> decoded,
        StateKey key,
        List<Windows.Span> spans,
        Instant judged) {
      super(record, key, spans, judged);
      this.decoded = decoded;
    }

    @Override
    Added<A> added(Call<O> call) {
      var event = event(decoded, call);
      return sum -> function.add(sum == null ? function.empty() : sum, event);
    }

    @Override
    Task<O> late() {
      return WindowSums.this.late(record, decoded);
    }
  }

  private final class OfSeveral extends Addition {
    private final Partial partial;

    OfSeveral(
        StreamRecord record,
        Partial partial,
        StateKey key,
        List<Windows.Span> spans,
        Instant judged) {
      super(record, key, spans, judged);
      this.partial = partial;
    }

    @Override
    Added<A> added(Call<O> call) {
      var stored = StateValue.of(partial.sum(), partial.version());
      // Anew for each window: a merge may change what it is given.
      return sum -> {
        var part = codec.decode(key, stored);
        return sum == null ? part : function.merge(sum, part);
      };
    }

    @Override
    Task<O> late() {
      return WindowSums.this.late(record, partial);
    }
  }

  /** Adds to the windows of a record: to all of them, or to none. */
  private abstract class Addition extends Task.OfRecord<O> {
    final StateKey key;
    private final List<Windows.Span> spans;
    private final Instant judged;

    Addition(StreamRecord record, StateKey key, List<Windows.Span> spans, Instant judged) {
      super(record, scope.shardOf(record.position()));
      this.key = key;
      this.spans = spans;
      this.judged = judged;
    }

    /** Asked before the user's code is called. */
    abstract Added<A> added(Call<O> call);

    abstract Task<O> late();

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var into = windows.areSessions() ? sessionOf(spans.get(0)) : fixed();
      if (into.isEmpty()) {
        return late().perform(call, out);
      }
      var sums = look(into, read);
      var added = added(call);
      call.enter();
      var made = made(into, sums, read, added);
      return CompletableFuture.completedFuture(
          Effect.handled(
              () -> {
                made.forEach(WindowSums.this::install);
                if (windows.areSessions()) {
                  forgetUnlessThere(key, spans.get(0).end());
                }
              }));
    }

    private List<Into> fixed() {
      var into = new ArrayList<Into>(spans.size());
      for (var span : spans) {
        into.add(into(new WindowKey(key, span)));
      }
      return into;
    }

    /** None where it is late for all that there is, and for one of its own. */
    private List<Into> sessionOf(Windows.Span alone) {
      var joined =
          sessions.of(key).stream()
              .filter(span -> span.overlaps(alone) && !windows.isClosed(span.end(), judged))
              .toList();
      if (joined.isEmpty()) {
        return windows.isClosed(alone.end(), judged)
            ? List.of()
            : List.of(into(key, alone, List.of()));
      }
      return List.of(into(key, alone.with(Sessions.union(joined)), joined));
    }
  }

  @SuppressWarnings("unchecked") // The side is of the input's type, as Windows.lateTo demands.
  LateRecord<I, O> late(StreamRecord record, Decoder.Decoded<I> decoded) {
    return new LateRecord<>(scope, (Side<I>) windows.side(), record, decoded);
  }

  /** Makes one session of parts that two shards had before they were merged. */
  private final class Joining extends Task<O> {
    private final StateKey key;
    private final List<List<Windows.Span>> groups;

    Joining(StateKey key, List<List<Windows.Span>> groups) {
      this.key = key;
      this.groups = groups;
    }

    @Override
    String key() {
      return key.partitionKey();
    }

    @Override
    public String id() {
      return new WindowKey(key, Sessions.union(groups.get(0))).id(0) + "/joined";
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var into = groups.stream().map(group -> into(key, Sessions.union(group), group)).toList();
      var sums = look(into, read);
      call.enter();
      var made = made(into, sums, read, null);
      return CompletableFuture.completedFuture(
          Effect.handled(() -> made.forEach(WindowSums.this::install)));
    }

    /** The parts stay as they are, and are told one by one. */
    @Override
    public Remains remains() {
      var start = groups.get(0).get(0).start();
      return new Remains(id(), key(), start, new byte[0], Optional.empty());
    }
  }

  /** Tells of a window before its end. Nothing of it is stored. */
  private final class Early extends Task<O> {
    private final WindowKey window;
    private final Instant now;

    Early(WindowKey window, Instant now) {
      this.window = window;
      this.now = now;
    }

    @Override
    String key() {
      return window.key().partitionKey();
    }

    @Override
    public String id() {
      return window.earlyId(scope.context.fencingToken(), now);
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var held = read.look(space, EntryKeys.sumOf(window));
      var stored = read.look(space, EntryKeys.openOf(window));
      if (held == null || stored == null || !WindowMark.read(stored).changed()) {
        return Effect.HANDLED_NOW; // Told, or part of another session, meanwhile.
      }
      int revision = WindowMark.read(stored).told();
      call.enter();
      function.close(
          window.told(Window.Firing.EARLY, revision), codec.decode(window.key(), held), out);
      return Effect.HANDLED_NOW;
    }

    @Override
    public Remains remains() {
      return new Remains(id(), key(), window.span().start(), sum(read, window), Optional.empty());
    }
  }

  private byte[] sum(ReadEntries read, WindowKey window) {
    try {
      var held = read.look(space, EntryKeys.sumOf(window));
      return held == null ? new byte[0] : held.bytes();
    } catch (StateLoading gone) {
      // It was in memory or read for this task before it was called.
      throw new IllegalStateException("the sum of a window that was called is not known", gone);
    }
  }

  private final class Closing extends Task<O> {
    private final WindowKey asked;
    private final boolean last;
    private final Instant by;

    /** What is told, and how it stood when it was called; a lane has one task at a time. */
    private volatile WindowKey window;

    private volatile WindowMark mark = WindowMark.read(null);

    Closing(WindowKey asked, boolean last, Instant by) {
      this.asked = asked;
      this.last = last;
      this.by = by;
      this.window = asked;
    }

    @Override
    String key() {
      return asked.key().partitionKey();
    }

    @Override
    public String id() {
      return window.id(mark.told());
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var found = windows.areSessions() ? session() : asked;
      var held = found == null ? null : read.look(space, EntryKeys.sumOf(found));
      if (found == null || held == null) {
        // All its records went to the dead letters, or it is part of a session that goes on.
        return Effect.HANDLED_NOW;
      }
      window = found;
      mark = WindowMark.read(read.look(space, EntryKeys.openOf(found)));
      if (!mark.changed()) {
        return CompletableFuture.completedFuture(Effect.handled(this::settle));
      }
      var told = mark.told(found);
      call.enter();
      function.close(told, codec.decode(found.key(), held), out);
      return CompletableFuture.completedFuture(
          Effect.handled(
              () -> {
                settle();
                scope.tell(
                    new FunctionEvent.WindowClosed(scope.function, scope.context.key(), told));
              }));
    }

    /** The one that holds the end of what was asked for, if its time has come, too. */
    private @Nullable WindowKey session() {
      var end = asked.span().end();
      return sessions.of(asked.key()).stream()
          .filter(span -> span.start().isBefore(end) && !span.end().isBefore(end))
          .filter(span -> last ? windows.isClosed(span.end(), by) : windows.isDue(span.end(), by))
          .map(span -> new WindowKey(asked.key(), span))
          .findFirst()
          .orElse(null);
    }

    @Override
    void lettered() {
      settle();
    }

    private void settle() {
      if (last) {
        remove(window);
      } else if (mark.changed()) {
        space.put(EntryKeys.openOf(window), mark.fired().value());
        news.remove(window);
      }
    }

    /** A window that can't be closed leaves its sum in the letter. */
    @Override
    public Remains remains() {
      return new Remains(id(), key(), window.span().start(), sum(read, window), Optional.empty());
    }
  }
}
