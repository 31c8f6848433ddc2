package io.headrace.kcl;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Handlers of one function for engine tests. Each record's payload is its number within its key, 1,
 * 2, 3 ...; the state of a key is the number that came last. A record that does not follow its
 * predecessor exactly is a loss, a repetition or a swap, and is noted.
 */
final class FoldingHandlers implements ShardHandler.Factory {
  final List<Delivery> deliveries = new ArrayList<>();
  final List<String> faults = new ArrayList<>();
  final List<Integer> batches = new ArrayList<>();
  final List<CommitParts> committed = new ArrayList<>();
  final Set<String> stuckKeys = new HashSet<>();
  final List<FoldingHandler> open = new ArrayList<>();
  Function<StreamRecord, Duration> takes = record -> Duration.ZERO;
  boolean restoreFails;

  /** What it answers the watchdog. */
  ShardHandler.Standing standing = ShardHandler.Standing.SILENT;

  /** For how long it says that a call of a parked record has hung. */
  Duration parkedOverdue = Duration.ZERO;

  /** Throws when it is handed a record of this key. */
  String throwsOn = "";

  /** Goes on after it was abandoned, as user code that ignores interrupts. */
  boolean deaf;

  /** Tells the outcome before it changes its state, in the same turn. */
  boolean settlesFirst;

  Duration snapshotTakes = Duration.ofMillis(3);

  /** How soon it wants what it settles to be committed; null where it does not say. */
  @Nullable Duration wantsCommitWithin;

  /** How long that takes which a last commit lets out, and which changes state then. */
  @Nullable Duration departure;

  /** Takes a gap in a key's numbers as given. */
  boolean tolerant;

  int inFlight;
  int inFlightHighest;

  /** A record that was handled. */
  record Delivery(ShardKey shard, long epoch, String key, int number, Position position) {}

  @Override
  public ShardHandler open(ShardHandler.Context context) {
    var handler = new FoldingHandler(context);
    open.add(handler);
    return handler;
  }

  /** First successful deliveries by key, which must be 1, 2, 3 ... */
  Map<String, List<Integer>> firstDeliveries() {
    var byKey = new TreeMap<String, List<Integer>>();
    for (var delivery : deliveries) {
      var numbers = byKey.computeIfAbsent(delivery.key, key -> new ArrayList<>());
      if (!numbers.contains(delivery.number)) {
        numbers.add(delivery.number);
      }
    }
    return byKey;
  }

  static Map<String, Integer> decode(CommitParts parts) {
    var state = new TreeMap<String, Integer>();
    var bytes = parts.parts().get("state");
    if (bytes != null && bytes.length > 0) {
      for (var entry : new String(bytes, UTF_8).split(",", -1)) {
        var pair = entry.split("=", -1);
        state.put(pair[0], Integer.parseInt(pair[1]));
      }
    }
    return state;
  }

  final class FoldingHandler implements ShardHandler {
    final Context context;
    private final Map<String, Integer> state = new TreeMap<>();
    private final Map<String, ArrayDeque<StreamRecord>> lanes = new HashMap<>();
    private final Map<String, Long> since = new HashMap<>();
    private boolean over;

    FoldingHandler(Context context) {
      this.context = context;
    }

    @Override
    public CompletionStage<Void> restore(List<CommitParts> parts) {
      if (restoreFails) {
        return CompletableFuture.failedFuture(new CheckpointException("state is out of reach"));
      }
      for (var part : parts) {
        decode(part)
            .forEach(
                (key, number) -> {
                  if (context.shard().range().holds(key)) {
                    state.merge(key, number, Math::max);
                  }
                });
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public Duration parkedCallsOverdue() {
      return parkedOverdue;
    }

    @Override
    public void handle(List<StreamRecord> records) {
      if (over) {
        faults.add("records after the end in " + context.key());
      }
      if (records.stream().anyMatch(record -> record.key().text().equals(throwsOn))) {
        throw new IllegalArgumentException("planted");
      }
      batches.add(records.size());
      inFlight += records.size();
      inFlightHighest = Math.max(inFlight, inFlightHighest);
      for (var record : records) {
        var lane = lanes.computeIfAbsent(record.key().text(), key -> new ArrayDeque<>());
        lane.add(record);
        if (lane.size() == 1) {
          begin(lane);
        }
      }
    }

    private void begin(ArrayDeque<StreamRecord> lane) {
      var record = lane.getFirst();
      if (!context.tenure().validAt(context.loop().ticks())) {
        context.loop().schedule(Duration.ofMillis(10), () -> beginIfOpen(lane));
        return;
      }
      since.put(record.key().text(), context.loop().ticks());
      if (!stuckKeys.contains(record.key().text())) {
        var time = takes.apply(record);
        if (time.isZero()) {
          context.loop().execute(() -> finish(lane));
        } else {
          context.loop().schedule(time, () -> finish(lane));
        }
      }
    }

    /** Begins again what was stuck. */
    void resume() {
      lanes.values().stream().filter(lane -> !lane.isEmpty()).forEach(this::begin);
    }

    private void beginIfOpen(ArrayDeque<StreamRecord> lane) {
      if (!over) {
        begin(lane);
      }
    }

    private void finish(ArrayDeque<StreamRecord> lane) {
      if (over) {
        return;
      }
      var record = lane.removeFirst();
      var key = record.key().text();
      since.remove(key);
      int number = number(record);
      int last = state.getOrDefault(key, 0);
      if (number != last + 1 && !(tolerant && number > last)) {
        faults.add(key + ": " + number + " after " + last + " in " + context.key().shard());
      }
      inFlight--;
      var epoch = context.tenure().token().epoch();
      deliveries.add(new Delivery(context.key(), epoch, key, number, record.position()));
      if (settlesFirst) {
        context.outcomes().settled(record.position(), Outcome.HANDLED);
        state.put(key, number);
      } else {
        state.put(key, number);
        context.outcomes().settled(record.position(), Outcome.HANDLED);
      }
      if (wantsCommitWithin != null) {
        context.outcomes().commitWanted(wantsCommitWithin);
      }
      if (!lane.isEmpty()) {
        beginIfOpen(lane);
      }
    }

    @Override
    public CompletionStage<Void> departed() {
      var left = new CompletableFuture<Void>();
      if (departure == null) {
        left.complete(null);
      } else {
        context
            .loop()
            .schedule(
                departure,
                () -> {
                  context.outcomes().stateChanged();
                  left.complete(null);
                });
      }
      return left;
    }

    @Override
    public CompletionStage<CommitParts> snapshot() {
      var text = new ArrayList<String>();
      state.forEach((key, number) -> text.add(key + "=" + number));
      var parts = CommitParts.of("state", String.join(",", text).getBytes(UTF_8));
      var durable = new CompletableFuture<CommitParts>();
      context.loop().schedule(snapshotTakes, () -> durable.complete(parts));
      return durable;
    }

    @Override
    public void committed(CommitParts parts) {
      committed.add(parts);
    }

    List<Position> inLanes() {
      return lanes.values().stream()
          .flatMap(ArrayDeque::stream)
          .map(StreamRecord::position)
          .sorted()
          .toList();
    }

    /** Every lane finishes the record that it has begun and gives the others back. */
    @Override
    public void drain() {
      var left = new ArrayList<Position>();
      for (var lane : lanes.values()) {
        while (lane.size() > 1) {
          left.add(lane.removeLast().position());
        }
      }
      inFlight -= left.size();
      if (!left.isEmpty()) {
        context.outcomes().returned(left);
      }
    }

    @Override
    public long callsSince() {
      return since.values().stream().mapToLong(ticks -> ticks).min().orElse(Long.MAX_VALUE);
    }

    @Override
    public Standing standing(Duration patience) {
      return standing;
    }

    @Override
    public void abandon() {
      if (deaf) {
        return;
      }
      over = true;
      lanes.values().forEach(lane -> inFlight -= lane.size());
      lanes.clear();
    }

    @Override
    public void close() {
      abandon();
      open.remove(this);
    }

    private int number(StreamRecord record) {
      try {
        return Integer.parseInt(new String(record.payload().bytes(), UTF_8).strip());
      } catch (IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
    }
  }
}
