package io.headrace.function.through;

import io.headrace.kcl.Position;
import java.time.Instant;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What {@link Upstreams} knows of one shard of an input. */
final class Upstream {
  /** Everything up to here was seen, or never comes. */
  @Nullable Position through;

  Instant watermark = Instant.MIN;

  /** Seen beyond that. */
  final TreeSet<Position> seen = new TreeSet<>();

  /** The shard's watermark holds up that of all. */
  boolean counts;

  /** Nothing came of it for a while. */
  boolean silent;

  /** Since when its children are known to run. */
  @Nullable Instant endedAt;

  boolean isNew(Position position) {
    return (through == null || position.compareTo(through) > 0) && seen.add(position);
  }

  boolean isKnown(Position position) {
    return (through != null && position.compareTo(through) <= 0) || seen.contains(position);
  }

  void take(@Nullable Position throughNow, Instant time) {
    if (throughNow != null && (through == null || throughNow.compareTo(through) > 0)) {
      through = throughNow;
      seen.headSet(throughNow, true).clear();
    }
    if (time.isAfter(watermark)) {
      watermark = time;
    }
  }

  void end(Instant now) {
    counts = false;
    endedAt = endedAt == null ? now : endedAt;
  }

  Upstream copy() {
    var copy = new Upstream();
    copy.through = through;
    copy.watermark = watermark;
    copy.seen.addAll(seen);
    copy.counts = counts;
    copy.silent = silent;
    copy.endedAt = endedAt;
    return copy;
  }

  void join(Upstream other) {
    seen.addAll(other.seen);
    take(other.through, other.watermark);
    silent = silent && other.silent;
    if (through != null) {
      seen.headSet(through, true).clear();
    }
    if (other.endedAt != null) {
      end(other.endedAt);
    }
    counts = endedAt == null && (counts || other.counts);
  }
}
