package io.headrace.kcl.kinesis;

import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.loop.Stages;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * One SubscribeToShard of the SDK. The loop starts it, asks for events one by one and cancels it;
 * the SDK's thread makes an event's records into ours and passes them on, so that the loop has
 * little to do for each.
 */
final class Subscription implements SubscribeToShardResponseHandler, EventsAside.Reader {
  /** Whom a subscription tells; on the SDK's threads, in order. */
  interface Listener {
    void opened(long number);

    void pushed(long number, Delivery delivery);

    /**
     * It is over.
     *
     * @param accepted whether {@link #opened} was told
     * @param failure null for an end in order
     */
    void closed(long number, boolean accepted, @Nullable StreamException failure);
  }

  /**
   * An event and what was read in it.
   *
   * @param page null where the event breaks the protocol
   * @param children where the shard ends
   * @param broken says how, then
   */
  record Delivery(
      EventBody event,
      Page.Wanted wanted,
      @Nullable Page page,
      List<Shard> children,
      @Nullable StreamException broken) {}

  private final long number;
  private final KinesisCalls calls;
  private final Listener listener;
  private final EventsAside aside = new EventsAside(this);
  private final Object lock = new Object();
  private volatile boolean accepted;

  /** Whether events come by their bytes: then the call is over when they begin. */
  private volatile boolean taken;

  private volatile Page.@Nullable Wanted wanted;
  private org.reactivestreams.@Nullable Subscription source;
  private boolean requested;
  private boolean cancelled;
  private @Nullable CompletableFuture<Void> call;

  Subscription(long number, KinesisCalls calls, Listener listener) {
    this.number = number;
    this.calls = calls;
    this.listener = listener;
  }

  long number() {
    return number;
  }

  /** Sends the request. */
  void start(String consumerArn, String shardId, StartingPosition from) {
    var request =
        SubscribeToShardRequest.builder()
            .overrideConfiguration(calls.oneTry(aside))
            .consumerARN(consumerArn)
            .shardId(shardId)
            .startingPosition(from)
            .build();
    CompletableFuture<Void> sent;
    try {
      sent = calls.client.subscribeToShard(request, this);
    } catch (RuntimeException refused) {
      sent = CompletableFuture.failedFuture(refused);
    }
    call = sent;
    CompletionStage<Void> ending = sent;
    ending.whenComplete(
        (nothing, failure) -> {
          if (!taken) {
            ended(failure);
          }
        });
  }

  /**
   * Asks for one event, to be read like this. The first is asked for before the start: the SDK does
   * not even read the answer to the request before somebody wants an event.
   */
  void request(Page.Wanted next) {
    wanted = next;
    org.reactivestreams.Subscription from;
    synchronized (lock) {
      from = source;
      requested = from == null;
    }
    if (from != null) {
      from.request(1);
    }
  }

  /** The last event has come: the service ends the stream, which somebody must read. */
  void letEnd() {
    org.reactivestreams.Subscription from;
    synchronized (lock) {
      from = source;
    }
    if (from != null) {
      from.request(1);
    }
  }

  /** Lets go; what still comes is dropped by whoever listens. */
  void cancel() {
    org.reactivestreams.Subscription from;
    synchronized (lock) {
      cancelled = true;
      from = source;
    }
    if (from != null) {
      from.cancel();
    }
    if (call != null) {
      call.cancel(true);
    }
  }

  @Override
  public void responseReceived(SubscribeToShardResponse response) {
    opened();
  }

  @Override
  public void onEventStream(SdkPublisher<SubscribeToShardEventStream> publisher) {
    publisher.subscribe(new Events());
  }

  /** The call's future says so too. */
  @Override
  public void exceptionOccurred(Throwable failure) {}

  /** The call's future says so too. */
  @Override
  public void complete() {}

  @Override
  public void taken() {
    taken = true;
  }

  /** From here on events are asked for. */
  @Override
  public void reads(org.reactivestreams.Subscription from) {
    boolean now;
    synchronized (lock) {
      if (cancelled) {
        from.cancel();
        return;
      }
      source = from;
      now = requested;
      requested = false;
    }
    if (now) {
      from.request(1);
    }
  }

  @Override
  public void opened() {
    if (!accepted) {
      accepted = true;
      listener.opened(number);
    }
  }

  @Override
  public void came(EventBody event) {
    Page.Wanted as = wanted;
    opened();
    if (as != null) {
      listener.pushed(number, read(event, as, calls.loop.now()));
    }
  }

  @Override
  public void ended(@Nullable Throwable failure) {
    listener.closed(number, accepted, failure == null ? null : endOf(failure));
  }

  private StreamException endOf(Throwable failure) {
    Throwable cause = Stages.causeOf(failure);
    if (cause instanceof CancellationException) {
      return new StreamException(
          Kind.RETRYABLE, "SubscribeToShard on " + calls.place + " was given up");
    }
    if (cause instanceof EventFrames.Malformed malformed) {
      return new StreamException(
          Kind.RETRYABLE,
          "SubscribeToShard on "
              + calls.place
              + " sent what can't be read: "
              + malformed.getMessage()
              + "; if it comes again, look for a proxy that changes what it passes on, or for a"
              + " newer version of Headrace",
          failure);
    }
    return Failure.of("SubscribeToShard", calls.place, failure);
  }

  /**
   * What comes by the SDK: all of a client that is none of the SDK's or has the bytes of answers
   * changed by others; the end only, where events come by their bytes.
   */
  private final class Events implements Subscriber<SubscribeToShardEventStream> {
    @Override
    public void onSubscribe(org.reactivestreams.Subscription from) {
      if (taken) {
        from.request(Long.MAX_VALUE);
      } else {
        reads(from);
      }
    }

    @Override
    public void onNext(SubscribeToShardEventStream message) {
      if (taken) {
        return;
      }
      // The SDK passes events on although the server never said that it accepts.
      opened();
      if (message instanceof SubscribeToShardEvent event) {
        came(EventBody.of(event));
      } else if (source != null) {
        // Of a kind that a later version of the service may add.
        source.request(1);
      }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}
  }

  /** Throws nothing, since the stream would stand still. */
  private Delivery read(EventBody event, Page.Wanted as, Instant now) {
    try {
      var page = Page.ofStored(event.records(), as, now);
      return new Delivery(event, as, page, Children.of(event.children()), null);
    } catch (RuntimeException broken) {
      var failure = Failure.of("SubscribeToShard", calls.place, broken);
      return new Delivery(event, as, null, List.of(), failure);
    }
  }
}
