package io.headrace.kcl.kinesis;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** A client that knows how many of its calls are under way, so that virtual time can wait. */
final class CountedClient {
  /** SubscribeToShard as it was asked for. */
  final List<SubscribeToShardRequest> subscriptions = new CopyOnWriteArrayList<>();

  /** How many of them are over. */
  final AtomicInteger ended = new AtomicInteger();

  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger owed = new AtomicInteger();
  private final KinesisAsyncClient counted;

  CountedClient(KinesisAsyncClient real) {
    counted =
        (KinesisAsyncClient)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {KinesisAsyncClient.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("subscribeToShard")
                      && arguments[1] instanceof SubscribeToShardResponseHandler handler) {
                    return subscribed(real, (SubscribeToShardRequest) arguments[0], handler);
                  }
                  underWay.incrementAndGet();
                  Object answer;
                  try {
                    answer = method.invoke(real, arguments);
                  } catch (InvocationTargetException thrown) {
                    underWay.decrementAndGet();
                    throw thrown.getCause();
                  }
                  if (answer instanceof CompletableFuture<?> future) {
                    return counted(future);
                  }
                  underWay.decrementAndGet();
                  return answer;
                });
  }

  /** The same answer, which counts as under way until all that depends on it was told. */
  private <T> CompletableFuture<T> counted(CompletableFuture<T> real) {
    var told = new CompletableFuture<T>();
    CompletionStage<T> answering = real;
    answering.whenComplete(
        (result, failure) -> {
          if (failure == null) {
            told.complete(result);
          } else {
            told.completeExceptionally(failure);
          }
          underWay.decrementAndGet();
        });
    CompletionStage<T> telling = told;
    telling.whenComplete(
        (result, failure) -> {
          if (told.isCancelled()) {
            real.cancel(true);
          }
        });
    return told;
  }

  /**
   * A subscription is under way until its first event was told: what follows comes when the server
   * has something.
   */
  private CompletableFuture<Void> subscribed(
      KinesisAsyncClient real,
      SubscribeToShardRequest request,
      SubscribeToShardResponseHandler handler) {
    subscriptions.add(request);
    underWay.incrementAndGet();
    var first = new AtomicBoolean(true);
    Runnable begun =
        () -> {
          if (first.getAndSet(false)) {
            underWay.decrementAndGet();
          }
        };
    var told = new CompletableFuture<Void>();
    var call = real.subscribeToShard(request, new Begun(handler, begun, owed));
    CompletionStage<Void> ending = call;
    ending.whenComplete(
        (nothing, failure) -> {
          ended.incrementAndGet();
          if (failure == null) {
            told.complete(null);
          } else {
            told.completeExceptionally(failure);
          }
          begun.run();
        });
    CompletionStage<Void> telling = told;
    telling.whenComplete(
        (nothing, failure) -> {
          if (told.isCancelled()) {
            call.cancel(true);
            begun.run();
          }
        });
    return told;
  }

  /** Passes everything on, and says when the first event has come. */
  private record Begun(SubscribeToShardResponseHandler handler, Runnable begun, AtomicInteger owed)
      implements PassingOn {
    @Override
    public void onEventStream(SdkPublisher<SubscribeToShardEventStream> publisher) {
      handler.onEventStream(
          subscriber -> publisher.subscribe(new Counted(subscriber, begun, owed)));
    }
  }

  /** Passes everything on, and counts events that were asked for and did not come yet. */
  private static final class Counted
      implements Subscriber<SubscribeToShardEventStream>, Subscription {
    private final Subscriber<? super SubscribeToShardEventStream> to;
    private final Runnable begun;
    private final AtomicInteger owed;
    private final AtomicInteger ours = new AtomicInteger();
    private volatile Subscription from;

    Counted(
        Subscriber<? super SubscribeToShardEventStream> to, Runnable begun, AtomicInteger owed) {
      this.to = to;
      this.begun = begun;
      this.owed = owed;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      from = subscription;
      to.onSubscribe(this);
    }

    @Override
    public void request(long events) {
      ours.addAndGet((int) events);
      owed.addAndGet((int) events);
      from.request(events);
    }

    @Override
    public void cancel() {
      owed.addAndGet(-ours.getAndSet(0));
      from.cancel();
    }

    @Override
    public void onNext(SubscribeToShardEventStream event) {
      to.onNext(event);
      // One that was under way when the subscription was let go of is owed no more.
      if (ours.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
        owed.decrementAndGet();
      }
      begun.run();
    }

    @Override
    public void onError(Throwable failure) {
      owed.addAndGet(-ours.getAndSet(0));
      to.onError(failure);
    }

    @Override
    public void onComplete() {
      owed.addAndGet(-ours.getAndSet(0));
      to.onComplete();
    }
  }

  /** How many events of subscriptions are waited for. */
  int owed() {
    return owed.get();
  }

  KinesisAsyncClient client() {
    return counted;
  }

  int underWay() {
    return underWay.get();
  }
}
