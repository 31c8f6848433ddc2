package io.headrace.kcl.kinesis;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** What somebody may put around the SDK's client, which does something to subscriptions. */
final class ChangedEvents {
  /** Makes of an event what is handed over in its place. */
  interface Change extends Function<SubscribeToShardEvent, List<SubscribeToShardEvent>> {}

  private ChangedEvents() {}

  /** A client that does this to each event. */
  static KinesisAsyncClient around(KinesisAsyncClient real, Change change) {
    return handling(real, handler -> new Changed(handler, change));
  }

  /** A client that puts another handler into the place of each. */
  static KinesisAsyncClient handling(
      KinesisAsyncClient real, UnaryOperator<SubscribeToShardResponseHandler> change) {
    return subscribing(
        real, (request, handler) -> real.subscribeToShard(request, change.apply(handler)));
  }

  /** A client that drops what a request asks of the SDK itself. */
  static KinesisAsyncClient withoutInterceptors(KinesisAsyncClient real) {
    return subscribing(
        real,
        (request, handler) -> {
          var plain = request.toBuilder();
          plain.overrideConfiguration((AwsRequestOverrideConfiguration) null);
          return real.subscribeToShard(plain.build(), handler);
        });
  }

  private static KinesisAsyncClient subscribing(
      KinesisAsyncClient real,
      BiFunction<SubscribeToShardRequest, SubscribeToShardResponseHandler, CompletableFuture<Void>>
          subscribing) {
    return (KinesisAsyncClient)
        Proxy.newProxyInstance(
            ChangedEvents.class.getClassLoader(),
            new Class<?>[] {KinesisAsyncClient.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("subscribeToShard")
                  && arguments[0] instanceof SubscribeToShardRequest request
                  && arguments[1] instanceof SubscribeToShardResponseHandler handler) {
                return subscribing.apply(request, handler);
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            });
  }

  private record Changed(SubscribeToShardResponseHandler handler, Change change)
      implements PassingOn {
    @Override
    public void onEventStream(SdkPublisher<SubscribeToShardEventStream> publisher) {
      handler.onEventStream(publisher.flatMapIterable(this::changed));
    }

    private List<SubscribeToShardEventStream> changed(SubscribeToShardEventStream message) {
      return message instanceof SubscribeToShardEvent event
          ? List.copyOf(change.apply(event))
          : List.of(message);
    }
  }
}
