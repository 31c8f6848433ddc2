package io.headrace.kcl.kinesis;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * The records of one SubscribeToShard, beside the events that the SDK gets. Each of these takes its
 * place in a line, with records or without, so that events and records cannot get out of step; what
 * is no event makes none.
 *
 * <p>Any thread; the bytes come from one at a time.
 */
final class EventsAside implements Aside {
  private static final String EVENTS = "application/vnd.amazon.eventstream";

  /** One for each event that the SDK has got and not handed over: those of one piece of bytes. */
  private final Queue<List<StoredRecord>> line = new ArrayDeque<>();

  /**
   * The records of the event that the SDK hands over, which is to be asked for each, once; empty
   * when they are in the event itself, if there are any.
   */
  List<StoredRecord> next() {
    synchronized (line) {
      List<StoredRecord> first = line.poll();
      return first == null ? List.of() : first;
    }
  }

  private void came(List<StoredRecord> records) {
    synchronized (line) {
      line.add(records);
    }
  }

  @Override
  public Optional<Publisher<ByteBuffer>> taking(Context.ModifyHttpResponse context) {
    synchronized (line) {
      line.clear();
    }
    var body = context.responsePublisher();
    return isEvents(context.httpResponse())
        ? body.map(whole -> reader -> whole.subscribe(new Body(reader)))
        : body;
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
      ByteBuffer left = frames.take(piece);
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
