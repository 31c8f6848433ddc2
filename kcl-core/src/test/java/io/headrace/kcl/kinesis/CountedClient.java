package io.headrace.kcl.kinesis;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

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
                  if (method.getName().equals("subscribeToShard")) {
                    // It is over when it has only begun: CountedHttp knows more of it.
                    return method.invoke(real, arguments);
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

  KinesisAsyncClient client() {
    return counted;
  }

  int underWay() {
    return underWay.get();
  }
}
