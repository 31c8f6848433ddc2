package io.headrace.kcl.kinesis;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** What somebody may put around the SDK's client, which does something to events. */
final class ChangedEvents {
  /** Makes of the next event of a subscription what is handed over in its place. */
  interface Change extends Function<SubscribeToShardEvent, List<SubscribeToShardEvent>> {}

  private ChangedEvents() {}

  /**
   * A client around this one.
   *
   * @param changes makes one for each subscription
   */
  static KinesisAsyncClient around(KinesisAsyncClient real, Supplier<Change> changes) {
    return (KinesisAsyncClient)
        Proxy.newProxyInstance(
            ChangedEvents.class.getClassLoader(),
            new Class<?>[] {KinesisAsyncClient.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("subscribeToShard")
                  && arguments[0] instanceof SubscribeToShardRequest request
                  && arguments[1] instanceof SubscribeToShardResponseHandler handler) {
                return real.subscribeToShard(request, new Changed(handler, changes.get()));
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            });
  }

  /** Leaves out each nth. */
  static Change leavingOut(int nth) {
    return eachNth(nth, event -> List.of());
  }

  /** Hands each nth over twice. */
  static Change doubling(int nth) {
    return eachNth(nth, event -> List.of(event, event));
  }

  /** Hands each nth over behind the one that follows it. */
  static Change moving(int nth) {
    var held = new ArrayList<SubscribeToShardEvent>();
    var holding =
        eachNth(
            nth,
            event -> {
              held.add(event);
              return List.of();
            });
    return event -> {
      var behind = List.copyOf(held);
      held.clear();
      var now = new ArrayList<>(holding.apply(event));
      now.addAll(behind);
      return now;
    };
  }

  /** Says of each nth that it is late. */
  static Change makingLate(int nth) {
    return eachNth(nth, event -> List.of(event.toBuilder().millisBehindLatest(77_000L).build()));
  }

  private static Change eachNth(int nth, Change change) {
    var count = new int[1];
    return event -> ++count[0] % nth == 0 ? change.apply(event) : List.of(event);
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
