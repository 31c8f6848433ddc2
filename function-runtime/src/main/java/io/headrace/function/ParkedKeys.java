package io.headrace.function;

import io.headrace.checkpoint.Letter;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps failing keys of one run out of the way of all others. A key of which a record failed is in
 * quarantine: its later records wait in its lane. When that has lasted, they are stored and told as
 * parked, and the first goes on being tried; what comes later is stored behind them. Once the first
 * is finished the others follow from the store, one by one, and at the end the key is as any other.
 *
 * <p>What is parked changes in the turn in which records are told as parked, or their effect is
 * installed, so a commit has both or neither. Owned by the worker loop.
 */
final class ParkedKeys<O> implements LaneRunner.Quarantine<O>, KeyQuarantine.Parking<O> {
  private static final Logger LOG = LoggerFactory.getLogger(ParkedKeys.class);

  /** So long later records of a key wait for company. */
  private static final Duration LINGER = Duration.ofMillis(200);

  /** A record that failed so often may fail for long: those behind it need not be here. */
  private static final int UNLOADED_AFTER = 4;

  /** Of a run's chunks, so much is here beside what is in lanes; others are fetched once more. */
  private static final long LOADED_BYTES_MAX = 16L << 20;

  /** Where chunks of records lie, below the shard's. */
  private static final String PARKED = "parked";

  /** So many keys go on together when a run begins, and the next ones a little later. */
  private static final int BEGUN_AT_ONCE = 16;

  private static final Duration BEGUN_APART = Duration.ofMillis(50);

  /** Makes the task of a record that lies in this shard, or in an ancestor of it. */
  @FunctionalInterface
  interface Making<O> {
    Task<O> task(StreamRecord record, ShardKey origin);
  }

  private final Scope scope;
  private final LaneRunner<O> lanes;
  private final Making<O> making;
  private final String part;
  private final StateKeeper keeper;
  private final ParkedStore store;
  private final boolean parksMore;
  private final KeyQuarantine<O> quarantine;

  private final Map<String, ParkedKey> keys = new LinkedHashMap<>();
  private final ParkedRoom room;
  private long prefixes;
  private boolean changed;

  /** Parked keys may go on: at once, unless letters of former runs have to be looked at first. */
  private boolean begun = true;

  private boolean draining;

  /**
   * @param part of the commit, which names what is parked
   * @param making makes tasks for the lanes
   */
  ParkedKeys(
      Scope scope, String part, FunctionSettings settings, LaneRunner<O> lanes, Making<O> making) {
    this.scope = scope;
    this.lanes = lanes;
    this.making = making;
    this.part = part;
    this.keeper = new StateKeeper(scope, part);
    this.store = new ParkedStore(scope);
    var parking = settings.retry().patience().parking();
    this.parksMore = parking != null && scope.environment.keepsChunks();
    var bounds = parking != null ? parking : KeyParking.DEFAULT;
    this.room = new ParkedRoom(scope, bounds);
    this.quarantine = new KeyQuarantine<>(scope, lanes, store, bounds, settings.inFlight(), this);
    lanes.watchedBy(this);
    scope.parked = this;
  }

  /** Brings back what the last commits tell of, of which the keys are this shard's. */
  CompletionStage<Void> restore(List<CommitParts> parts) {
    return ParkedStore.noneBut(part, scope, parts).thenCompose(known -> load(parts));
  }

  private CompletionStage<Void> load(List<CommitParts> parts) {
    return keeper
        .loadChunks(parts)
        .thenCompose(found -> Scope.onLoop(scope, () -> restored(found)));
  }

  private void restored(List<StateKeeper.Stored> found) {
    var range = scope.context.shard().range();
    var entries = new LinkedHashMap<String, ParkedDirectory.Entry>();
    for (var each : found) {
      var directory = ParkedDirectory.read(each.name(), each.bytes());
      for (var entry : directory.entries()) {
        if (directory.passes(entry.key(), range)) {
          entries.merge(entry.key(), entry, ParkedKeys::inOrder);
        }
      }
    }
    for (var entry : entries.values()) {
      keys.put(entry.key(), ParkedKey.restored(entry, newPrefix()));
      room.add(1, entry.records(), entry.bytes());
    }
    room.lookAtLevel();
    changed = keeper.isInherited() && !keys.isEmpty();
    begun = keys.isEmpty();
    if (!keys.isEmpty()) {
      LOG.info(
          "function {}, shard {}: goes on with parked keys, {}",
          scope.function,
          scope.context.key(),
          room.load());
    }
    if (scope.environment.keepsChunks()) {
      var all = new ParkedDirectory(range, List.copyOf(entries.values()));
      ChunkSweep.begin(scope, keeper.directory() + PARKED, "parked records", all::names);
    }
    scope.tell(new FunctionEvent.ParkedFound(scope.function, scope.context.key(), room.load()));
    if (scope.letterGate == null) {
      scope.post(this::begin);
    }
  }

  /** Of one key in two parents: the older one's first. */
  private static ParkedDirectory.Entry inOrder(
      ParkedDirectory.Entry one, ParkedDirectory.Entry other) {
    return one.next().compareTo(other.next()) <= 0 ? one.with(other) : other.with(one);
  }

  /** It is known which letters count: parked keys go on. */
  void begin() {
    begun = true;
    begin(new ArrayDeque<>(keys.values()));
  }

  /** A few at a time: each brings a chunk, and most of them fail. */
  private void begin(ArrayDeque<ParkedKey> left) {
    for (int i = 0; i < BEGUN_AT_ONCE && !left.isEmpty(); i++) {
      goOn(left.remove());
    }
    if (!left.isEmpty()) {
      var unused = scope.loop().schedule(BEGUN_APART, () -> scope.runUnlessOver(() -> begin(left)));
    }
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  /** Whether the record of this letter may be handled from the store here, and so once more. */
  boolean mayHold(Letter letter) {
    var parked = keys.get(letter.key());
    return parked != null && letter.id().position().compareTo(parked.next()) >= 0;
  }

  /** Records come up: those of parked keys are taken in here, all others go to their lanes. */
  void handle(List<StreamRecord> some) {
    for (var record : some) {
      if (!takesIn(record)) {
        var origin = scope.book.shardOf(record.position(), scope.context.key());
        lanes.add(making.task(record, origin));
        if (!scope.book.isPlaying(record.position())) {
          quarantine.came(record);
        }
      }
    }
    lanes.start();
  }

  /** Takes in the records of parked keys, and answers the others. */
  List<StreamRecord> takeIn(List<StreamRecord> some) {
    return some.stream().filter(record -> !takesIn(record)).toList();
  }

  private boolean takesIn(StreamRecord record) {
    // A letter that is played again is older than whatever is parked, and goes before it.
    if (keys.isEmpty() || scope.book.isPlaying(record.position())) {
      return false;
    }
    var key = keys.get(record.key().text());
    if (key == null) {
      return false;
    }
    key.append(record);
    storeTail(key);
    return true;
  }

  @Override
  public void failed(Task<O> task) {
    if (task.parked != null) {
      if (task.attempts >= UNLOADED_AFTER) {
        task.parked.unload();
      }
      return;
    }
    // What fails before a parked key's first record is a letter: the key can't be parked twice.
    if (parksMore && task.position() != null && !keys.containsKey(task.key())) {
      quarantine.failed(task);
    }
  }

  @Override
  public boolean hasRoom(long moreKeys, long moreBytes) {
    return room.holds(moreKeys, moreBytes);
  }

  @Override
  public void park(String name, KeyLanes.Lane<Task<O>> lane, String prefix, ParkedChunk chunk) {
    var key = ParkedKey.parked(name, prefix, 0, chunk);
    keys.put(name, key);
    room.add(1, key.records(), key.bytes());
    var tasks = quarantine.ours(lane);
    if (tasks.get(0) == lane.first()) {
      var first = tasks.remove(0);
      key.take();
      first.parked = key;
    }
    lanes.takeOut(lane, tasks);
    int stored = chunk.records().size() - (key.isHanded() ? 1 : 0);
    tasks.subList(stored, tasks.size()).forEach(task -> key.append(quarantine.recordOf(task)));
    tellParked(chunk.records());
    var position = chunk.records().get(0).position();
    LOG.warn(
        "function {}, shard {}: the key of record {} keeps failing and is parked, {}",
        scope.function,
        scope.context.key(),
        position,
        room.load());
    scope.tell(
        new FunctionEvent.KeyParked(scope.function, scope.context.key(), position, room.load()));
    storeTail(key);
    goOn(key);
  }

  private void storeTail(ParkedKey key) {
    if (draining || key.isWriting() || key.unwritten() == 0) {
      return;
    }
    if (key.isOver()) {
      goOn(key);
    } else if (ParkedChunk.isFull(key.unwritten(), key.unwrittenBytes())) {
      storeTailNow(key);
    } else if (!key.lingering) {
      key.lingering = true;
      var unused =
          scope
              .loop()
              .schedule(
                  LINGER,
                  () ->
                      scope.runUnlessOver(
                          () -> {
                            key.lingering = false;
                            storeTailNow(key);
                          }));
    }
  }

  private void storeTailNow(ParkedKey key) {
    if (draining || key.isWriting() || key.unwritten() == 0) {
      return;
    }
    if (!room.takes(key.nextBytes())) {
      return;
    }
    var chunk = new ParkedChunk(scope.context.key(), key.write());
    var name = key.writingTo();
    store.put(name, chunk, () -> stored(key, name, chunk.records()));
  }

  private void stored(ParkedKey key, String name, List<StreamRecord> some) {
    if (draining) {
      store.delete(name); // Its records are the next owner's, and no commit has ever named it.
      return;
    }
    long before = key.bytes();
    key.written();
    long more = key.bytes() - before;
    room.arrived(more);
    room.add(0, some.size(), more);
    tellParked(some);
    scope.tell(
        new FunctionEvent.RecordsParked(
            scope.function, scope.context.key(), some.get(0).position(), some.size(), room.load()));
    storeTail(key);
    goOn(key);
  }

  /** In one turn with what the next commit says of them. */
  private void tellParked(List<StreamRecord> some) {
    changed = true;
    some.forEach(record -> scope.context.outcomes().settled(record.position(), Outcome.PARKED));
    room.lookAtLevel();
  }

  /** The next record of the key goes to its lane, or its chunk is fetched, or all is done. */
  private void goOn(ParkedKey key) {
    if (!begun || draining || key.isHanded() || key.fetching || keys.get(key.key()) != key) {
      return;
    }
    if (key.isOver()) {
      resume(key);
      return;
    }
    var wanted = key.wanted();
    if (wanted != null) {
      key.fetching = true;
      store.get(wanted, chunk -> fetched(key, chunk));
      return;
    }
    var orders = scope.environment.orders().get();
    if (orders.heldKeys(scope.function, scope.context.key()).containsKey(key.key())) {
      return; // Until an operator says otherwise; then the run begins anew.
    }
    var next = key.take();
    if (next == null) {
      return; // The rest is being stored.
    }
    // An operator may name the shard in which the record lies, or the one that has it now.
    var skips = new ArrayList<>(orders.skips(scope.function, scope.context.key()));
    skips.addAll(orders.skips(scope.function, next.origin()));
    var skip = OperatorGate.skipping(skips, next.record());
    Runnable then =
        skip.isPresent() ? () -> skip(key, next, skip.get().number()) : () -> play(key, next);
    var gate = scope.letterGate;
    if (gate == null) {
      scope.post(then);
    } else {
      gate.beforePlaying(next.origin(), next.record().position(), () -> scope.post(then));
    }
  }

  private void fetched(ParkedKey key, ParkedChunk chunk) {
    key.fetching = false;
    key.arrived(chunk);
    goOn(key);
    if (keys.values().stream().mapToLong(ParkedKey::loadedBytes).sum() > LOADED_BYTES_MAX) {
      key.unload();
    }
  }

  private void skip(ParkedKey key, ParkedKey.Next next, long order) {
    var position = next.record().position();
    scope.tell(new FunctionEvent.Skipped(scope.function, scope.context.key(), position, order));
    finished(key, Decoder.id(next.origin(), position), position, Outcome.SKIPPED);
  }

  private void play(ParkedKey key, ParkedKey.Next next) {
    if (draining) {
      return;
    }
    var task = making.task(next.record(), next.origin());
    task.parked = key;
    task.failed = key.hasFailed();
    task.origin = next.origin().equals(scope.context.key()) ? null : next.origin();
    lanes.add(task);
    lanes.start();
  }

  /**
   * A task is finished, and its effect is installed in this turn.
   *
   * @return whether the engine has its outcome already
   */
  boolean finished(Task.OfRecord<O> task, Outcome outcome) {
    var key = task.parked;
    if (key != null) {
      finished(key, task.eventId(), quarantine.recordOf(task).position(), outcome);
      return true;
    }
    quarantine.finished(task.key());
    return false;
  }

  private void finished(ParkedKey key, EventId id, Position position, Outcome outcome) {
    long before = key.bytes();
    var chunk = key.finished();
    if (chunk != null) {
      store.isDone(chunk);
    }
    room.add(0, -1, key.bytes() - before);
    changed = true;
    scope.context.outcomes().stateChanged();
    room.lookAtLevel();
    scope.tell(
        new FunctionEvent.ParkedSettled(
            scope.function, scope.context.key(), id.toString(), position, outcome, room.load()));
    if (room.takeWanted()) {
      List.copyOf(keys.values()).forEach(this::storeTail);
    }
    goOn(key);
  }

  /** What was not stored goes to the lane, as records of any other key do. */
  private void resume(ParkedKey key) {
    keys.remove(key.key());
    room.add(-1, 0, 0);
    changed = true;
    for (var record : key.takeTail()) {
      lanes.add(making.task(record, scope.context.key()));
    }
    var gate = scope.letterGate;
    if (gate != null) {
      gate.resumed(key.key());
    }
    room.lookAtLevel();
    scope.tell(new FunctionEvent.KeyResumed(scope.function, scope.context.key(), room.load()));
    lanes.start();
  }

  /** What is parked as of this turn, beside other parts of the commit. */
  CompletionStage<CommitParts> snapshot(CompletionStage<CommitParts> others) {
    if (keys.isEmpty()) {
      changed = false;
      keeper.keepNothing();
      store.captured(null);
      return others;
    }
    boolean was = changed;
    changed = false;
    var entries = keys.values().stream().map(ParkedKey::entry).toList();
    var range = scope.context.shard().range();
    store.capturing();
    return keeper
        .snapshotOf(was, () -> new ParkedDirectory(range, entries).write())
        .whenComplete(
            (parts, thrown) -> {
              changed |= thrown != null;
              if (thrown == null) {
                store.captured(parts.parts().get(part));
              }
            })
        .thenCombine(others, ParkedKeys::joined);
  }

  private static CommitParts joined(CommitParts parked, CommitParts others) {
    var all = new HashMap<>(others.parts());
    all.putAll(parked.parts());
    return new CommitParts(all);
  }

  void committed(CommitParts parts) {
    keeper.committed(parts);
    store.committed(parts.parts().get(part));
  }

  /** What is not stored is the next owner's. */
  void drain() {
    draining = true;
    quarantine.drain();
    var left = new ArrayList<Position>();
    for (var key : keys.values()) {
      key.takeTail().forEach(record -> left.add(record.position()));
    }
    scope.giveBack(left);
  }

  /** How keys stand in lanes, with those that are parked. */
  KeyStanding standing(KeyStanding inLanes) {
    var load = room.load();
    return inLanes.parking(load.keys(), load.records(), load.bytes());
  }

  @Override
  public String newPrefix() {
    // In a directory of their own, which can be swept without a look at state.
    int word = keeper.directory().length();
    var run = keeper.prefix().substring(word);
    return keeper.directory() + PARKED + "/" + run + "k" + ++prefixes + ".";
  }
}
