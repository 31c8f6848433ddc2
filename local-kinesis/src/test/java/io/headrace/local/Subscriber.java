package io.headrace.local;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** A subscription of the real client, whose events are kept until a test asks for them. */
final class Subscriber implements SubscribeToShardResponseHandler {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  final CompletableFuture<SubscribeToShardResponse> answered = new CompletableFuture<>();
  private final BlockingQueue<SubscribeToShardEvent> events = new LinkedBlockingQueue<>();
  private final CompletableFuture<Subscription> source = new CompletableFuture<>();
  private CompletableFuture<Void> ended = new CompletableFuture<>();

  static Subscriber of(
      KinesisAsyncClient client, String consumerArn, String shardId, StartingPosition start) {
    Subscriber subscriber = new Subscriber();
    subscriber.ended =
        client.subscribeToShard(
            r -> r.consumerARN(consumerArn).shardId(shardId).startingPosition(start), subscriber);
    return subscriber;
  }

  @Override
  public void responseReceived(SubscribeToShardResponse response) {
    answered.complete(response);
  }

  @Override
  public void onEventStream(
      software.amazon.awssdk.core.async.SdkPublisher<SubscribeToShardEventStream> publisher) {
    publisher.subscribe(
        new org.reactivestreams.Subscriber<>() {
          @Override
          public void onSubscribe(Subscription subscription) {
            source.complete(subscription);
            subscription.request(Long.MAX_VALUE);
          }

          @Override
          public void onNext(SubscribeToShardEventStream event) {
            events.add((SubscribeToShardEvent) event);
          }

          @Override
          public void onError(Throwable error) {}

          @Override
          public void onComplete() {}
        });
  }

  @Override
  public void exceptionOccurred(Throwable error) {}

  @Override
  public void complete() {}

  /** The next event, which must come. */
  SubscribeToShardEvent event() {
    try {
      SubscribeToShardEvent event = events.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      if (event == null) {
        throw new AssertionError("no event within " + PATIENCE + "; the call: " + ended);
      }
      return event;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The texts of the records of the next events, as many as are wanted or more. */
  List<String> texts(int wanted) {
    List<String> texts = new ArrayList<>();
    while (texts.size() < wanted) {
      event().records().forEach(r -> texts.add(r.data().asString(StandardCharsets.UTF_8)));
    }
    return texts;
  }

  /** Waits for the end: null for a normal one, else its cause. */
  Throwable end() {
    return ended
        .handle(
            (nothing, error) ->
                error == null || error.getCause() == null ? error : error.getCause())
        .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  boolean isOpen() {
    return !ended.isDone();
  }

  void cancel() {
    source.join().cancel();
  }
}
