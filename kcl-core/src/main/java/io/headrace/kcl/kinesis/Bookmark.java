package io.headrace.kcl.kinesis;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.kinesis.Page.Sought;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * How far one shard is read, whoever brings the records: so that polling and subscriptions join by
 * sequence number, nothing comes twice and nothing is left out. Pure; one owner thread.
 *
 * <p>A continuation number is better than the last record's to subscribe from: it goes on without
 * records. It holds until somebody else reads further, and as long as the stream has certainly kept
 * what follows it; after that only meeting the last record again proves that nothing was trimmed.
 */
final class Bookmark {
  private final Shard shard;
  private final Place place;

  /** Where to begin as long as nothing was handed over. */
  private StartingPosition from;

  /** The last record handed over, or the position resumed at. */
  private @Nullable Position after;

  /** Whether {@link #after} must still be met, or passed. */
  private boolean seeking;

  private @Nullable String continuation;
  private boolean tipSeen;
  private long tipSeenAt;

  Bookmark(Shard shard, Place place, StartingPosition from) {
    this.shard = shard;
    this.place = place;
    this.from = from;
    if (from instanceof StartingPosition.After resumed) {
      after = resumed.position();
      seeking = true;
    }
  }

  /** How the next event is to be read. */
  Page.Wanted wanted(long bytesMax) {
    return new Page.Wanted("SubscribeToShard", shard, after, bytesMax, place);
  }

  /** Where a cursor that polls begins. */
  StartingPosition polledFrom() {
    return after == null ? from : StartingPosition.after(after);
  }

  /** Whether the stream may have trimmed what follows; see {@link KinesisCursor}. */
  boolean mayHaveMissed(long ticks) {
    boolean caughtUp = tipSeen && ticks - tipSeenAt < KinesisCursor.KEPT_AT_LEAST.toNanos();
    return seeking || !caughtUp;
  }

  /** Where a subscription begins. */
  software.amazon.awssdk.services.kinesis.model.StartingPosition subscribedFrom(long ticks) {
    var start = software.amazon.awssdk.services.kinesis.model.StartingPosition.builder();
    boolean mayHaveMissed = after != null && mayHaveMissed(ticks);
    if (continuation != null && !mayHaveMissed) {
      return start.type(ShardIteratorType.AT_SEQUENCE_NUMBER).sequenceNumber(continuation).build();
    }
    if (after != null) {
      seeking = mayHaveMissed;
      return start
          .type(ShardIteratorType.AT_SEQUENCE_NUMBER)
          .sequenceNumber(after.sequence().value())
          .build();
    }
    if (from instanceof StartingPosition.AtTimestamp at) {
      return start.type(ShardIteratorType.AT_TIMESTAMP).timestamp(at.time()).build();
    }
    return start.type(ShardIteratorType.TRIM_HORIZON).build();
  }

  /**
   * Whether it was refused to start at a time that the service's clock has not reached, as in
   * {@link KinesisCursor}. That time will come.
   */
  boolean isBeforeItsTime(StreamException refused, Instant now) {
    return refused.getCause() instanceof InvalidArgumentException
        && after == null
        && continuation == null
        && from instanceof StartingPosition.AtTimestamp at
        && at.time().isAfter(now.minus(KinesisCursor.CLOCKS_APART_MAX));
  }

  /** An event was received: what follows it begins there. */
  void received(@Nullable String next) {
    continuation = next;
  }

  /** There was nothing more to read at that time. */
  void tip(long ticks) {
    tipSeen = true;
    tipSeenAt = ticks;
  }

  /**
   * Whether records are missing before this page's; says so once, and the page is then to be read
   * again.
   */
  Fetched.@Nullable Gap gapBefore(Page page) {
    Position sought = after;
    if (!seeking || sought == null || page.sought() == Sought.NOT_YET) {
      return null;
    }
    seeking = false;
    if (page.sought() == Sought.FOUND) {
      return null;
    }
    return passed(sought, page.first());
  }

  /** The shard ended; if what was to be resumed at was never met, it is gone with all behind it. */
  Fetched.@Nullable Gap gapBeforeEnd() {
    Position sought = after;
    if (!seeking || sought == null) {
      return null;
    }
    seeking = false;
    return passed(sought, null);
  }

  private Fetched.Gap passed(Position missing, @Nullable Position resumesAt) {
    after = null;
    from = StartingPosition.TRIM_HORIZON;
    return new Fetched.Gap(missing, resumesAt);
  }

  /** These were handed over from an event. */
  void handedOver(List<StreamRecord> records) {
    if (!records.isEmpty()) {
      after = records.get(records.size() - 1).position();
    }
  }

  /**
   * This was handed over by polling.
   *
   * @param atTip whether there is nothing more to read just now
   */
  void polled(Fetched answer, boolean atTip, long ticks) {
    if (answer instanceof Fetched.Gap) {
      seeking = false;
      after = null;
      from = StartingPosition.TRIM_HORIZON;
      continuation = null;
    } else if (answer instanceof Fetched.Records read && !read.records().isEmpty()) {
      seeking = false;
      handedOver(read.records());
      continuation = null;
      if (atTip) {
        tip(ticks);
      }
    }
  }
}
