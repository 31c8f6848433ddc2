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
final class Subscription implements SubscribeToShardResponseHandler {
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
   * @param records all that came with the event, which itself may have none
   * @param page null where the event breaks the protocol
   * @param children where the shard ends
   * @param broken says how, then
   */
  record Delivery(
      SubscribeToShardEvent event,
      List<StoredRecord> records,
      Page.Wanted wanted,
      @Nullable Page page,
      List<Shard> children,
      @Nullable StreamException broken) {}

  private final long number;
  private final KinesisCalls calls;
  private final Listener listener;
  private final EventsAside aside = new EventsAside();
  private final Object lock = new Object();
  private volatile boolean accepted;
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
    ending.whenComplete((nothing, failure) -> closed(failure));
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

  private void opened() {
    if (!accepted) {
      accepted = true;
      listener.opened(number);
    }
  }

  private void closed(@Nullable Throwable failure) {
    if (failure == null) {
      listener.closed(number, accepted, null);
    } else if (Stages.causeOf(failure) instanceof CancellationException) {
      listener.closed(
          number,
          accepted,
          new StreamException(
              Kind.RETRYABLE, "SubscribeToShard on " + calls.place + " was given up"));
    } else if (aside.isFull()) {
      listener.closed(
          number,
          accepted,
          new StreamException(
              Kind.REFUSED,
              "SubscribeToShard on "
                  + calls.place
                  + " ended, since events that were read are not handed over; does something around"
                  + " the Kinesis client leave them out or hold them back?",
              failure));
    } else {
      listener.closed(number, accepted, Failure.of("SubscribeToShard", calls.place, failure));
    }
  }

  /** What comes on the stream. */
  private final class Events implements Subscriber<SubscribeToShardEventStream> {
    @Override
    public void onSubscribe(org.reactivestreams.Subscription from) {
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
    public void onNext(SubscribeToShardEventStream message) {
      Page.Wanted as = wanted;
      // The SDK passes events on although the server never said that it accepts.
      opened();
      if (message instanceof SubscribeToShardEvent event && as != null) {
        listener.pushed(number, read(event, as, calls.loop.now()));
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

  /** Throws nothing, since the SDK's stream would stand still. */
  private Delivery read(SubscribeToShardEvent event, Page.Wanted as, Instant now) {
    try {
      var records = aside.recordsOf(event);
      var page = Page.ofStored(records, as, now);
      return new Delivery(event, records, as, page, Children.of(event.childShards()), null);
    } catch (EventsAside.OutOfStep other) {
      return broken(event, as, outOfStep(as, other));
    } catch (RuntimeException broken) {
      return broken(event, as, Failure.of("SubscribeToShard", calls.place, broken));
    }
  }

  private static Delivery broken(
      SubscribeToShardEvent event, Page.Wanted as, StreamException failure) {
    return new Delivery(event, List.of(), as, null, List.of(), failure);
  }

  private StreamException outOfStep(Page.Wanted as, EventsAside.OutOfStep other) {
    return new StreamException(
        Kind.INVALID,
        "SubscribeToShard on "
            + calls.place
            + ", shard "
            + as.shard().id()
            + " "
            + other.getMessage()
            + "; does something around the Kinesis client leave out, repeat, move or change"
            + " events?");
  }
}
