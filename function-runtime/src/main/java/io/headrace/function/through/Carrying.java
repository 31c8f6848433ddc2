package io.headrace.function.through;

import io.headrace.kcl.Position;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * How far the records of one shard of an input are carried on. Owned by the worker loop; {@link
 * #timed}, {@link #foundLast}, {@link #isLast}, {@link #isOfTheShard} and {@link #othersReached}
 * may be called from any thread.
 */
public final class Carrying {
  /** Handed over and not stored, or stored while an earlier one is not; true when it is. */
  private final TreeMap<Position, Boolean> open = new TreeMap<>();

  /** Of those that are open: their event times, once they are known. */
  private final ConcurrentMap<Position, Instant> times = new ConcurrentHashMap<>();

  private @Nullable Position through;

  /** Of those that have ended, up to there. */
  private Instant watermark = Instant.MIN;

  private Instant reached = Instant.MIN;

  /** The highest event times that were found, in the shard's order. */
  private final Heights heights = new Heights();

  /** The first that says that nothing more comes. */
  private volatile @Nullable Position last;

  private boolean silent;
  private Runnable silence = () -> {};

  /** Up to where the event time of others may have come while this shard was silent. */
  private volatile Instant othersReached = Instant.MIN;

  /** Nothing came for so long that the shard holds up the event time of no other. */
  public void fallsSilent() {
    silent = true;
    silence.run();
  }

  /** Told of each silence. */
  public void whenSilent(Runnable told) {
    silence = told;
  }

  /** Whether {@link #wakes} is still to come. */
  public boolean isSilent() {
    return silent;
  }

  /** Records come again; what others have come to is taken for the time of the clock. */
  public void wakes(Instant now) {
    silent = false;
    othersReached = now.isAfter(othersReached) ? now : othersReached;
  }

  /**
   * Up to where windows may be closed although this shard has not come so far, as it was silent
   * meanwhile; {@link Instant#MIN} where it never was.
   */
  public Instant othersReached() {
    return othersReached;
  }

  /** Goes on from a watermark that was stored. */
  public void resumes(Instant stored) {
    watermark = stored;
    reached = stored.isBefore(Instant.MAX) ? stored : Instant.MIN;
    heights.beginAt(stored);
  }

  /** A record was handed over. */
  public void begins(Position position) {
    times.put(position, Instant.MIN);
    open.put(position, false);
  }

  /**
   * Its event time was found. Records of a key wait for those before them, and a batch may be put
   * again, so this comes in no order and more than once: what lies behind a record in its shard
   * never makes it late.
   *
   * @return the highest event time that is known of those before it; the end of time behind the
   *     last record
   */
  public Instant timed(Position position, Instant time) {
    if (times.computeIfPresent(position, (at, unknown) -> time) == null) {
      return Instant.MIN; // Played again: it was never late.
    }
    var end = last;
    if (end != null && position.compareTo(end) > 0) {
      return Instant.MAX;
    }
    return heights.take(position, time);
  }

  /** The record says that nothing more comes. Whole batches are read before times are found. */
  public void foundLast(Position position) {
    if (times.computeIfPresent(position, (at, unknown) -> Instant.MAX) != null && last == null) {
      last = position;
    }
  }

  /** Whether it says that nothing more comes. */
  public boolean isLast(Position position) {
    return Instant.MAX.equals(times.get(position));
  }

  /** Whether the record was handed over by the shard, and not played again from a letter. */
  public boolean isOfTheShard(Position position) {
    return times.containsKey(position);
  }

  /** It is stored in the through-stream, or will never be. Others are not heard of. */
  public void ends(Position position) {
    if (open.replace(position, true) == null) {
      return;
    }
    while (!open.isEmpty() && open.firstEntry().getValue()) {
      var first = open.pollFirstEntry().getKey();
      var time = times.remove(first);
      if (time != null && time.isAfter(watermark)) {
        watermark = time;
        reached = time.isBefore(Instant.MAX) ? time : reached;
      }
      through = first;
    }
    if (through != null) {
      heights.forgetBefore(through);
    }
  }

  /** Whether everything that was handed over has ended. */
  public boolean isIdle() {
    return open.isEmpty();
  }

  /** Everything up to here has ended; empty before the first. */
  public Optional<Position> through() {
    return Optional.ofNullable(through);
  }

  /** The highest event time up to there. */
  public Instant watermark() {
    return watermark;
  }

  /**
   * As {@link #watermark}, but for the end of time: then the highest event time before it, {@link
   * Instant#MIN} where that was said before the watermark was stored.
   */
  public Instant reached() {
    return reached;
  }

  /** Whether this record and all before have ended. */
  public boolean hasPassed(Position position) {
    return through != null && through.compareTo(position) >= 0;
  }
}
