package io.headrace.kcl.kinesis;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.loop.EventLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * Writes records by PutRecords. All state belongs to the loop; any thread may call.
 *
 * <p><b>Order.</b> Within one PutRecords call an earlier record may fail and a later one be stored,
 * so each key has a lane, of which one record is under way at a time. Different keys fill the
 * calls; a single key is written at one record a round trip.
 *
 * <p><b>Failure.</b> What may pass is retried for {@link KinesisCalls#RETRYING_MAX} a record. When
 * a put then fails, or at once for good reasons, its records that are not under way are taken back,
 * and puts that wait behind it for one of its keys fail with it: else they would overtake it when
 * the caller tries again. Some records of a failed put may be stored.
 */
final class KinesisSink implements StreamSink {
  /** What PutRecords takes. */
  static final int RECORDS_PER_CALL_MAX = 500;

  /** What PutRecords takes, keys included. */
  static final int BYTES_PER_CALL_MAX = 5 * 1024 * 1024;

  /** The largest record that a stream can be set to take, key included. */
  static final int RECORD_BYTES_MAX = 10 * 1024 * 1024;

  /** What a stream takes unless it is set otherwise: larger records travel alone. */
  static final int COMMON_RECORD_BYTES_MAX = 1024 * 1024;

  static final int CALLS_MAX = 4;

  /** Bytes in lanes and calls; what is put beyond them waits in the order of the puts. */
  static final long OUTSTANDING_BYTES_MAX = 20L * 1024 * 1024;

  private final KinesisCalls calls;
  private final EventLoop loop;
  private final SinkSentences sentences;

  private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
  private final Map<String, ArrayDeque<Pending>> lanes = new HashMap<>();

  /** Keys whose lane has a record that may be sent now. */
  private final ArrayDeque<String> ready = new ArrayDeque<>();

  private final Set<Call> underWay = new HashSet<>();
  private long outstandingBytes;
  private boolean closed;

  /** One call of {@link #put}. */
  private static final class Put {
    final CompletableFuture<List<Stored>> stage = new CompletableFuture<>();
    final Stored[] stored;
    int left;
    @Nullable StreamException failure;

    Put(int entries) {
      stored = new Stored[entries];
      left = entries;
    }
  }

  /** One record on its way. */
  private static final class Pending {
    final Put put;
    final int index;
    final Entry entry;
    final int bytes;

    /** Made when it first fails. */
    @Nullable RetryPace retry;

    long failingSince;

    Pending(Put put, int index, Entry entry) {
      this.put = put;
      this.index = index;
      this.entry = entry;
      this.bytes = sizeOf(entry);
    }

    /** Nanoseconds to wait. */
    long failed(long ticks, double jitter) {
      if (retry == null) {
        retry = new RetryPace();
        failingSince = ticks;
      }
      retry.failed(ticks, jitter);
      return retry.waitNanos(ticks);
    }
  }

  /** One PutRecords under way; known by its identity. */
  private static final class Call {
    final CompletableFuture<PutRecordsResponse> answer;

    Call(CompletableFuture<PutRecordsResponse> answer) {
      this.answer = answer;
    }
  }

  KinesisSink(KinesisCalls calls) {
    this.calls = calls;
    this.loop = calls.loop;
    this.sentences = new SinkSentences(calls.place);
  }

  @Override
  public CompletionStage<List<Stored>> put(List<Entry> entries) {
    var put = new Put(entries.size());
    if (entries.isEmpty()) {
      put.stage.complete(List.of());
      return put.stage.minimalCompletionStage();
    }
    var pending = new ArrayList<Pending>(entries.size());
    for (Entry entry : entries) {
      var next = new Pending(put, pending.size(), entry);
      if (next.bytes > RECORD_BYTES_MAX) {
        put.stage.completeExceptionally(sentences.tooLarge(next.bytes));
        return put.stage.minimalCompletionStage();
      }
      pending.add(next);
    }
    loop.execute(() -> begin(put, pending));
    return put.stage.minimalCompletionStage();
  }

  /** Puts that are not stored yet fail; the client stays open. */
  @Override
  public void close() {
    loop.execute(
        () -> {
          closed = true;
          var left = new ArrayList<>(waiting);
          lanes.values().forEach(left::addAll);
          waiting.clear();
          lanes.clear();
          ready.clear();
          left.forEach(pending -> fail(pending.put, sentences.closed()));
          List.copyOf(underWay).forEach(call -> call.answer.cancel(true));
        });
  }

  private void begin(Put put, List<Pending> pending) {
    if (closed) {
      fail(put, sentences.closed());
      return;
    }
    waiting.addAll(pending);
    turn();
  }

  /** Admits what the bound lets in, and sends what is ready. */
  private void turn() {
    while (!waiting.isEmpty()
        && (outstandingBytes == 0
            || outstandingBytes + waiting.element().bytes <= OUTSTANDING_BYTES_MAX)) {
      Pending next = waiting.remove();
      if (next.put.failure != null) {
        continue;
      }
      outstandingBytes += next.bytes;
      var lane = lanes.computeIfAbsent(next.entry.partitionKey(), key -> new ArrayDeque<>());
      lane.add(next);
      if (lane.size() == 1) {
        ready.add(next.entry.partitionKey());
      }
    }
    while (!closed && underWay.size() < CALLS_MAX && !ready.isEmpty()) {
      List<Pending> batch = batch();
      if (!batch.isEmpty()) {
        send(batch);
      }
    }
  }

  private List<Pending> batch() {
    var batch = new ArrayList<Pending>();
    long bytes = 0;
    while (!ready.isEmpty() && batch.size() < RECORDS_PER_CALL_MAX) {
      Pending next = head(ready.element());
      if (next.put.failure != null) {
        // Failed through another of its records; nobody waits for this one.
        ready.remove();
        leaveLane(next);
        readyAgain(next.entry.partitionKey());
        continue;
      }
      boolean alone = next.bytes > COMMON_RECORD_BYTES_MAX;
      if (!batch.isEmpty() && (alone || bytes + next.bytes > BYTES_PER_CALL_MAX)) {
        break;
      }
      ready.remove();
      batch.add(next);
      bytes += next.bytes;
      if (alone) {
        break;
      }
    }
    return batch;
  }

  private void send(List<Pending> batch) {
    var request =
        PutRecordsRequest.builder()
            .overrideConfiguration(KinesisCalls.ONE_TRY)
            .streamName(calls.place.stream())
            .records(batch.stream().map(KinesisSink::requestEntry).toList())
            .build();
    var call = new Call(calls.once("PutRecords", client -> client.putRecords(request)));
    underWay.add(call);
    CompletionStage<PutRecordsResponse> calling = call.answer;
    calling.whenComplete(
        (answer, failure) ->
            loop.execute(
                () -> {
                  underWay.remove(call);
                  var refused = new LinkedHashMap<Pending, StreamException>();
                  if (failure == null) {
                    answered(batch, answer.records(), refused);
                  } else {
                    StreamException why = Failure.of("PutRecords", calls.place, failure);
                    batch.forEach(pending -> refused.put(pending, why));
                  }
                  retryOrFail(refused);
                  turn();
                }));
  }

  private void answered(
      List<Pending> batch,
      List<PutRecordsResultEntry> results,
      Map<Pending, StreamException> refused) {
    if (results.size() != batch.size()) {
      StreamException why = sentences.wrongCount(batch.size(), results.size());
      batch.forEach(pending -> refused.put(pending, why));
      return;
    }
    for (int i = 0; i < batch.size(); i++) {
      Pending pending = batch.get(i);
      PutRecordsResultEntry result = results.get(i);
      if (result.errorCode() != null && !result.errorCode().isEmpty()) {
        refused.put(pending, sentences.refusedEntry(result));
        continue;
      }
      try {
        pending.put.stored[pending.index] =
            new Stored(new ShardId(result.shardId()), Position.of(result.sequenceNumber()));
      } catch (RuntimeException broken) {
        refused.put(pending, sentences.brokenEntry(result, broken));
        continue;
      }
      stored(pending);
    }
  }

  private void stored(Pending pending) {
    if (!leaveLane(pending)) {
      return;
    }
    Put put = pending.put;
    put.left--;
    if (put.left == 0) {
      put.stage.complete(List.of(put.stored));
    }
    readyAgain(pending.entry.partitionKey());
  }

  private void retryOrFail(Map<Pending, StreamException> refused) {
    if (closed || refused.isEmpty()) {
      return;
    }
    long ticks = loop.ticks();
    // One draw for the call, so that records that failed together are sent together again.
    double jitter = calls.random().nextDouble();
    var later = new TreeMap<Long, List<Pending>>();
    var lost = new ArrayList<Pending>();
    refused.forEach(
        (pending, why) -> {
          if (mayTryAgain(pending, why, ticks)) {
            long wait = pending.failed(ticks, jitter);
            later.computeIfAbsent(wait, none -> new ArrayList<>()).add(pending);
          } else {
            lost.add(pending);
            fail(pending.put, why);
          }
        });
    if (!lost.isEmpty()) {
      failFollowers();
      for (Pending pending : lost) {
        leaveLane(pending);
        readyAgain(pending.entry.partitionKey());
      }
    }
    later.forEach(
        (wait, pending) -> loop.schedule(Duration.ofNanos(wait), () -> sendAgain(pending)));
  }

  private static boolean mayTryAgain(Pending pending, StreamException why, long ticks) {
    boolean over =
        pending.retry != null && ticks - pending.failingSince > KinesisCalls.RETRYING_MAX.toNanos();
    return why.kind() == Kind.RETRYABLE && !over && pending.put.failure == null;
  }

  private void sendAgain(List<Pending> failed) {
    if (!closed) {
      failed.forEach(pending -> ready.add(pending.entry.partitionKey()));
      turn();
    }
  }

  /**
   * Fails the puts that wait behind failed ones for one of their keys, and those behind them. Puts
   * stand in lanes and in the queue in their order, so one walk finds all that follow those known
   * to fail; each walk that finds one asks for another.
   */
  private void failFollowers() {
    boolean found = true;
    while (found) {
      found = false;
      for (var lane : lanes.values()) {
        found |= failBehind(lane);
      }
      found |= failWaiting();
    }
    lanes.values().forEach(this::takeBack);
  }

  private boolean failBehind(Iterable<Pending> inOrder) {
    StreamException failing = null;
    boolean found = false;
    for (Pending pending : inOrder) {
      if (pending.put.failure != null) {
        failing = pending.put.failure;
      } else if (failing != null) {
        fail(pending.put, failing);
        found = true;
      }
    }
    return found;
  }

  private boolean failWaiting() {
    var failing = new HashMap<String, StreamException>();
    lanes.forEach(
        (key, lane) -> {
          for (Pending pending : lane) {
            if (pending.put.failure != null) {
              failing.put(key, pending.put.failure);
            }
          }
        });
    boolean found = false;
    for (Pending pending : waiting) {
      String key = pending.entry.partitionKey();
      StreamException before = failing.get(key);
      if (pending.put.failure != null) {
        failing.put(key, pending.put.failure);
      } else if (before != null) {
        fail(pending.put, before);
        found = true;
      }
    }
    return found;
  }

  /** Takes failed records out of a lane, but its head: that may be under way. */
  private void takeBack(ArrayDeque<Pending> lane) {
    Pending head = lane.peek();
    lane.removeIf(
        pending -> {
          boolean out = pending != head && pending.put.failure != null;
          if (out) {
            outstandingBytes -= pending.bytes;
          }
          return out;
        });
  }

  private void fail(Put put, StreamException why) {
    if (put.failure == null) {
      put.failure = why;
      put.stage.completeExceptionally(why);
    }
  }

  /** Takes the head of a lane out; false when the sink was closed meanwhile. */
  private boolean leaveLane(Pending pending) {
    var lane = lanes.get(pending.entry.partitionKey());
    if (lane == null || lane.peek() != pending) {
      return false;
    }
    lane.remove();
    outstandingBytes -= pending.bytes;
    return true;
  }

  private void readyAgain(String key) {
    var lane = lanes.get(key);
    if (lane == null) {
      return;
    }
    if (lane.isEmpty()) {
      lanes.remove(key);
    } else {
      ready.add(key);
    }
  }

  private Pending head(String key) {
    var lane = lanes.get(key);
    if (lane == null) {
      throw new AssertionError("a key is ready, but has no lane");
    }
    return lane.element();
  }

  private static PutRecordsRequestEntry requestEntry(Pending pending) {
    return PutRecordsRequestEntry.builder()
        .partitionKey(pending.entry.partitionKey())
        .data(SdkBytes.fromByteArrayUnsafe(pending.entry.data()))
        .build();
  }

  private static int sizeOf(Entry entry) {
    return entry.data().length + entry.partitionKey().getBytes(StandardCharsets.UTF_8).length;
  }
}
