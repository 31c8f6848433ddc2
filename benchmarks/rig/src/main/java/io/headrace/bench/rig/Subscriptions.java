package io.headrace.bench.rig;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * One consumer of enhanced fan-out, subscribed to all shards of a stream. What arrives is handed
 * over on the threads of the SDK. Its subscriptions end with the client's connections.
 */
public final class Subscriptions {
  private static final Duration ACTIVE_MAX = Duration.ofSeconds(15);
  private static final Duration OPEN_MAX = Duration.ofSeconds(15);

  private final CountDownLatch open;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private Subscriptions(int shards) {
    this.open = new CountDownLatch(shards);
  }

  /** Registers a consumer and waits until it can subscribe; answers its ARN. */
  public static String register(LoadClient client, String stream, String consumer) {
    String streamArn =
        client
            .sdk()
            .describeStreamSummary(request -> request.streamName(stream))
            .join()
            .streamDescriptionSummary()
            .streamARN();
    String arn =
        client
            .sdk()
            .registerStreamConsumer(request -> request.streamARN(streamArn).consumerName(consumer))
            .join()
            .consumer()
            .consumerARN();
    long start = System.nanoTime();
    while (client
            .sdk()
            .describeStreamConsumer(request -> request.consumerARN(arn))
            .join()
            .consumerDescription()
            .consumerStatus()
        != ConsumerStatus.ACTIVE) {
      if (System.nanoTime() - start > ACTIVE_MAX.toNanos()) {
        throw new NotMeasured("the consumer was not active after " + ACTIVE_MAX.toSeconds() + " s");
      }
      Pause.millis(10);
    }
    return arn;
  }

  /** Subscribes to all shards and waits until the server has answered each. */
  public static Subscriptions open(
      LoadClient client,
      String consumerArn,
      List<String> shards,
      ShardIteratorType from,
      Consumer<Record> arrived) {
    Subscriptions subscriptions = new Subscriptions(shards.size());
    for (String shard : shards) {
      var unused =
          client
              .sdk()
              .subscribeToShard(
                  request ->
                      request
                          .consumerARN(consumerArn)
                          .shardId(shard)
                          .startingPosition(position -> position.type(from)),
                  subscriptions.handler(arrived));
    }
    subscriptions.awaitOpen();
    return subscriptions;
  }

  /** Throws when a subscription has failed: what comes no more is no matter of speed. */
  public void requireWhole() {
    Throwable failed = failure.get();
    if (failed != null) {
      throw new NotMeasured("a subscription failed: " + NotMeasured.because(failed), failed);
    }
  }

  private void awaitOpen() {
    try {
      if (!open.await(OPEN_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        requireWhole();
        throw new NotMeasured("a subscription was not open after " + OPEN_MAX.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      throw new NotMeasured("the run was interrupted", e);
    }
  }

  private SubscribeToShardResponseHandler handler(Consumer<Record> arrived) {
    return SubscribeToShardResponseHandler.builder()
        .onError(thrown -> failure.compareAndSet(null, thrown))
        .onEventStream(
            events -> {
              open.countDown();
              var unused =
                  events
                      .filter(SubscribeToShardEvent.class)
                      .subscribe(event -> event.records().forEach(arrived))
                      .whenComplete(
                          (done, thrown) -> {
                            if (thrown != null) {
                              failure.compareAndSet(null, thrown);
                            }
                          });
            })
        .build();
  }
}
