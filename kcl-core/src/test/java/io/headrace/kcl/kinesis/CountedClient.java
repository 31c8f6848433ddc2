package io.headrace.kcl.kinesis;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** A client that knows how many of its calls are under way, so that virtual time can wait. */
final class CountedClient {
  private final AtomicInteger underWay = new AtomicInteger();
  private final KinesisAsyncClient counted;

  CountedClient(KinesisAsyncClient real) {
    counted =
        (KinesisAsyncClient)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {KinesisAsyncClient.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("subscribeToShard")
                      && arguments[0] instanceof SubscribeToShardRequest request
                      && arguments[1] instanceof SubscribeToShardResponseHandler handler) {
                    return subscribed(real, request, handler);
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
                    return counted(future, underWay::decrementAndGet);
                  }
                  underWay.decrementAndGet();
                  return answer;
                });
  }

  /** Until its events begin: of these CountedHttp knows more. A refusal is no HTTP client's. */
  private CompletableFuture<Void> subscribed(
      KinesisAsyncClient real,
      SubscribeToShardRequest request,
      SubscribeToShardResponseHandler handler) {
    underWay.incrementAndGet();
    var first = new AtomicBoolean(true);
    Runnable begun =
        () -> {
          if (first.getAndSet(false)) {
            underWay.decrementAndGet();
          }
        };
    return counted(real.subscribeToShard(request, new Begun(handler, begun)), begun);
  }

  /** Passes everything on, and says when events begin. */
  private record Begun(SubscribeToShardResponseHandler handler, Runnable begun)
      implements PassingOn {
    @Override
    public void onEventStream(SdkPublisher<SubscribeToShardEventStream> publisher) {
      handler.onEventStream(publisher);
      begun.run();
    }
  }

  /** The same answer, which is over when all that depends on it was told. */
  private static <T> CompletableFuture<T> counted(CompletableFuture<T> real, Runnable over) {
    var told = new CompletableFuture<T>();
    CompletionStage<T> answering = real;
    answering.whenComplete(
        (result, failure) -> {
          if (failure == null) {
            told.complete(result);
          } else {
            told.completeExceptionally(failure);
          }
          over.run();
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

  KinesisAsyncClient client() {
    return counted;
  }

  int underWay() {
    return underWay.get();
  }
}
