package io.headrace.kcl.kinesis;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSink.Stored;
import io.headrace.kcl.kinesis.ProducerEvent.Result;
import io.headrace.kcl.kinesis.PutException.Reason;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import io.headrace.kcl.loop.ThreadedLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * Writes records to one Kinesis stream: collects them into calls, sends again what failed and only
 * that, keeps to the shards' limits, and tells of each record where it was stored or why it was
 * not. What the Kinesis Producer Library is for, in this process.
 *
 * <pre>{@code
 * try (var connector = new KinesisConnector();
 *     var producer = connector.producer("orders", ProducerSettings.DEFAULT.ordered())) {
 *   producer
 *       .put(new Entry(order.customer(), json, Map.of(Entry.ID, order.id())))
 *       .whenComplete((stored, failure) -> ...);
 * }
 * }</pre>
 *
 * <p>Any thread may call; no call blocks but {@link #close()}. Stages complete on the producer's
 * loop, once for each record: what hangs on them must not block. They fail with {@link
 * PutException} only.
 *
 * <p><b>Back-pressure.</b> The producer holds a bounded number of bytes. A record beyond that is
 * not taken: its stage fails at once with {@link Reason#FULL}, and {@link #room} tells when to put
 * it again.
 *
 * <p><b>Order.</b> With {@link ProducerSettings#ordered} the records of a key are stored in the
 * order of their puts, through throttling, errors, splits and merges. A failed record takes those
 * of its key behind it along ({@link Reason#BEHIND_FAILED}), so that who puts them all again keeps
 * the order. A record that was not taken ({@link Reason#FULL}) has no place in that order: later
 * ones of its key may be taken before it, so put none until it is.
 *
 * <p><b>Duplicates.</b> A call that is never answered may have been carried out, or be carried out
 * late; its records are sent again, so a record may be stored more than once, and a late copy may
 * lie behind later records of its key. The first copy of each record is always in order. When a
 * part of an aggregate lands in a shard that is not its own, all of it is stored again: the KCL
 * leaves such an aggregate out once it knows the shard, other readers only that part. Give entries
 * an {@link Entry#ID}, by which readers drop the copies.
 */
public final class HeadraceProducer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HeadraceProducer.class);

  /** So many that wait wake the loop, even if it will look by itself soon. */
  private static final int WAKE_RECORDS = ProducerSettings.RECORDS_PER_CALL_LIMIT;

  /** What a shard says that takes no more for now. */
  private static final String TOO_BUSY = "ProvisionedThroughputExceededException";

  /** Longer than any record lives. */
  private static final Duration CLOSING_LONGEST = Duration.ofDays(8);

  private static final Duration CLOSING_MAX = Duration.ofSeconds(30);

  private final KinesisCalls calls;
  private final EventLoop loop;
  private final ProducerSettings settings;
  private final SinkSentences sentences;
  private final ProducerMachine machine;
  private final ByteRoom room;
  private final Runnable whenClosed;

  private final ConcurrentLinkedQueue<PendingRecord> inbox = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<CompletableFuture<Void>> flushesAsked =
      new ConcurrentLinkedQueue<>();
  private final AtomicInteger inboxRecords = new AtomicInteger();

  /** Whether a turn is sure to come before one more record could be sent. */
  private final AtomicBoolean awake = new AtomicBoolean();

  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private volatile boolean closing;
  private volatile boolean ended;
  private volatile ProducerFigures figures;

  /** Of the loop. */
  private final Map<Long, CompletableFuture<PutRecordsResponse>> underWay = new HashMap<>();

  private final ArrayDeque<CompletableFuture<Void>> flushes = new ArrayDeque<>();
  private EventLoop.@Nullable Scheduled timer;
  private long timerAt;
  private boolean toldOfShards;

  HeadraceProducer(
      KinesisCalls calls,
      ProducerSettings settings,
      ProducerMachine.Patience patience,
      Runnable whenClosed) {
    this.calls = calls;
    this.loop = calls.loop;
    this.settings = settings;
    this.sentences = new SinkSentences(calls.place);
    this.machine = new ProducerMachine(settings, patience, sentences, calls.random());
    this.room = new ByteRoom(settings.outstandingBytesMax());
    this.whenClosed = whenClosed;
    this.figures = machine.figures();
  }

  /** A loop of the producer's own. */
  static ThreadedLoop loopFor(String stream) {
    return ThreadedLoop.start(
        "headrace-producer-" + stream,
        thrown -> LOG.error("producer of stream \"{}\": a fault in Headrace", stream, thrown));
  }

  /**
   * Puts a record. Its stage is completed with where it lies, or fails with {@link PutException}.
   */
  public CompletionStage<Stored> put(Entry entry) {
    var ticket = new Ticket();
    var record = new PendingRecord(entry, ticket, null, loop.ticks());
    if (record.bytes > ProducerMachine.RECORD_BYTES_MAX) {
      ticket.refuse(Reason.REFUSED, sentences.tooLarge(record.bytes));
    } else if (closing) {
      ticket.refuse(Reason.CLOSED, sentences.closed());
    } else if (!room.take(record.heldBytes())) {
      ticket.refuse(Reason.FULL, sentences.full(settings.outstandingBytesMax()));
    } else {
      enter(record);
    }
    return ticket;
  }

  /**
   * Puts records that succeed or fail together, whatever the bound: whoever calls this bounds what
   * he holds.
   */
  CompletionStage<List<Stored>> putAll(List<Entry> entries) {
    var stage = new CompletableFuture<List<Stored>>();
    if (entries.isEmpty()) {
      stage.complete(List.of());
      return stage.minimalCompletionStage();
    }
    var group = new PendingRecord.Group(entries.size());
    var receipt = new GroupReceipt(group, stage);
    long ticks = loop.ticks();
    for (int i = 0; i < entries.size(); i++) {
      var record = new PendingRecord(entries.get(i), receipt, group, ticks);
      group.members[i] = record;
      if (record.bytes > ProducerMachine.RECORD_BYTES_MAX) {
        stage.completeExceptionally(
            new PutException(Reason.REFUSED, sentences.tooLarge(record.bytes), false));
        return stage.minimalCompletionStage();
      }
    }
    // In one task, so that nothing comes between them and the loop never sees half of a group.
    loop.execute(() -> turn(new ProducerEvent.Put(List.of(group.members))));
    if (ended) {
      stage.completeExceptionally(new PutException(Reason.CLOSED, sentences.closed(), false));
    }
    return stage.minimalCompletionStage();
  }

  /** Whether a quarter of the bound is free. A hint: others may put meanwhile. */
  public boolean hasRoom() {
    return room.isThere();
  }

  /** Completes when a put that failed with {@link Reason#FULL} is worth another try. */
  public CompletionStage<Void> room() {
    return room.await();
  }

  /** Sends what was put before without lingering; completes when all of it is stored or failed. */
  public CompletionStage<Void> flush() {
    var flushed = new CompletableFuture<Void>();
    flushesAsked.add(flushed);
    loop.execute(() -> turn(null));
    if (ended) {
      // Asked while the last turn ran: nobody else will look.
      endFlushes(flushesAsked);
    }
    return flushed.minimalCompletionStage();
  }

  /**
   * Takes no more records and sends what it has. What is not stored when the time is over fails
   * with {@link Reason#CLOSED}. Completes when every record is stored or failed. Harmless when
   * repeated; the shortest time counts.
   */
  public CompletionStage<Void> close(Duration within) {
    closing = true;
    long nanos =
        within.compareTo(CLOSING_LONGEST) > 0 ? CLOSING_LONGEST.toNanos() : within.toNanos();
    loop.execute(() -> turn(new ProducerEvent.Close(loop.ticks() + nanos)));
    return closed.minimalCompletionStage();
  }

  /**
   * {@link #close(Duration)} within 30 seconds, waited for.
   *
   * @throws IllegalStateException on the producer's loop, which must not wait for itself
   */
  @Override
  public void close() {
    if (loop.isCurrent()) {
      throw new IllegalStateException(
          "close() waits and so can't be called on the producer's loop: use close(Duration)");
    }
    close(CLOSING_MAX).toCompletableFuture().join();
  }

  /** What it has done and what it holds, as of its last turn. */
  public ProducerFigures figures() {
    return figures;
  }

  private void enter(PendingRecord record) {
    inbox.add(record);
    int waiting = inboxRecords.incrementAndGet();
    boolean asleep = !awake.get() && awake.compareAndSet(false, true);
    if (asleep || waiting == WAKE_RECORDS) {
      loop.execute(() -> turn(null));
    }
    if (ended) {
      // Entered while the last turn ran: nobody else will look.
      failEntered();
    }
  }

  private void failEntered() {
    for (var record = inbox.poll(); record != null; record = inbox.poll()) {
      room.give(record.heldBytes());
      record.failure = new PutException(Reason.CLOSED, sentences.closed(), false);
      record.receipt.settled(record);
    }
  }

  private void turn(@Nullable ProducerEvent event) {
    var events = new ArrayList<ProducerEvent>(2);
    // Looked at before the records: what was put before a flush was asked for is among them.
    int flushing = flushesEntered();
    List<PendingRecord> entered = entered();
    if (!entered.isEmpty()) {
      events.add(new ProducerEvent.Put(entered));
    }
    for (int i = 0; i < flushing; i++) {
      events.add(new ProducerEvent.Flush());
    }
    if (event != null) {
      events.add(event);
    }
    List<ProducerAction> actions = machine.step(events, loop.ticks());
    // Before anybody is told: who hears that a record is stored finds it counted.
    figures = machine.figures();
    actions.forEach(this::perform);
    if (!ended) {
      setTimer();
    }
  }

  private int flushesEntered() {
    int entered = 0;
    for (var flush = flushesAsked.poll(); flush != null; flush = flushesAsked.poll()) {
      flushes.add(flush);
      entered++;
    }
    return entered;
  }

  private static void endFlushes(Queue<CompletableFuture<Void>> flushes) {
    for (var flush = flushes.poll(); flush != null; flush = flushes.poll()) {
      flush.complete(null);
    }
  }

  private List<PendingRecord> entered() {
    var entered = new ArrayList<PendingRecord>();
    for (var record = inbox.poll(); record != null; record = inbox.poll()) {
      entered.add(record);
    }
    inboxRecords.addAndGet(-entered.size());
    return entered;
  }

  /** Sees to the next turn, and whether those who put must. */
  private void setTimer() {
    long wake = machine.wakeAt();
    if (timer != null && (wake == ShardQueues.NEVER || wake < timerAt)) {
      timer.cancel();
      timer = null;
    }
    long ticks = loop.ticks();
    if (timer == null && wake != ShardQueues.NEVER) {
      timerAt = wake;
      timer =
          loop.schedule(
              Duration.ofNanos(Math.max(0, wake - ticks)),
              () -> {
                timer = null;
                turn(null);
              });
    }
    boolean soon = timer != null && timerAt - ticks <= settings.linger().toNanos();
    // With all calls under way nothing can be sent before an answer, which brings a turn.
    if (soon || figures.callsUnderWay() >= settings.callsMax()) {
      awake.set(true);
    } else {
      awake.set(false);
      if (!inbox.isEmpty() && awake.compareAndSet(false, true)) {
        loop.execute(() -> turn(null));
      }
    }
  }

  private void perform(ProducerAction action) {
    if (action instanceof ProducerAction.Send send) {
      send(send.call(), send.parcels());
    } else if (action instanceof ProducerAction.ListShards) {
      Stages.ask(
          loop,
          () -> ShardList.of(calls),
          shards -> turn(new ProducerEvent.Listed(shards)),
          this::listFailed);
    } else if (action instanceof ProducerAction.Settle settle) {
      settle(settle.records());
    } else if (action instanceof ProducerAction.Flushed done) {
      for (int i = 0; i < done.flushes(); i++) {
        flushes.remove().complete(null);
      }
    } else {
      end();
    }
  }

  private void listFailed(Throwable failure) {
    if (!toldOfShards) {
      toldOfShards = true;
      LOG.warn(
          "{}; until its shards can be listed, records are sent without regard to their limits and"
              + " aggregated by key only",
          Failure.of("ListShards", calls.place, failure).getMessage());
    }
    turn(new ProducerEvent.ListFailed());
  }

  private void settle(List<PendingRecord> records) {
    long free = 0;
    for (PendingRecord record : records) {
      free += record.group == null ? record.heldBytes() : 0;
    }
    // Before anybody is told: many put the next record then.
    room.give(free);
    records.forEach(record -> record.receipt.settled(record));
  }

  private void end() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    ended = true;
    failEntered();
    List.copyOf(underWay.values()).forEach(call -> call.cancel(true));
    underWay.clear();
    endFlushes(flushes);
    endFlushes(flushesAsked);
    closed.complete(null);
    whenClosed.run();
  }

  private void send(long number, List<ShardQueues.Parcel> parcels) {
    var entries = new ArrayList<PutRecordsRequestEntry>(parcels.size());
    for (ShardQueues.Parcel parcel : parcels) {
      // The key of the first takes an aggregate to the shard of all: no explicit hash key is
      // needed.
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey(parcel.first().entry.partitionKey())
              .data(SdkBytes.fromByteArrayUnsafe(parcel.data()))
              .build());
    }
    var request =
        PutRecordsRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .streamName(calls.place.stream())
            .records(entries)
            .build();
    var answer = calls.once("PutRecords", client -> client.putRecords(request));
    underWay.put(number, answer);
    CompletionStage<PutRecordsResponse> answering = answer;
    answering.whenComplete(
        (response, failure) -> {
          ProducerEvent event = eventOf(number, entries.size(), response, failure);
          loop.execute(
              () -> {
                underWay.remove(number);
                if (!ended) {
                  turn(event);
                }
              });
        });
  }

  private ProducerEvent eventOf(
      long call, int asked, @Nullable PutRecordsResponse response, @Nullable Throwable failure) {
    if (response == null) {
      Throwable cause = failure == null ? new IllegalStateException("no answer") : failure;
      boolean mayHaveHappened =
          Failure.mayHaveHappened(Failure.of("PutRecords", calls.place, cause));
      return new ProducerEvent.CallFailed(call, Failure.ofPut(calls.place, cause), mayHaveHappened);
    }
    List<PutRecordsResultEntry> told = response.records();
    if (told.size() != asked) {
      return new ProducerEvent.CallFailed(call, sentences.wrongCount(asked, told.size()), true);
    }
    var results = new ArrayList<Result>(told.size());
    for (PutRecordsResultEntry result : told) {
      results.add(resultOf(result));
    }
    return new ProducerEvent.Answered(call, results);
  }

  private Result resultOf(PutRecordsResultEntry told) {
    if (told.errorCode() != null && !told.errorCode().isEmpty()) {
      // Only a shard that is too busy says for sure that it took nothing.
      return new Result(null, sentences.refusedEntry(told), !told.errorCode().equals(TOO_BUSY));
    }
    try {
      return new Result(
          new Stored(new ShardId(told.shardId()), Position.of(told.sequenceNumber())), null, false);
    } catch (RuntimeException broken) {
      return new Result(null, sentences.brokenEntry(told, broken), true);
    }
  }

  /** The stage of one record. */
  private static final class Ticket extends CompletableFuture<Stored>
      implements PendingRecord.Receipt {
    void refuse(Reason reason, StreamException why) {
      completeExceptionally(new PutException(reason, why, false));
    }

    @Override
    public void settled(PendingRecord record) {
      if (record.failure != null) {
        completeExceptionally(record.failure);
      } else {
        complete(record.stored);
      }
    }
  }
}
