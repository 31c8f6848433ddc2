package io.headrace.kcl.kinesis;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;

/**
 * The records of one SubscribeToShard, beside the events that the SDK gets. Each of these takes its
 * place in a line, with records or without, and is known again by where reading goes on behind it
 * and by how late it is: an event that is not the next is given no records. Those that cannot be
 * told apart so need not be, since behind either one reading goes on at the same place.
 *
 * <p>Any thread; the bytes come from one at a time.
 */
final class EventsAside implements Aside {
  /**
   * So many bytes of records may wait for their events, and those of the events that one piece
   * ends: the SDK asks for a piece when it has no event left, so that no more would wait if each
   * was handed over as it is asked for.
   */
  static final int WAITING_BYTES_MAX = 32 << 20;

  private static final String EVENTS = "application/vnd.amazon.eventstream";

  /** Those that the SDK has got and not handed over: of one piece of bytes, as a rule. */
  private final Queue<EventBody> line = new ArrayDeque<>();

  /** What the records in the line took. */
  private long waitingBytes;

  /** Whether what comes behind the line has its records in it. */
  private boolean restIsWhole = true;

  /** An event is not the one that was read next. */
  static final class OutOfStep extends Exception {
    private static final long serialVersionUID = 1;

    OutOfStep(String message) {
      super(message);
    }
  }

  /**
   * The records of the event that the SDK hands over, which is to be asked for each, once.
   *
   * @throws OutOfStep when another one should have come; names both
   */
  List<StoredRecord> recordsOf(SubscribeToShardEvent event) throws OutOfStep {
    EventBody first;
    synchronized (line) {
      first = line.poll();
      if (first == null && restIsWhole) {
        return StoredRecord.of(event.records());
      }
      waitingBytes -= first == null ? 0 : first.end() - first.begin();
    }
    if (first == null || !isOf(event, first)) {
      throw new OutOfStep(
          "handed over an event that "
              + said(event.continuationSequenceNumber(), event.millisBehindLatest())
              + " with "
              + event.records().size()
              + " records in it, where "
              + (first == null
                  ? "none was read"
                  : "one was read that " + said(first.continuation(), first.millisBehind())));
    }
    return first.records().isEmpty() ? StoredRecord.of(event.records()) : first.records();
  }

  private static boolean isOf(SubscribeToShardEvent event, EventBody read) {
    return Objects.equals(event.continuationSequenceNumber(), read.continuation())
        && Objects.equals(event.millisBehindLatest(), read.millisBehind())
        && (read.records().isEmpty() || event.records().isEmpty());
  }

  private static String said(@Nullable String continuation, @Nullable Long millisBehind) {
    var goesOn = continuation == null ? "ends the shard" : "goes on at " + continuation;
    return goesOn + " (" + millisBehind + " ms behind)";
  }

  private void came(EventBody event) {
    synchronized (line) {
      line.add(event);
      waitingBytes += event.end() - event.begin();
    }
  }

  private void letRestBeWhole() {
    synchronized (line) {
      restIsWhole = true;
    }
  }

  /** Whether more waits than may, and the call is ended for it. */
  boolean isFull() {
    synchronized (line) {
      return waitingBytes > WAITING_BYTES_MAX;
    }
  }

  @Override
  public Optional<Publisher<ByteBuffer>> taking(Context.ModifyHttpResponse context) {
    boolean isTaken = isEvents(context.httpResponse());
    synchronized (line) {
      line.clear();
      waitingBytes = 0;
      restIsWhole = !isTaken;
    }
    var body = context.responsePublisher();
    return isTaken ? body.map(whole -> reader -> whole.subscribe(new Body(reader))) : body;
  }

  private static boolean isEvents(SdkHttpResponse response) {
    return response.isSuccessful()
        && response.firstMatchingHeader("Content-Type").filter(EVENTS::equals).isPresent();
  }

  /**
   * Hands on what is left of each piece of the body, and asks for another piece if nothing is: so
   * the reader gets one for each that it asks for, and no more than one message is held.
   */
  private final class Body implements Subscriber<ByteBuffer> {
    private final Subscriber<? super ByteBuffer> reader;
    private final EventFrames frames = new EventFrames(EventsAside.this::came);
    private @Nullable Subscription source;

    Body(Subscriber<? super ByteBuffer> reader) {
      this.reader = reader;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      source = subscription;
      reader.onSubscribe(subscription);
    }

    @Override
    public void onNext(ByteBuffer piece) {
      if (isFull()) {
        // Netty's client ends the call with what a reader throws, and lets the connection go.
        throw new IllegalStateException("events that were read are not handed over");
      }
      ByteBuffer left = frames.take(piece);
      if (frames.isForeign()) {
        letRestBeWhole();
      }
      if (left.hasRemaining()) {
        reader.onNext(left);
      } else if (source != null) {
        source.request(1);
      }
    }

    @Override
    public void onError(Throwable failure) {
      reader.onError(failure);
    }

    /** What is held then is no whole message, of which the SDK would have made nothing either. */
    @Override
    public void onComplete() {
      reader.onComplete();
    }
  }
}
