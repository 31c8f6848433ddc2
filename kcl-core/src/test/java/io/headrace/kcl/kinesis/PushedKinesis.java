package io.headrace.kcl.kinesis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** The subscriptions of a service that does as it is told. */
final class PushedKinesis {
  final List<Pushing> made = new ArrayList<>();

  CompletableFuture<Void> subscribe(
      SubscribeToShardRequest request, SubscribeToShardResponseHandler handler) {
    var pushing = new Pushing(request, handler);
    made.add(pushing);
    return pushing.call;
  }

  Pushing latest() {
    return made.get(made.size() - 1);
  }

  /** One subscription, as the service sees it. */
  static final class Pushing implements Subscription {
    final SubscribeToShardRequest request;
    final CompletableFuture<Void> call = new CompletableFuture<>();
    private final SubscribeToShardResponseHandler handler;
    private Subscriber<? super SubscribeToShardEventStream> to;
    long requested;
    boolean cancelled;

    Pushing(SubscribeToShardRequest request, SubscribeToShardResponseHandler handler) {
      this.request = request;
      this.handler = handler;
    }

    Pushing open() {
      handler.responseReceived(SubscribeToShardResponse.builder().build());
      return openWithoutAWord();
    }

    /** As a server does that leaves the initial response out. */
    Pushing openWithoutAWord() {
      handler.onEventStream(
          subscriber -> {
            to = subscriber;
            subscriber.onSubscribe(this);
          });
      return this;
    }

    void push(SubscribeToShardEvent event) {
      if (--requested < 0) {
        throw new AssertionError("an event that was not asked for");
      }
      to.onNext(event);
    }

    /** As something around the client does that does not wait until it is asked. */
    void pushUnasked(SubscribeToShardEvent event) {
      to.onNext(event);
    }

    void fail(Exception cause) {
      call.completeExceptionally(cause);
    }

    @Override
    public void request(long events) {
      requested += events;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }
}
