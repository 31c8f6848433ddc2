package io.headrace.function;

import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The keys of one run of which a record failed and is to be tried again: their later records wait
 * in their lanes, and when that has lasted, or many wait, they are stored so that the key can be
 * parked. A key leaves with its first success or letter. Owned by the worker loop.
 */
final class KeyQuarantine<O> {
  /** How often a key is looked at that could not be parked. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** Of what may be in flight, so much of one key parks it however few records that are. */
  private static final int SHARE_OF_FLIGHT = 4;

  /** And never fewer: a record that fails once or twice is no reason to write. */
  private static final int RECORDS_MIN = 8;

  /** Where keys go from here. */
  interface Parking<O> {
    /** Whether there is room for these, of which some are on their way already. */
    boolean hasRoom(long keys, long bytes);

    /** What the names of a key's chunks begin with; another one each time. */
    String newPrefix();

    /**
     * The first records of the key are stored, under the prefix and 0; all are still its lane's.
     */
    void park(String key, KeyLanes.Lane<Task<O>> lane, String prefix, ParkedChunk chunk);
  }

  /** One key. */
  private static final class Failing<O> {
    private final String key;
    private final KeyLanes.Lane<Task<O>> lane;
    private final long sinceTicks;
    private int records;
    private long bytes;

    /** Of the chunk that is on its way; 0 when none is. */
    private long storing;

    private Failing(String key, KeyLanes.Lane<Task<O>> lane, long sinceTicks) {
      this.key = key;
      this.lane = lane;
      this.sinceTicks = sinceTicks;
    }

    private void count(StreamRecord record) {
      records++;
      bytes += record.budgetBytes();
    }
  }

  private final Scope scope;
  private final LaneRunner<O> lanes;
  private final ParkedStore store;
  private final KeyParking bounds;
  private final int recordsMax;
  private final Parking<O> parking;
  private final Map<String, Failing<O>> keys = new HashMap<>();
  private boolean draining;

  /**
   * @param bounds when a key is to be parked
   */
  KeyQuarantine(
      Scope scope,
      LaneRunner<O> lanes,
      ParkedStore store,
      KeyParking bounds,
      int inFlight,
      Parking<O> parking) {
    this.scope = scope;
    this.lanes = lanes;
    this.store = store;
    this.bounds = bounds;
    this.recordsMax = Math.min(bounds.records(), Math.max(RECORDS_MIN, inFlight / SHARE_OF_FLIGHT));
    this.parking = parking;
  }

  /** A record failed, and its lane waits until it is tried again. */
  void failed(Task<O> task) {
    var known = keys.get(task.key());
    if (known != null) {
      consider(known);
      return;
    }
    var fails = new Failing<>(task.key(), task.lane(), scope.loop().ticks());
    ours(fails.lane).forEach(waiting -> fails.count(recordOf(waiting)));
    keys.put(fails.key, fails);
    lookIn(bounds.after(), fails);
    consider(fails);
  }

  /** A record has gone to its lane. */
  void came(StreamRecord record) {
    if (keys.isEmpty()) {
      return;
    }
    var fails = keys.get(record.key().text());
    if (fails != null) {
      fails.count(record);
      consider(fails);
    }
  }

  /** A record of the key is finished. */
  void finished(String key) {
    if (!keys.isEmpty()) {
      keys.remove(key);
    }
  }

  /** Nothing is parked any more. */
  void drain() {
    draining = true;
  }

  private void lookIn(Duration wait, Failing<O> fails) {
    var unused =
        scope
            .loop()
            .schedule(
                wait,
                () ->
                    scope.runUnlessOver(
                        () -> {
                          if (keys.get(fails.key) == fails) {
                            consider(fails);
                            lookIn(LOOK_AGAIN, fails);
                          }
                        }));
  }

  private void consider(Failing<O> fails) {
    // While the function is paused no key of it is worse than any other.
    if (fails.storing > 0 || fails.records == 0 || draining || !lanes.isOpen()) {
      return;
    }
    boolean due =
        fails.records >= recordsMax
            || fails.bytes >= bounds.bytes()
            || scope.loop().ticks() - fails.sinceTicks >= bounds.after().toNanos();
    if (due) {
      var waiting = ours(fails.lane).stream().map(this::recordOf).toList();
      store(fails, ParkedChunk.first(waiting));
    }
  }

  /** Stores what waits in the lane, if there is room; meanwhile the lane is as any other. */
  private void store(Failing<O> fails, List<StreamRecord> some) {
    long bytes = some.stream().mapToLong(StreamRecord::budgetBytes).sum();
    long keysComing = keys.values().stream().filter(each -> each.storing > 0).count();
    long bytesComing = keys.values().stream().mapToLong(each -> each.storing).sum();
    if (!parking.hasRoom(keysComing + 1, bytesComing + bytes)) {
      return;
    }
    fails.storing = bytes;
    var prefix = parking.newPrefix();
    var chunk = new ParkedChunk(scope.context.key(), some);
    store.put(prefix + 0, chunk, () -> stored(fails, prefix, chunk));
  }

  private void stored(Failing<O> fails, String prefix, ParkedChunk chunk) {
    fails.storing = 0;
    if (draining || !keys.remove(fails.key, fails)) {
      store.delete(prefix + 0); // A record is finished meanwhile; no commit has ever named this.
      return;
    }
    parking.park(fails.key, fails.lane, prefix, chunk);
  }

  /**
   * The records in a lane that the engine waits for: a letter that is played again is not one, nor
   * is what is parked.
   */
  List<Task<O>> ours(KeyLanes.Lane<Task<O>> lane) {
    var ours = new ArrayList<Task<O>>();
    for (var task : lanes.tasks(lane)) {
      var position = task.position();
      if (position != null && task.parked == null && !scope.book.isPlaying(position)) {
        ours.add(task);
      }
    }
    return ours;
  }

  StreamRecord recordOf(Task<O> task) {
    return Objects.requireNonNull(task.source(), "a task without a record");
  }
}
