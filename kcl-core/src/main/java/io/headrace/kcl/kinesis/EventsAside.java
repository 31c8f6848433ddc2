package io.headrace.kcl.kinesis;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * The events of one SubscribeToShard. The SDK sends the request, judges the answer's head, and then
 * gets an empty body: its part of the call is over when the events begin, and with it the decoder
 * of two mebibytes that it has for each.
 *
 * <p>Any thread; the bytes come from one at a time.
 */
final class EventsAside implements Aside {
  /** Whom the events are told, in order; on the thread that reads the bytes, or that asks. */
  interface Reader {
    /**
     * The events come here, and not by the SDK: whatever the call says from now on means nothing.
     */
    void taken();

    /** Of this one each event is to be asked for. */
    void reads(Subscription events);

    /** The service has accepted the subscription. */
    void opened();

    /** One for each that was asked for. */
    void came(EventBody event);

    /**
     * No event comes any more, and all that came have been asked for.
     *
     * @param failure null for an end in order
     */
    void ended(@Nullable Throwable failure);
  }

  private static final String EVENTS = "application/vnd.amazon.eventstream";

  private final Reader reader;

  EventsAside(Reader reader) {
    this.reader = reader;
  }

  @Override
  public Optional<Publisher<ByteBuffer>> taking(Context.ModifyHttpResponse context) {
    var body = context.responsePublisher();
    return isEvents(context.httpResponse())
        ? body.map(
            whole ->
                sdk -> {
                  reader.taken();
                  whole.subscribe(new Body(reader));
                  end(sdk);
                })
        : body;
  }

  private static boolean isEvents(SdkHttpResponse response) {
    return response.isSuccessful()
        && response.firstMatchingHeader("Content-Type").filter(EVENTS::equals).isPresent();
  }

  /** Nothing comes here. */
  private static void end(Subscriber<? super ByteBuffer> sdk) {
    sdk.onSubscribe(
        new Subscription() {
          @Override
          public void request(long pieces) {}

          @Override
          public void cancel() {}
        });
    sdk.onComplete();
  }

  /**
   * Asks for a piece of the body as often as it takes until an event is there that was asked for:
   * so no more is read than one event and the rest of its last piece.
   */
  private static final class Body
      implements Subscriber<ByteBuffer>, Subscription, EventFrames.Messages {
    private final Reader reader;
    private final EventFrames frames = new EventFrames(this);

    /** Those behind the one that was asked for, in one piece with its end: few. */
    private final Queue<EventBody> waiting = new ArrayDeque<>();

    private volatile @Nullable Subscription source;
    private volatile boolean cancelled;

    // What follows, and the line of those that wait, under this one's lock.
    private boolean wanted;

    /** Whether a piece is asked for, or being read: one at a time. */
    private boolean underWay;

    /** How many of those that waited are being handed over: the end is told behind them. */
    private int handing;

    private boolean over;
    private @Nullable Throwable failure;

    Body(Reader reader) {
      this.reader = reader;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      source = subscription;
      reader.reads(this);
    }

    @Override
    public void request(long one) {
      EventBody next;
      synchronized (this) {
        next = waiting.poll();
        wanted = next == null && !over;
        handing += next == null ? 0 : 1;
      }
      if (next == null) {
        askForMore();
        return;
      }
      hand(next);
      boolean isLast;
      synchronized (this) {
        handing--;
        isLast = over && isAllHanded();
      }
      if (isLast) {
        tellEnd();
      }
    }

    private boolean isAllHanded() {
      return waiting.isEmpty() && handing == 0;
    }

    private void askForMore() {
      boolean now;
      synchronized (this) {
        now = wanted && !underWay;
        underWay |= now;
      }
      var from = source;
      if (now && from != null) {
        from.request(1);
      }
    }

    private void hand(EventBody event) {
      if (!cancelled) {
        reader.came(event);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      var from = source;
      if (from != null) {
        from.cancel();
      }
    }

    @Override
    public void onNext(ByteBuffer piece) {
      if (cancelled) {
        return;
      }
      try {
        frames.take(piece);
      } catch (RuntimeException broken) {
        // Whoever sends the piece tells the SDK alone, and this would stand still.
        failed(broken);
      }
      synchronized (this) {
        underWay = false;
      }
      askForMore();
    }

    @Override
    public void opened() {
      reader.opened();
    }

    @Override
    public void came(EventBody event) {
      boolean now;
      synchronized (this) {
        now = wanted;
        wanted = false;
        if (!now) {
          waiting.add(event);
        }
      }
      if (now) {
        hand(event);
      }
    }

    /** Whoever sent it ends the body next, or cannot be understood any more. */
    @Override
    public void failed(Exception why) {
      end(why);
      var from = source;
      if (from != null) {
        from.cancel();
      }
    }

    /** As the SDK does: of HTTP clients and their threads anything may come. */
    @Override
    public void onError(Throwable why) {
      end(SdkClientException.create("the answer broke off", why));
    }

    /** What is held then is no whole message: the event in it comes again by other means. */
    @Override
    public void onComplete() {
      end(null);
    }

    private void end(@Nullable Throwable why) {
      boolean isLast;
      synchronized (this) {
        if (over) {
          return;
        }
        over = true;
        wanted = false;
        failure = why;
        isLast = isAllHanded();
      }
      if (isLast) {
        tellEnd();
      }
    }

    private void tellEnd() {
      if (!cancelled) {
        Throwable why;
        synchronized (this) {
          why = failure;
        }
        reader.ended(why);
      }
    }
  }
}
