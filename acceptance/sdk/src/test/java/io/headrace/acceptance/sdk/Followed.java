package io.headrace.acceptance.sdk;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * Everything that is pushed to one registered consumer, shard by shard; children are followed once
 * all their parents have ended. The client's threads bring it, any thread may ask.
 */
final class Followed {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final KinesisAsyncClient client;
  private final String consumer;
  private final Map<String, List<Record>> pushed = new TreeMap<>();
  private final Set<String> ended = new HashSet<>();
  private final CompletableFuture<Void> everything = new CompletableFuture<>();
  private final List<CompletableFuture<Void>> subscriptions = new ArrayList<>();
  private int wanted = Integer.MAX_VALUE;
  private boolean goodbye;

  private Followed(KinesisAsyncClient client, String consumer) {
    this.client = client;
    this.consumer = consumer;
  }

  /** Registers a consumer and waits until it may subscribe. */
  static Followed register(KinesisAsyncClient client, String streamArn) {
    var arn =
        client
            .registerStreamConsumer(r -> r.streamARN(streamArn).consumerName("judge"))
            .join()
            .consumer()
            .consumerARN();
    var status =
        client
            .waiter()
            .waitUntilStreamExists(r -> r.streamARN(streamArn))
            .thenCompose(active -> client.describeStreamConsumer(r -> r.consumerARN(arn)))
            .join()
            .consumerDescription()
            .consumerStatus();
    if (status != ConsumerStatus.ACTIVE) {
      throw new AssertionError("the consumer is " + status);
    }
    return new Followed(client, arn);
  }

  void follow(String shard) {
    synchronized (this) {
      if (pushed.putIfAbsent(shard, new ArrayList<>()) != null) {
        return;
      }
    }
    var answered = new CompletableFuture<Void>();
    var subscription =
        client.subscribeToShard(
            r ->
                r.consumerARN(consumer)
                    .shardId(shard)
                    .startingPosition(p -> p.type(ShardIteratorType.TRIM_HORIZON)),
            SubscribeToShardResponseHandler.builder()
                .onResponse(response -> answered.complete(null))
                .subscriber(
                    SubscribeToShardResponseHandler.Visitor.builder()
                        .onSubscribeToShardEvent(event -> took(shard, event))
                        .onDefault(other -> fail(shard + " is pushed " + other, null))
                        .build())
                .build());
    synchronized (this) {
      subscriptions.add(
          subscription
              .whenComplete((done, failed) -> over(shard, answered.isDone(), failed))
              .exceptionally(failed -> null));
    }
  }

  /** Waits until so many records were pushed; answers them by their shards. */
  Map<String, List<Record>> everything(int records) throws Exception {
    synchronized (this) {
      wanted = records;
      countUp();
    }
    everything.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    synchronized (this) {
      return new TreeMap<>(pushed);
    }
  }

  /** From now on subscriptions may end for another reason than their shard's end. */
  synchronized void streamIsDeleted() {
    goodbye = true;
  }

  /** Waits until none is open: the stream's end ends them. */
  void untilAllAreOver() throws Exception {
    CompletableFuture<?>[] all;
    synchronized (this) {
      all = subscriptions.toArray(CompletableFuture<?>[]::new);
    }
    CompletableFuture.allOf(all).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  synchronized Set<String> ended() {
    return Set.copyOf(ended);
  }

  private void took(String shard, SubscribeToShardEvent event) {
    var children = new ArrayList<String>();
    synchronized (this) {
      if (ended.contains(shard)) {
        fail(shard + " goes on after its end", null);
      }
      pushed.get(shard).addAll(event.records());
      boolean atItsEnd = event.continuationSequenceNumber() == null;
      if (atItsEnd != (event.hasChildShards() && !event.childShards().isEmpty())) {
        fail("children come at the end of a shard and only there: " + event, null);
      }
      if (atItsEnd) {
        ended.add(shard);
        event.childShards().stream()
            .filter(child -> ended.containsAll(child.parentShards()))
            .forEach(child -> children.add(child.shardId()));
      }
      countUp();
    }
    children.forEach(this::follow);
  }

  private synchronized void over(String shard, boolean answered, @Nullable Throwable failed) {
    if (goodbye) {
      return;
    }
    if (failed != null) {
      fail("the subscription to " + shard + " failed", failed);
    } else if (!answered) {
      fail(shard + " was pushed without an initial response", null);
    } else if (!ended.contains(shard)) {
      fail("the subscription to the open shard " + shard + " ended", null);
    }
  }

  private synchronized void countUp() {
    if (pushed.values().stream().mapToInt(List::size).sum() >= wanted) {
      everything.complete(null);
    }
  }

  private void fail(String what, @Nullable Throwable cause) {
    everything.completeExceptionally(new AssertionError(what, cause));
  }
}
