package io.headrace.kcl.kinesis;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardClaim;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one shard by enhanced fan-out, and by GetRecords where that can't be: the shell of a {@link
 * FanOutReader}. All state belongs to the loop.
 *
 * <p>Demand stays the call: the subscription is asked for one event when somebody waits for
 * records, so beyond the caller's budget a shard holds one event and what HTTP/2 lets through. An
 * event that is larger than the budget is handed over piece by piece.
 */
final class FanOutCursor implements ShardCursor {
  /** A fetch is answered at the latest after so long while nothing comes. */
  static final Duration ANSWER_MAX = Duration.ofSeconds(1);

  private final KinesisCalls calls;
  private final EventLoop loop;
  private final Shard shard;
  private final FanOutConsumer consumer;
  private final ShardClaim claim;
  private final LongConsumer misrouted;

  private final FanOutReader reader;
  private final Bookmark bookmark;
  private final ArrayDeque<FanOutEvent> events = new ArrayDeque<>();
  private final Watch watch = new Watch();
  private boolean performing;

  private @Nullable Fetch fetch;
  private @Nullable Subscription subscription;
  private @Nullable KinesisCursor polling;
  private boolean polled;
  private @Nullable Unread unread;
  private @Nullable List<Shard> children;
  private Duration behind = Duration.ZERO;
  private boolean sought;
  private EventLoop.@Nullable Scheduled impatience;
  private EventLoop.@Nullable Scheduled renewal;
  private volatile boolean closed;

  /** What the caller waits for. */
  private static final class Fetch {
    final CompletableFuture<Fetched> stage = new CompletableFuture<>();
    final long bytesMax;

    Fetch(long bytesMax) {
      this.bytesMax = bytesMax;
    }
  }

  /**
   * What is left of an event.
   *
   * @param last whether the shard ends behind it
   * @param receivedAt ticks
   */
  private record Unread(
      List<StoredRecord> records,
      Duration behind,
      boolean last,
      List<Shard> children,
      long receivedAt) {

    Unread from(int record) {
      return new Unread(
          records.subList(record, records.size()), behind, last, children, receivedAt);
    }
  }

  FanOutCursor(
      KinesisCalls calls,
      FanOutConsumer consumer,
      Shard shard,
      StartingPosition from,
      ShardClaim claim,
      LongConsumer misrouted) {
    this.calls = calls;
    this.loop = calls.loop;
    this.consumer = consumer;
    this.shard = shard;
    this.claim = claim;
    this.misrouted = misrouted;
    this.reader = new FanOutReader(calls.place + ", shard " + shard.id());
    this.bookmark = new Bookmark(shard, calls.place, from);
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
    if (loop.isCurrent()) {
      begin(next);
    } else {
      loop.execute(() -> begin(next));
    }
    return next.stage.minimalCompletionStage();
  }

  @Override
  public void close() {
    closed = true;
    if (loop.isCurrent()) {
      // At once: a worker that is stopped closes its loop next, and would leave the subscription.
      giveUp();
    } else {
      loop.execute(this::giveUp);
    }
  }

  private void giveUp() {
    fetch = null;
    unread = null;
    calm();
    stopRenewal();
    stopPolling();
    if (subscription != null) {
      subscription.cancel();
    }
    consumer.leave(shard.id(), watch);
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
    if (!sought) {
      sought = true;
      consumer.join(shard.id(), watch);
    }
    if (unread != null) {
      read(next, unread);
    } else if (children != null) {
      finish(next, new Fetched.End(children));
    } else {
      tell(new FanOutEvent.Demanded());
      waitOn();
    }
  }

  /** Takes an event in and does what the reader decides; events that this makes come after it. */
  private void tell(FanOutEvent event) {
    events.add(event);
    if (performing) {
      return;
    }
    performing = true;
    try {
      for (var next = events.poll(); next != null && !closed; next = events.poll()) {
        var moment = new FanOutReader.Moment(loop.ticks(), claim.holds());
        reader.step(next, moment).forEach(this::perform);
      }
    } finally {
      performing = false;
    }
  }

  private void perform(FanOutAction action) {
    if (action instanceof FanOutAction.Request) {
      request();
    } else if (action instanceof FanOutAction.Subscribe subscribe) {
      subscribe(subscribe);
    } else if (action instanceof FanOutAction.AnswerEmpty) {
      finish(fetch, new Fetched.Records(List.of(), behind, false));
    } else if (action instanceof FanOutAction.Poll) {
      poll();
    } else if (action instanceof FanOutAction.Cancel) {
      cancel();
    } else if (action instanceof FanOutAction.RenewBetween renew) {
      renew(renew);
    } else if (action instanceof FanOutAction.SeekAgain again) {
      consumer.lost(again.arn(), shard.id(), watch);
    } else if (action instanceof FanOutAction.Tell told) {
      claim.retrieving(told.how());
    }
  }

  private void subscribe(FanOutAction.Subscribe subscribe) {
    Fetch now = fetch;
    if (now == null) {
      throw new IllegalStateException("a subscription of " + shard.id() + " that nobody wants");
    }
    var made = new Subscription(subscribe.number(), calls, watch);
    subscription = made;
    made.request(bookmark.wanted(now.bytesMax));
    made.start(subscribe.arn(), shard.id().value(), bookmark.subscribedFrom(loop.ticks()));
  }

  private void request() {
    Fetch now = fetch;
    Subscription from = subscription;
    if (now != null && from != null) {
      from.request(bookmark.wanted(now.bytesMax));
    }
  }

  private void cancel() {
    stopRenewal();
    if (subscription != null) {
      subscription.cancel();
      subscription = null;
    }
  }

  private void renew(FanOutAction.RenewBetween renew) {
    long earliest = renew.earliest().toNanos();
    long spread = renew.latest().toNanos() - earliest;
    long wait = earliest + (long) (spread * calls.random().nextDouble());
    stopRenewal();
    renewal =
        loop.schedule(
            Duration.ofNanos(wait), () -> tell(new FanOutEvent.RenewalDue(renew.number())));
  }

  private void stopRenewal() {
    if (renewal != null) {
      renewal.cancel();
      renewal = null;
    }
  }

  /** Whoever waits on a subscription hears something in time, though nothing comes. */
  private void waitOn() {
    if (impatience == null && fetch != null && !polled) {
      Fetch now = fetch;
      impatience = loop.schedule(ANSWER_MAX, () -> waitedFor(now));
    }
  }

  private void waitedFor(Fetch now) {
    impatience = null;
    if (!closed && fetch == now && !polled) {
      tell(new FanOutEvent.Waited());
      waitOn();
    }
  }

  private void calm() {
    if (impatience != null) {
      impatience.cancel();
      impatience = null;
    }
  }

  private void poll() {
    Fetch now = fetch;
    if (now == null) {
      return;
    }
    calm();
    polled = true;
    KinesisCursor by = polling;
    if (by == null) {
      boolean mayHaveMissed = bookmark.mayHaveMissed(loop.ticks());
      by = new KinesisCursor(calls, shard, bookmark.polledFrom(), misrouted, mayHaveMissed);
      polling = by;
    }
    by.fetch(now.bytesMax)
        .whenComplete((answer, failure) -> loop.execute(() -> pollCame(now, answer, failure)));
  }

  private void pollCame(Fetch now, @Nullable Fetched answer, @Nullable Throwable failure) {
    if (closed || fetch != now) {
      return;
    }
    polled = false;
    if (answer == null) {
      settle();
      now.stage.completeExceptionally(Failure.of("GetRecords", calls.place, orUnknown(failure)));
      return;
    }
    bookmark.polled(answer, polling != null && polling.isAtTip(), loop.ticks());
    if (answer instanceof Fetched.Records read) {
      behind = read.behind();
    } else if (answer instanceof Fetched.End end) {
      children = end.children();
      tell(new FanOutEvent.EndRead());
    }
    finish(now, answer);
  }

  private void stopPolling() {
    if (polling != null) {
      polling.close();
      polling = null;
    }
  }

  private void delivered(long number, Subscription.Delivery delivery) {
    if (closed || subscription == null || subscription.number() != number) {
      return;
    }
    StreamException broken = delivery.broken();
    if (broken != null) {
      // Polling reads the same records: it tells whether they are broken, or only came so.
      tell(new FanOutEvent.Closed(number, SubscriptionEnd.REFUSED, messageOf(broken)));
      return;
    }
    if (unread != null) {
      // There is room for one event: what is left of the one before is not given up for it.
      var why = "an event on " + calls.place + " came that nobody had asked for";
      tell(new FanOutEvent.Closed(number, SubscriptionEnd.REFUSED, why));
      return;
    }
    tell(new FanOutEvent.Pushed(number));
    stopPolling();
    var event = delivery.event();
    String next = event.continuation();
    Long millis = event.millisBehind();
    var lag = Duration.ofMillis(millis == null ? 0 : Math.max(0, millis));
    bookmark.received(next);
    var all = new Unread(event.records(), lag, next == null, delivery.children(), loop.ticks());
    Fetch now = fetch;
    Page page = delivery.page();
    if (now == null) {
      unread = all;
    } else if (page != null && delivery.wanted().bytesMax() <= now.bytesMax) {
      take(now, all, page);
    } else {
      read(now, all);
    }
  }

  /** Reads what is left of an event that came before it could be handed over. */
  private void read(Fetch now, Unread rest) {
    Page page;
    try {
      page = Page.ofStored(rest.records(), bookmark.wanted(now.bytesMax), loop.now());
    } catch (RuntimeException broken) {
      // An event is read as far as it was asked for, so this may show late.
      leaveUnread(Failure.of("SubscribeToShard", calls.place, broken));
      return;
    }
    take(now, rest, page);
  }

  /** What is left of an event can't be read: as with a whole one, polling tells whether it can. */
  private void leaveUnread(StreamException broken) {
    unread = null;
    bookmark.received(null);
    var live = subscription;
    if (live != null) {
      var why = messageOf(broken);
      tell(new FanOutEvent.Closed(live.number(), SubscriptionEnd.REFUSED, why));
    }
    if (!polled) {
      tell(new FanOutEvent.Demanded());
      waitOn();
    }
  }

  private void take(Fetch now, Unread event, Page page) {
    var gap = bookmark.gapBefore(page);
    if (gap != null) {
      unread = event;
      finish(now, gap);
      return;
    }
    behind = event.behind();
    if (behind.isZero() && !page.cut()) {
      bookmark.tip(event.receivedAt());
    }
    bookmark.handedOver(page.records());
    misrouted.accept(page.misrouted());
    if (page.cut()) {
      // The record that did not fit was looked at, and is the first of what is left.
      unread = event.from(page.stored() - 1);
      finish(now, new Fetched.Records(page.records(), behind));
    } else if (event.last()) {
      endRead(now, event, page);
    } else {
      unread = null;
      finish(now, new Fetched.Records(page.records(), behind));
    }
  }

  private void endRead(Fetch now, Unread event, Page page) {
    unread = null;
    if (event.children().isEmpty()) {
      halfEnded(now, page);
      return;
    }
    children = event.children();
    if (subscription != null) {
      subscription.letEnd();
      subscription = null;
    }
    tell(new FanOutEvent.EndRead());
    var gap = bookmark.gapBeforeEnd();
    if (gap != null) {
      finish(now, gap);
    } else if (page.records().isEmpty()) {
      finish(now, new Fetched.End(event.children()));
    } else {
      finish(now, new Fetched.Records(page.records(), behind));
    }
  }

  /**
   * No continuation, and no children: that alone is no end. Polling goes on and finds out, by
   * ListShards if need be.
   */
  private void halfEnded(Fetch now, Page page) {
    boolean empty = page.records().isEmpty();
    if (!empty) {
      finish(now, new Fetched.Records(page.records(), behind));
    }
    var live = subscription;
    if (live != null) {
      var why = "an event on " + calls.place + " named neither a continuation nor child shards";
      tell(new FanOutEvent.Closed(live.number(), SubscriptionEnd.REFUSED, why));
    }
    if (empty && fetch == now && !polled) {
      finish(now, new Fetched.Records(List.of(), behind));
    }
  }

  private void finish(@Nullable Fetch now, Fetched answer) {
    if (now != null && fetch == now) {
      settle();
      now.stage.complete(answer);
    }
  }

  private void settle() {
    calm();
    fetch = null;
    tell(new FanOutEvent.Answered());
  }

  private static Throwable orUnknown(@Nullable Throwable failure) {
    return failure == null ? new IllegalStateException("a fetch without an answer") : failure;
  }

  private static String messageOf(Throwable failure) {
    return String.valueOf(failure.getMessage());
  }

  /** Hears of consumer and subscriptions. */
  private final class Watch implements Subscription.Listener, FanOutConsumer.Seeker {
    @Override
    public void found(String arn) {
      tell(new FanOutEvent.Found(arn));
    }

    @Override
    public void missing(String why) {
      tell(new FanOutEvent.Missing(why));
    }

    @Override
    public void opened(long number) {
      loop.execute(() -> tell(new FanOutEvent.Opened(number)));
    }

    @Override
    public void pushed(long number, Subscription.Delivery delivery) {
      loop.execute(() -> delivered(number, delivery));
    }

    @Override
    public void closed(long number, boolean accepted, @Nullable StreamException failure) {
      var why = failure == null ? "it ended" : messageOf(failure);
      loop.execute(() -> tell(new FanOutEvent.Closed(number, endOf(failure, accepted), why)));
    }

    private SubscriptionEnd endOf(@Nullable StreamException failure, boolean accepted) {
      if (failure == null) {
        return SubscriptionEnd.COMPLETED;
      }
      return bookmark.isBeforeItsTime(failure, loop.now())
          ? SubscriptionEnd.FAILED
          : SubscriptionEnd.of(failure, accepted);
    }
  }
}
