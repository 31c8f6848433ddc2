package io.headrace.kcl.kinesis;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.kinesis.Page.Sought;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Reads one shard by GetRecords, one call at a time and none without demand. All state belongs to
 * the loop; answers are made into records on the SDK's thread and then passed to the loop.
 *
 * <p><b>Resuming.</b> Behind a position, the iterator is asked for AT its sequence number, not
 * AFTER it, and records up to the position are dropped. So the rest of an aggregate of which only
 * some sub-records were committed comes again, and meeting the record itself proves that the stream
 * has trimmed nothing in between. When a later record comes first, {@link Fetched.Gap} says so once
 * and reading goes on from there. Pages before the record may be empty, since Kinesis answers what
 * lies in one stretch of the shard, also at what looks like the tip; so the search goes on until
 * any record comes. A quiet shard whose last record was trimmed in its time is told as a gap too
 * when the next record comes: the stream can't say whether there was something in between. Only
 * where this cursor saw the tip less than {@link #KEPT_AT_LEAST} ago nothing can be missing, and a
 * renewed iterator is not a question.
 */
final class KinesisCursor implements ShardCursor {
  /** An answer comes at the latest after so long where only the pace is waited for. */
  static final Duration ANSWER_MAX = Duration.ofSeconds(1);

  /** No Kinesis stream keeps records shorter than a day; an hour is left for clocks. */
  static final Duration KEPT_AT_LEAST = Duration.ofHours(23);

  /** How much later than ours the service's clock may be; its requests allow no more. */
  static final Duration CLOCKS_APART_MAX = Duration.ofMinutes(15);

  private final KinesisCalls calls;
  private final EventLoop loop;
  private final Shard shard;
  private final LongConsumer misrouted;

  private final PollingPace pace = new PollingPace();
  private final RetryPace retry = new RetryPace();
  private final FetchLimit limit = new FetchLimit();

  /** Where to begin as long as nothing was handed over. */
  private StartingPosition from;

  /** The last record handed over, or the position resumed at. */
  private @Nullable Position after;

  /** Whether {@link #after} must still be met, or passed. */
  private boolean seeking;

  private @Nullable String iterator;
  private @Nullable List<Shard> children;
  private Duration behind = Duration.ZERO;
  private boolean atTip;
  private boolean tipSeen;
  private long tipSeenAt;

  private @Nullable Fetch fetch;

  /** Asked before the first fetch, which takes it up. */
  private @Nullable CompletableFuture<GetShardIteratorResponse> early;

  private @Nullable CompletableFuture<?> call;
  private EventLoop.@Nullable Scheduled wait;
  private volatile boolean closed;

  /** What the caller waits for. */
  private static final class Fetch {
    final CompletableFuture<Fetched> stage = new CompletableFuture<>();
    final long bytesMax;
    long began;
    boolean read;
    boolean iteratorExpired;

    Fetch(long bytesMax) {
      this.bytesMax = bytesMax;
    }
  }

  KinesisCursor(KinesisCalls calls, Shard shard, StartingPosition from, LongConsumer misrouted) {
    this(calls, shard, from, misrouted, true);
  }

  /**
   * Makes a cursor.
   *
   * @param mayHaveMissed whether the stream may have trimmed what follows the position
   */
  KinesisCursor(
      KinesisCalls calls,
      Shard shard,
      StartingPosition from,
      LongConsumer misrouted,
      boolean mayHaveMissed) {
    this.calls = calls;
    this.loop = calls.loop;
    this.shard = shard;
    this.from = from;
    this.misrouted = misrouted;
    if (from instanceof StartingPosition.After resumed) {
      after = resumed.position();
      seeking = mayHaveMissed;
    }
  }

  @Override
  public CompletionStage<Fetched> fetch(long bytesMax) {
    if (bytesMax < 1) {
      throw new IllegalArgumentException("bytesMax " + bytesMax + ": must be at least 1");
    }
    if (closed) {
      throw new IllegalStateException("the cursor of " + shard.id() + " is closed");
    }
    var next = new Fetch(bytesMax);
    loop.execute(() -> begin(next));
    return next.stage.minimalCompletionStage();
  }

  /** Asks for the iterator. A failure is the first fetch's, which asks again. */
  @Override
  public void prepare() {
    loop.execute(
        () -> {
          if (!closed && fetch == null && iterator == null && early == null && children == null) {
            early = askForIterator();
            call = early;
          }
        });
  }

  /** Whether the latest answer went to the tip of the shard, and was handed over whole. */
  boolean isAtTip() {
    return atTip;
  }

  @Override
  public void close() {
    closed = true;
    loop.execute(this::giveUp);
  }

  private void giveUp() {
    fetch = null;
    if (wait != null) {
      wait.cancel();
    }
    if (call != null) {
      call.cancel(true);
    }
  }

  private void begin(Fetch next) {
    if (closed) {
      return;
    }
    if (fetch != null) {
      next.stage.completeExceptionally(
          new IllegalStateException("a fetch of " + shard.id() + " is outstanding already"));
      return;
    }
    fetch = next;
    next.began = loop.ticks();
    step(next);
  }

  /** Does the next thing that brings the fetch forward. */
  private void step(Fetch now) {
    if (closed || fetch != now) {
      return;
    }
    if (children != null) {
      finish(new Fetched.End(children));
      return;
    }
    long ticks = loop.ticks();
    long pause = retry.waitNanos(ticks);
    if (iterator != null) {
      pause = Math.max(pause, pace.waitNanos(ticks));
    }
    if (pause > 0) {
      if (now.read && ticks + pause - now.began > ANSWER_MAX.toNanos()) {
        finish(new Fetched.Records(List.of(), behind));
        return;
      }
      wait = loop.schedule(Duration.ofNanos(pause), () -> step(now));
    } else if (iterator == null) {
      askIterator(now);
    } else {
      read(now, iterator);
    }
  }

  private void askIterator(Fetch now) {
    CompletableFuture<GetShardIteratorResponse> asked = early;
    early = null;
    CompletableFuture<GetShardIteratorResponse> sent = asked == null ? askForIterator() : asked;
    call = sent;
    await(now, sent, this::iteratorCame);
  }

  private CompletableFuture<GetShardIteratorResponse> askForIterator() {
    GetShardIteratorRequest request = iteratorRequest();
    return calls.once("GetShardIterator", client -> client.getShardIterator(request));
  }

  private GetShardIteratorRequest iteratorRequest() {
    var request =
        GetShardIteratorRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .streamName(calls.place.stream())
            .shardId(shard.id().value());
    if (after != null) {
      request
          .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
          .startingSequenceNumber(after.sequence().value());
    } else if (from instanceof StartingPosition.AtTimestamp at) {
      request.shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(at.time());
    } else {
      request.shardIteratorType(ShardIteratorType.TRIM_HORIZON);
    }
    return request.build();
  }

  private void iteratorCame(Fetch now, GetShardIteratorResponse answer) {
    iterator = answer.shardIterator();
    if (iterator == null) {
      failed(now, broken("GetShardIterator", "no ShardIterator"));
      return;
    }
    step(now);
  }

  /** An answer and what was read in it. */
  private record Reading(GetRecordsResponse answer, Page page, List<Shard> children, boolean full) {
    /**
     * @param aside has the records that the answer has not
     */
    static Reading of(
        GetRecordsResponse answer, RecordsAside aside, Page.Wanted wanted, Instant now, int asked) {
      List<StoredRecord> apart = aside.records();
      Page page =
          apart == null
              ? Page.read(answer.records(), wanted, now)
              : Page.ofStored(apart, wanted, now);
      int came = apart == null ? answer.records().size() : apart.size();
      return new Reading(answer, page, Children.of(answer.childShards()), came >= asked);
    }
  }

  private void read(Fetch now, String at) {
    int asked = limit.recordsFor(now.bytesMax);
    var aside = new RecordsAside();
    GetRecordsRequest request =
        GetRecordsRequest.builder()
            .overrideConfiguration(calls.oneTry(aside))
            .shardIterator(at)
            .limit(asked)
            .build();
    var wanted = new Page.Wanted(shard, after, now.bytesMax, calls.place);
    pace.sent(loop.ticks());
    CompletableFuture<GetRecordsResponse> sent =
        calls.once("GetRecords", client -> client.getRecords(request));
    call = sent;
    await(
        now,
        sent.thenApply(answer -> Reading.of(answer, aside, wanted, loop.now(), asked)),
        this::pageCame);
  }

  private void pageCame(Fetch now, Reading reading) {
    retry.succeeded();
    now.read = true;
    now.iteratorExpired = false;
    GetRecordsResponse answer = reading.answer();
    Page page = reading.page();
    Long millis = answer.millisBehindLatest();
    behind = Duration.ofMillis(millis == null ? 0 : Math.max(0, millis));
    limit.observed(page.stored(), page.bytes());
    boolean last = answer.nextShardIterator() == null && !page.cut();
    if (seeking && after != null && page.sought() != Sought.NOT_YET) {
      seeking = false;
      if (page.sought() == Sought.PASSED) {
        gap(after, page);
        return;
      }
    }
    if (last) {
      ended(now, page, reading.children());
      return;
    }
    advance(answer, page);
    boolean more = page.cut() || !behind.isZero() || reading.full();
    if (more) {
      atTip = false;
      pace.behindTip();
    } else {
      atTip = true;
      pace.atTip(page.stored());
      tipSeen = true;
      tipSeenAt = loop.ticks();
    }
    // An old and sparse shard answers hundreds of empty pages; where each takes its time, the pace
    // asks for no pause, so the caller is told here that reading goes on.
    boolean inTime = loop.ticks() - now.began < ANSWER_MAX.toNanos();
    if (more && inTime && page.records().isEmpty()) {
      step(now);
      return;
    }
    finish(new Fetched.Records(page.records(), behind));
  }

  /** The iterator stays: the page is read again, as the oldest that the stream has. */
  private void gap(Position missing, Page page) {
    after = null;
    from = StartingPosition.TRIM_HORIZON;
    pace.behindTip();
    finish(new Fetched.Gap(missing, page.first()));
  }

  private void advance(GetRecordsResponse answer, Page page) {
    moveBehind(page);
    if (page.cut()) {
      renewIterator();
    } else {
      iterator = answer.nextShardIterator();
    }
  }

  private void moveBehind(Page page) {
    List<StreamRecord> records = page.records();
    if (!records.isEmpty()) {
      after = records.get(records.size() - 1).position();
    }
    misrouted.accept(page.misrouted());
  }

  private void renewIterator() {
    iterator = null;
    boolean caughtUp = tipSeen && loop.ticks() - tipSeenAt < KEPT_AT_LEAST.toNanos();
    if (after != null && !caughtUp) {
      seeking = true;
    }
  }

  private void ended(Fetch now, Page page, List<Shard> named) {
    if (!named.isEmpty()) {
      endsWith(now, page, named);
      return;
    }
    // A null iterator alone is no end: the stream itself must name what comes next.
    await(
        now,
        ShardList.of(calls).thenApply(all -> Children.among(all, shard.id())),
        (same, listed) -> {
          if (listed.isEmpty()) {
            failed(same, broken("GetRecords", "no NextShardIterator, but no child shards either"));
          } else {
            endsWith(same, page, listed);
          }
        });
  }

  private void endsWith(Fetch now, Page page, List<Shard> named) {
    children = named;
    behind = Duration.ZERO;
    if (seeking && after != null) {
      // Read to the end without meeting the record: it is gone, and all that followed it.
      seeking = false;
      finish(new Fetched.Gap(after, null));
      return;
    }
    moveBehind(page);
    if (page.records().isEmpty()) {
      step(now);
    } else {
      finish(new Fetched.Records(page.records(), behind));
    }
  }

  /** Waits for a call, and passes its answer on unless the fetch was given up meanwhile. */
  private <T> void await(Fetch now, CompletionStage<T> asked, BiConsumer<Fetch, T> then) {
    asked.whenComplete(
        (answer, failure) ->
            loop.execute(
                () -> {
                  if (closed || fetch != now) {
                    return;
                  }
                  call = null;
                  if (failure == null) {
                    then.accept(now, answer);
                  } else {
                    failed(now, Failure.of("GetRecords", calls.place, failure));
                  }
                }));
  }

  private void failed(Fetch now, StreamException why) {
    long ticks = loop.ticks();
    if (Failure.isExpiredIterator(why)) {
      renewIterator();
      if (!now.iteratorExpired) {
        now.iteratorExpired = true;
        step(now);
        return;
      }
    }
    // Nothing is there to be read yet; the answer is empty if it takes long.
    boolean tooEarly = isBeforeItsTime(why);
    now.read |= tooEarly;
    boolean goesOn =
        tooEarly
            || (why.kind() == Kind.RETRYABLE
                && ticks - now.began <= KinesisCalls.RETRYING_MAX.toNanos());
    if (Failure.isThrottled(why)) {
      // Beyond this fetch, too: whoever hears of it may fetch again at once.
      double jitter = calls.random().nextDouble();
      retry.throttled(ticks, jitter);
      pace.throttled(ticks, jitter);
    } else if (goesOn) {
      retry.failed(ticks, calls.random().nextDouble());
    }
    if (goesOn) {
      step(now);
    } else {
      fetch = null;
      now.stage.completeExceptionally(why);
    }
  }

  /**
   * Kinesis refuses to start at a time that its own clock has not reached, as when a function
   * begins at the moment of a worker whose clock is a little fast. That time will come.
   */
  private boolean isBeforeItsTime(StreamException why) {
    return why.getCause() instanceof InvalidArgumentException
        && iterator == null
        && after == null
        && from instanceof StartingPosition.AtTimestamp at
        && at.time().isAfter(loop.now().minus(CLOCKS_APART_MAX));
  }

  private void finish(Fetched answer) {
    Fetch done = fetch;
    fetch = null;
    if (done != null) {
      done.stage.complete(answer);
    }
  }

  private StreamException broken(String action, String what) {
    return new StreamException(
        Kind.RETRYABLE,
        action
            + " on "
            + calls.place
            + ", shard "
            + shard.id()
            + " was answered with "
            + what
            + "; it is asked again");
  }
}
