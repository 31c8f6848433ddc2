package io.headrace.kcl;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One shard of an {@link InMemoryStream}, which guards it with its monitor. */
final class InMemoryShard {
  /** How long a fetch waits at the tip. */
  static final Duration TIP_WAIT = Duration.ofSeconds(1);

  static final Fetched NOTHING = new Fetched.Records(List.of(), Duration.ZERO);

  /** As GetRecords: one answer never has more. */
  private static final int RECORDS_MAX = 10_000;

  final Shard description;
  final List<StreamRecord> records = new ArrayList<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private @Nullable Position trimmedThrough;
  private @Nullable List<Shard> children;

  InMemoryShard(Shard description) {
    this.description = description;
  }

  boolean isOpen() {
    return children == null;
  }

  /** Closes the shard; answers what is to be told to readers, outside the monitor. */
  List<Runnable> end(List<Shard> into, Instant now) {
    children = into;
    return answerWaiting(now);
  }

  /** Adds a record at its end; those who wait are told by {@link #answerWaiting}. */
  Position add(StreamSink.Entry entry, Position position, Instant arrivedAt) {
    records.add(
        new StreamRecord(
            position,
            PartitionKey.of(entry.partitionKey()),
            arrivedAt,
            Payload.of(entry.data()),
            entry.headers()));
    return position;
  }

  void trim(Position through) {
    int count = firstIndexBehind(through);
    if (count > 0) {
      trimmedThrough = records.get(count - 1).position();
      records.subList(0, count).clear();
    }
  }

  void await(Waiting reader) {
    waiting.add(reader);
  }

  void forget(CompletableFuture<Fetched> answer) {
    waiting.removeIf(reader -> reader.answer == answer);
  }

  List<Runnable> answerWaiting(Instant now) {
    var answers = new ArrayList<Runnable>();
    for (var reader : List.copyOf(waiting)) {
      var fetched = read(reader.place, reader.bytesMax, now);
      if (fetched != null) {
        waiting.remove(reader);
        answers.add(() -> reader.answer.complete(fetched));
      }
    }
    return answers;
  }

  /** What a reader at {@code place} gets now, moving the place on; null when there is nothing. */
  @Nullable Fetched read(Place place, long bytesMax, Instant now) {
    var gap = gapAt(place);
    if (gap != null) {
      return gap;
    }
    var taken = new ArrayList<StreamRecord>();
    long bytes = 0;
    int index = firstIndexFor(place);
    for (; index < records.size() && taken.size() < RECORDS_MAX; index++) {
      var record = records.get(index);
      bytes += record.budgetBytes();
      if (!taken.isEmpty() && bytes > bytesMax) {
        break;
      }
      taken.add(record);
    }
    if (taken.isEmpty()) {
      return children == null ? null : new Fetched.End(children);
    }
    var last = taken.get(taken.size() - 1);
    place.after = last.position();
    var behind = Duration.between(last.arrivedAt(), now);
    boolean atTip = index == records.size() || behind.isNegative();
    return new Fetched.Records(taken, atTip ? Duration.ZERO : behind);
  }

  private Fetched.@Nullable Gap gapAt(Place place) {
    var after = place.after;
    var trimmed = trimmedThrough;
    if (after == null || trimmed == null || after.compareTo(trimmed) >= 0) {
      return null;
    }
    place.after = trimmed;
    return new Fetched.Gap(after, records.isEmpty() ? null : records.get(0).position());
  }

  private int firstIndexFor(Place place) {
    var after = place.after;
    if (after != null) {
      return firstIndexBehind(after);
    }
    int index = 0;
    var since = place.since;
    while (since != null
        && index < records.size()
        && records.get(index).arrivedAt().isBefore(since)) {
      index++;
    }
    return index;
  }

  /** Halves until the first record behind the position: they are in order. */
  private int firstIndexBehind(Position position) {
    int low = 0;
    int high = records.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (records.get(middle).position().compareTo(position) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Where a reader is. */
  static final class Place {
    private @Nullable Position after;
    private final @Nullable Instant since;

    Place(StartingPosition from) {
      after = from instanceof StartingPosition.After resumed ? resumed.position() : null;
      since = from instanceof StartingPosition.AtTimestamp at ? at.time() : null;
    }
  }

  /** A fetch at the tip. */
  static final class Waiting {
    final Place place;
    final long bytesMax;
    final CompletableFuture<Fetched> answer;

    Waiting(Place place, long bytesMax, CompletableFuture<Fetched> answer) {
      this.place = place;
      this.bytesMax = bytesMax;
      this.answer = answer;
    }
  }
}
