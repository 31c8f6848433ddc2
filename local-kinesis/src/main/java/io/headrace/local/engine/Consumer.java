package io.headrace.local.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One registered consumer and its subscriptions. The stream's monitor guards every call. */
final class Consumer {
  private static final long NEVER = Long.MAX_VALUE;

  private final ConsumerArn arn;
  private final long createdMillis;
  private final Map<Integer, Subscription> subscriptions = new HashMap<>();
  private ConsumerStatus status;
  private long dueMillis;

  Consumer(StreamKey stream, ConsumerState state) {
    this.arn = new ConsumerArn(stream, state.name(), state.createdMillis() / 1000);
    this.createdMillis = state.createdMillis();
    this.status = state.status();
    this.dueMillis = state.dueMillis();
  }

  ConsumerState state() {
    return new ConsumerState(arn.name(), createdMillis, status, dueMillis);
  }

  ConsumerView view() {
    return new ConsumerView(arn, status, createdMillis);
  }

  ConsumerArn arn() {
    return arn;
  }

  ConsumerStatus status() {
    return status;
  }

  long dueMillis() {
    return dueMillis;
  }

  void becomeActive() {
    status = ConsumerStatus.ACTIVE;
    dueMillis = NEVER;
  }

  /** Begins to go; every subscription fails at once. */
  void beginToGo(long goneMillis) {
    status = ConsumerStatus.DELETING;
    dueMillis = goneMillis;
    failSubscriptions(arn.notFound());
  }

  void failSubscriptions(KinesisError error) {
    // Each takes itself off the map as it fails.
    List.copyOf(subscriptions.values()).forEach(subscription -> subscription.fail(error));
  }

  @Nullable Subscription subscription(int shardIndex) {
    return subscriptions.get(shardIndex);
  }

  void add(Subscription subscription) {
    subscriptions.put(subscription.shardIndex(), subscription);
  }

  void remove(Subscription subscription) {
    subscriptions.remove(subscription.shardIndex(), subscription);
  }
}
