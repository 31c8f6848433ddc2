package io.headrace.function;

import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Outputs of one function in one shard, from the turn in which their effect is installed until they
 * are known to be sent. Owned by the worker loop.
 *
 * <p>An output becomes a part of the same commit as the state that it tells of, and is sent only
 * when that commit stands for certain: what was never committed is never told. Once it is sent it
 * is taken out, which the next commit says. Who goes on from a commit sends what that holds, be it
 * the next owner or children, each of which has the part of its hash range. So an output may be
 * sent again under its id, and is the same then. Outputs of one key are sent in their order, and a
 * key whose sink refuses them waits alone.
 */
final class Outbox {
  /** So many calls' outputs may wait in one shard. */
  static final int ENTRIES_MAX = 10_000;

  /** So much may wait in one shard, which is in memory, too. */
  static final long BYTES_MAX = 8L << 20;

  /** So many calls' outputs of one key are sent together. */
  private static final int TOGETHER_MAX = 100;

  private static final class Entry {
    private final EntryKey key;
    private final long number;
    private final int bytes;
    private final List<Outlet.Parcel<?>> parcels;

    /** By the loop's ticks; of one that was restored, since then. */
    private final long since;

    private Entry(
        EntryKey key, long number, int bytes, List<Outlet.Parcel<?>> parcels, long since) {
      this.since = since;
      this.key = key;
      this.number = number;
      this.bytes = bytes;
      this.parcels = parcels;
    }
  }

  private final Scope scope;
  private final FunctionOutlets<?> outlets;
  private final Duration within;
  private final Courier courier;
  private final StateSpace space;

  /** Not known to be committed, in the order in which they came. */
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();

  private long waitingBytes;

  /** Committed, by partition key; the first of each are on their way. */
  private final Map<String, ArrayDeque<Entry>> leaving = new HashMap<>();

  private Runnable goOn = () -> {};

  /** What waits until all has left that was restored. */
  private final List<Runnable> behind = new ArrayList<>();

  private long nextNumber;
  private int entries;
  private long outputs;
  private long bytes;
  private boolean full;

  /** The latest stored snapshot has all entries below this number. */
  private long capturedBelow;

  private byte @Nullable [] capturedPart;
  private @Nullable CompletableFuture<Void> departed;

  /**
   * An empty one, until {@link #restore}.
   *
   * @param within how soon a commit is wanted that an output waits for
   */
  Outbox(Scope scope, FunctionOutlets<?> outlets, Duration within) {
    this.scope = scope;
    this.outlets = outlets;
    this.within = within;
    this.courier = Courier.ofOutputs(scope, outlets.letters());
    this.space =
        HandlerState.open(
            scope, CommitParts.OUTBOX, (key, one, other) -> KeptOutputs.joined(one, other));
  }

  /** Whether an output can wait; others leave before the commit. */
  static boolean keeps(Outlet.Parcel<?> parcel) {
    return parcel.outlet() instanceof Outlet.Keeping<?, ?>;
  }

  /** Told when there is room again. */
  void whenRoom(Runnable told) {
    goOn = told;
  }

  /** Takes up what the last commits hold; new entries of a key come behind those. */
  CompletionStage<Void> restore(List<CommitParts> parts) {
    return space
        .restore(parts)
        .thenCompose(origins -> waits() ? reviving() : CompletableFuture.completedFuture(null));
  }

  private boolean waits() {
    return space.resident(EntryKind.OUTBOX).findAny().isPresent();
  }

  private CompletionStage<Void> reviving() {
    return Scope.onPool(scope, this::revived)
        .thenCompose(found -> Scope.onLoop(scope, () -> install(found)));
  }

  private List<Entry> revived() {
    return space
        .resident(EntryKind.OUTBOX)
        .map(each -> revived(each.getKey(), each.getValue()))
        .sorted(Comparator.comparingLong(entry -> entry.number))
        .toList();
  }

  private Entry revived(EntryKey key, StateValue value) {
    long number = ByteBuffer.wrap(key.suffix()).getLong();
    return new Entry(
        key,
        number,
        value.bytes().length,
        KeptOutputs.read(value).revived(outlets),
        scope.loop().ticks());
  }

  private void install(List<Entry> found) {
    for (var entry : found) {
      nextNumber = Math.max(nextNumber, entry.number + 1);
      count(entry, 1);
      leave(entry);
    }
  }

  /**
   * Sends what was restored. Told when all else of the shard is restored, too: one that can't be is
   * tried again and again, and would send the same each time.
   */
  CompletionStage<Void> begin() {
    return Scope.onLoop(scope, () -> List.copyOf(leaving.keySet()).forEach(this::send));
  }

  /**
   * Adds what one call has sent, in the turn in which its effect is installed.
   *
   * @param key the partition key
   */
  void add(String key, List<Outlet.Parcel<?>> parcels) {
    if (parcels.isEmpty()) {
      return;
    }
    long number = nextNumber++;
    byte[] suffix = ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    var value = KeptOutputs.of(parcels, outlets).value();
    var entry =
        new Entry(
            EntryKey.of(key, key, EntryKind.OUTBOX, suffix),
            number,
            value.bytes().length,
            parcels,
            scope.loop().ticks());
    space.put(entry.key, value);
    count(entry, 1);
    waiting.add(entry);
    waitingBytes += entry.bytes;
    // What its sink refuses is committed already: one more commit would bring no room.
    boolean hurries = 2 * waiting.size() >= ENTRIES_MAX || 2 * waitingBytes >= BYTES_MAX;
    scope.context.outcomes().commitWanted(hurries ? Duration.ZERO : within);
  }

  /** Whether nothing more should come: nothing is refused, but whoever begins calls asks. */
  boolean isFull() {
    boolean now = entries >= ENTRIES_MAX || bytes >= BYTES_MAX;
    if (now && !full) {
      // The sink that is down, or the store, is told by whoever asks it in vain.
      scope.waits();
    } else if (full && !now) {
      scope.waitsNoMore();
    }
    full = now;
    return now;
  }

  /** To be taken in the turn in which the state is. */
  CompletionStage<CommitParts> snapshot() {
    long below = nextNumber;
    return space
        .snapshot()
        .thenApply(
            parts -> {
              capturedBelow = below;
              capturedPart = parts.parts().get(CommitParts.OUTBOX);
              return parts;
            });
  }

  /** A commit with these parts stands for certain. */
  void committed(CommitParts parts) {
    space.committed(parts);
    // Of another snapshot than the latest nothing is known.
    if (Arrays.equals(parts.parts().get(CommitParts.OUTBOX), capturedPart)) {
      letGo();
    }
  }

  private void letGo() {
    var idle = new ArrayList<String>();
    while (!waiting.isEmpty() && waiting.peek().number < capturedBelow) {
      var entry = waiting.remove();
      waitingBytes -= entry.bytes;
      if (leave(entry)) {
        idle.add(entry.key.partitionKey());
      }
    }
    idle.forEach(this::send);
  }

  /** Whether nothing of its key was on its way. */
  private boolean leave(Entry entry) {
    var lane = leaving.computeIfAbsent(entry.key.partitionKey(), key -> new ArrayDeque<>());
    lane.add(entry);
    return lane.size() == 1;
  }

  private void send(String key) {
    var lane = leaving.get(key);
    if (lane == null) {
      return;
    }
    var parcels = new ArrayList<Outlet.Parcel<?>>();
    var together = lane.stream().limit(TOGETHER_MAX).toList();
    together.forEach(entry -> parcels.addAll(entry.parcels));
    courier.deliver(parcels, () -> sent(key, lane, together.size()));
  }

  private void sent(String key, ArrayDeque<Entry> lane, int some) {
    for (int i = 0; i < some; i++) {
      var entry = lane.remove();
      space.remove(entry.key);
      count(entry, -1);
    }
    scope.context.outcomes().stateChanged();
    if (lane.isEmpty()) {
      leaving.remove(key);
    } else {
      send(key);
    }
    if (leaving.isEmpty()) {
      if (departed != null) {
        departed.complete(null);
      }
      var told = List.copyOf(behind);
      behind.clear();
      told.forEach(Runnable::run);
    }
    if (full && !isFull()) {
      goOn.run();
    }
  }

  private void count(Entry entry, int sign) {
    entries += sign;
    outputs += sign * (long) entry.parcels.size();
    bytes += sign * (long) entry.bytes;
  }

  /** What waits, beside what the handler says of its keys. */
  KeyStanding standing(KeyStanding of) {
    long oldest = Long.MAX_VALUE;
    if (!waiting.isEmpty()) {
      oldest = waiting.getFirst().since;
    }
    for (var lane : leaving.values()) {
      oldest = Math.min(oldest, lane.getFirst().since);
    }
    return entries == 0
        ? of
        : of.sending(outputs, bytes, Duration.ofNanos(scope.loop().ticks() - oldest));
  }

  /** Completes when all has left that is committed. */
  CompletionStage<Void> departed() {
    departed = new CompletableFuture<>();
    if (leaving.isEmpty()) {
      departed.complete(null);
    }
    return departed;
  }

  /** Runs it when all has left that is committed: now, if it has. */
  void whenAllHasLeft(Runnable then) {
    if (leaving.isEmpty()) {
      then.run();
    } else {
      behind.add(then);
    }
  }

  void close() {
    space.close();
  }
}
