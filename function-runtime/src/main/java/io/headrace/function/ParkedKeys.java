package io.headrace.function;

import io.headrace.checkpoint.Letter;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
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
final class ParkedKeys<O> implements LaneRunner.Quarantine<O> {
  private static final Logger LOG = LoggerFactory.getLogger(ParkedKeys.class);

  /** What a chunk holds; later records of a key wait so long for company. */
  private static final int CHUNK_RECORDS_MAX = 64;

  private static final long CHUNK_BYTES_MAX = 1 << 20;
  private static final Duration LINGER = Duration.ofMillis(200);

  /** How often a key is looked at that could not be parked. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** Of what may be in flight, so much of one key parks it however few records that are. */
  private static final int SHARE_OF_FLIGHT = 4;

  /** Makes the task of a record that lies in this shard, or in an ancestor of it. */
  @FunctionalInterface
  interface Making<O> {
    Task<O> task(StreamRecord record, ShardKey origin);
  }

  /** A key that fails and is not parked. */
  private static final class Quarantined<O> {
    private final String key;
    private final KeyLanes.Lane<Task<O>> lane;
    private final long sinceTicks;
    private int records;
    private long bytes;
    private boolean storing;

    private Quarantined(String key, KeyLanes.Lane<Task<O>> lane, long sinceTicks) {
      this.key = key;
      this.lane = lane;
      this.sinceTicks = sinceTicks;
    }
  }

  private final Scope scope;
  private final LaneRunner<O> lanes;
  private final Making<O> making;
  private final String part;
  private final StateKeeper keeper;
  private final ParkedStore store;
  private final KeyParking bounds;
  private final boolean parksMore;
  private final int recordsMax;

  private final Map<String, Quarantined<O>> quarantined = new HashMap<>();
  private final Map<String, ParkedKey> keys = new LinkedHashMap<>();
  private long records;
  private long bytes;
  private long prefixes;
  private boolean changed;
  private boolean begun;
  private boolean draining;

  /** Something does not fit that would be stored. */
  private boolean waiting;

  /** That was told, and since then half of the room was never free. */
  private boolean full;

  private boolean halfFull;

  /**
   * @param part of the commit, which names what is parked
   * @param making makes tasks for the lanes
   */
  ParkedKeys(
      Scope scope,
      String part,
      FunctionSettings settings,
      LaneRunner<O> lanes,
      Making<O> making) {
    this.scope = scope;
    this.lanes = lanes;
    this.making = making;
    this.part = part;
    this.keeper = new StateKeeper(scope, part);
    this.store = new ParkedStore(scope);
    var parking = settings.retry().patience().parking();
    this.parksMore = parking != null && scope.environment.keepsChunks();
    this.bounds = parking != null ? parking : KeyParking.DEFAULT;
    this.recordsMax =
        Math.max(1, Math.min(bounds.records(), settings.inFlight() / SHARE_OF_FLIGHT));
    lanes.watchedBy(this);
    scope.parked = this;
  }

  /** Brings back what the last commits tell of, of which the keys are this shard's. */
  CompletionStage<Void> restore(List<CommitParts> parts) {
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
      records += entry.records();
      bytes += entry.bytes();
    }
    changed = keeper.isInherited() && !keys.isEmpty();
    if (!keys.isEmpty()) {
      LOG.info(
          "function {}, shard {}: goes on with parked keys, {}",
          scope.function,
          scope.context.key(),
          load());
    }
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
    List.copyOf(keys.values()).forEach(this::goOn);
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  boolean isParked(String key) {
    return keys.containsKey(key);
  }

  /** Whether the record of this letter may be handled from the store here, and so once more. */
  boolean mayHold(Letter letter) {
    var parked = keys.get(letter.key());
    return parked != null && letter.id().position().compareTo(parked.next()) >= 0;
  }

  /**
   * A record comes up.
   *
   * @return whether it is taken in here; else it goes to its lane
   */
  boolean takes(StreamRecord record) {
    if (keys.isEmpty() && quarantined.isEmpty()) {
      return false;
    }
    if (scope.book.isPlaying(record.position())) {
      return false;
    }
    var parked = keys.get(record.key().text());
    if (parked != null) {
      parked.append(record);
      storeTail(parked);
      return true;
    }
    var fails = quarantined.get(record.key().text());
    if (fails != null) {
      fails.records++;
      fails.bytes += record.budgetBytes();
      consider(fails);
    }
    return false;
  }

  @Override
  public void failed(Task<O> task) {
    if (task.parked != null) {
      task.parked.unload();
      return;
    }
    var position = task.position();
    if (!parksMore || position == null) {
      return;
    }
    var known = quarantined.get(task.key());
    if (known != null) {
      consider(known);
      return;
    }
    var fails = new Quarantined<O>(task.key(), task.lane(), scope.loop().ticks());
    for (var waiting : ours(fails.lane)) {
      fails.records++;
      fails.bytes += recordOf(waiting).budgetBytes();
    }
    quarantined.put(fails.key, fails);
    lookIn(bounds.after(), fails);
    consider(fails);
  }

  private void lookIn(Duration wait, Quarantined<O> fails) {
    var unused =
        scope
            .loop()
            .schedule(
                wait,
                () ->
                    scope.runUnlessOver(
                        () -> {
                          if (quarantined.get(fails.key) == fails) {
                            consider(fails);
                            lookIn(LOOK_AGAIN, fails);
                          }
                        }));
  }

  private void consider(Quarantined<O> fails) {
    // While the function is paused no key of it is worse than any other.
    if (fails.storing || fails.records == 0 || draining || !lanes.isOpen()) {
      return;
    }
    boolean due =
        fails.records >= recordsMax
            || fails.bytes >= bounds.bytes()
            || scope.loop().ticks() - fails.sinceTicks >= bounds.after().toNanos();
    if (!due) {
      return;
    }
    long storing = quarantined.values().stream().filter(each -> each.storing).count();
    if (keys.size() + storing >= bounds.keysMax() || bytes + fails.bytes > bounds.bytesMax()) {
      tellFull();
      return;
    }
    park(fails);
  }

  /** Stores what waits in the lane; meanwhile the lane is as any other. */
  private void park(Quarantined<O> fails) {
    var first = new ArrayList<StreamRecord>();
    long sum = 0;
    for (var task : ours(fails.lane)) {
      var record = recordOf(task);
      sum += record.budgetBytes();
      if (first.size() == CHUNK_RECORDS_MAX || (!first.isEmpty() && sum > CHUNK_BYTES_MAX)) {
        break;
      }
      first.add(record);
    }
    fails.storing = true;
    var prefix = newPrefix();
    var chunk = new ParkedChunk(scope.context.key(), first);
    store.put(prefix + 0, chunk, () -> parked(fails, prefix, chunk));
  }

  private void parked(Quarantined<O> fails, String prefix, ParkedChunk chunk) {
    fails.storing = false;
    if (draining || !quarantined.remove(fails.key, fails)) {
      store.delete(prefix + 0); // It is finished meanwhile, and no commit has ever named it.
      return;
    }
    var key = ParkedKey.parked(fails.key, prefix, 0, chunk);
    keys.put(fails.key, key);
    records += key.records();
    bytes += key.bytes();
    var waiting = ours(fails.lane);
    if (waiting.get(0) == fails.lane.first()) {
      var first = waiting.remove(0);
      key.take();
      first.parked = key;
    }
    lanes.takeOut(fails.lane, waiting);
    int stored = chunk.records().size() - (key.isHanded() ? 1 : 0);
    waiting.subList(stored, waiting.size()).forEach(task -> key.append(recordOf(task)));
    tellParked(chunk.records());
    LOG.warn(
        "function {}, shard {}: the key of record {} keeps failing and is parked, {}",
        scope.function,
        scope.context.key(),
        chunk.records().get(0).position(),
        load());
    scope.tell(
        new FunctionEvent.KeyParked(
            scope.function, scope.context.key(), chunk.records().get(0).position(), load()));
    storeTail(key);
    goOn(key);
  }

  private void storeTail(ParkedKey key) {
    if (draining || key.isWriting() || key.unwritten() == 0) {
      return;
    }
    if (key.isOver()) {
      goOn(key);
    } else if (key.unwritten() >= CHUNK_RECORDS_MAX || key.unwrittenBytes() >= CHUNK_BYTES_MAX) {
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
    if (bytes + key.unwrittenBytes() > bounds.bytesMax()) {
      tellFull();
      return;
    }
    var chunk =
        new ParkedChunk(scope.context.key(), key.write(CHUNK_RECORDS_MAX, CHUNK_BYTES_MAX));
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
    records += some.size();
    bytes += key.bytes() - before;
    tellParked(some);
    scope.tell(
        new FunctionEvent.RecordsParked(
            scope.function, scope.context.key(), some.get(0).position(), some.size(), load()));
    storeTail(key);
    goOn(key);
  }

  /** In one turn with what the next commit says of them. */
  private void tellParked(List<StreamRecord> some) {
    changed = true;
    some.forEach(record -> scope.context.outcomes().settled(record.position(), Outcome.PARKED));
    lookAtLevel();
  }

  /** The next record of the key goes to its lane, or its chunk is fetched, or all is done. */
  private void goOn(ParkedKey key) {
    if (!begun || draining || key.isHanded() || key.fetching) {
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
    if (skip.isPresent()) {
      long order = skip.get().number();
      scope.post(() -> skip(key, next, order));
      return;
    }
    var gate = scope.letterGate;
    if (gate == null) {
      play(key, next);
    } else {
      gate.beforePlaying(next.origin(), next.record().position(), () -> play(key, next));
    }
  }

  private void fetched(ParkedKey key, ParkedChunk chunk) {
    key.fetching = false;
    key.arrived(chunk);
    goOn(key);
  }

  private void skip(ParkedKey key, ParkedKey.Next next, long order) {
    var position = next.record().position();
    scope.tell(
        new FunctionEvent.Skipped(scope.function, scope.context.key(), position, order));
    finished(key, Decoder.id(next.origin(), position), position, Outcome.SKIPPED);
  }

  private void play(ParkedKey key, ParkedKey.Next next) {
    if (draining) {
      return;
    }
    var task = making.task(next.record(), next.origin());
    task.parked = key;
    task.origin = next.origin().equals(scope.context.key()) ? null : next.origin();
    lanes.add(task);
    lanes.start();
  }

  /**
   * A task is finished, and its effect is installed in this turn.
   *
   * @return whether the engine has its outcome already
   */
  boolean finished(Task<O> task, EventId id, Outcome outcome) {
    var record = recordOf(task);
    var key = task.parked;
    if (key != null) {
      finished(key, id, record.position(), outcome);
      return true;
    }
    quarantined.remove(task.key());
    return false;
  }

  private void finished(ParkedKey key, EventId id, Position position, Outcome outcome) {
    long before = key.bytes();
    var chunk = key.finished();
    if (chunk != null) {
      store.isDone(chunk);
    }
    records--;
    bytes += key.bytes() - before;
    changed = true;
    scope.context.outcomes().stateChanged();
    lookAtLevel();
    scope.tell(
        new FunctionEvent.ParkedSettled(
            scope.function, scope.context.key(), id.toString(), position, outcome, load()));
    if (waiting) {
      waiting = false;
      List.copyOf(keys.values()).forEach(this::storeTail);
    }
    goOn(key);
  }

  /** What was not stored goes to the lane, as records of any other key do. */
  private void resume(ParkedKey key) {
    keys.remove(key.key());
    changed = true;
    for (var record : key.takeTail()) {
      lanes.add(making.task(record, scope.context.key()));
    }
    var gate = scope.letterGate;
    if (gate != null) {
      gate.resumed(key.key());
    }
    lookAtLevel();
    scope.tell(new FunctionEvent.KeyResumed(scope.function, scope.context.key(), load()));
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
    var left = new ArrayList<Position>();
    for (var key : keys.values()) {
      key.takeTail().forEach(record -> left.add(record.position()));
    }
    if (!left.isEmpty()) {
      scope.context.outcomes().returned(left);
    }
  }

  private void tellFull() {
    waiting = true;
    if (!full) {
      full = true;
      LOG.warn(
          "function {}, shard {}: no more of keys that keep failing can be parked, {}; the position"
              + " waits for them",
          scope.function,
          scope.context.key(),
          load());
      scope.tell(new FunctionEvent.ParkingFull(scope.function, scope.context.key(), load()));
    }
  }

  private void lookAtLevel() {
    boolean now = load().isHalfFull();
    if (now && !halfFull) {
      LOG.warn(
          "function {}, shard {}: half of what may be parked is, {}",
          scope.function,
          scope.context.key(),
          load());
    }
    halfFull = now;
    full &= now;
  }

  private KeyParking.Load load() {
    return new KeyParking.Load(keys.size(), records, bytes, bounds);
  }

  private String newPrefix() {
    return keeper.prefix() + "k" + ++prefixes + ".";
  }

  /** The records in a lane that the engine waits for; a letter that is played again is not one. */
  private List<Task<O>> ours(KeyLanes.Lane<Task<O>> lane) {
    var ours = new ArrayList<Task<O>>();
    for (var task : lanes.tasks(lane)) {
      var position = task.position();
      if (position != null && !scope.book.isPlaying(position)) {
        ours.add(task);
      }
    }
    return ours;
  }

  private StreamRecord recordOf(Task<O> task) {
    var record = task.source();
    if (record == null) {
      throw new IllegalStateException("function " + scope.function + ": a task without a record");
    }
    return record;
  }
}
