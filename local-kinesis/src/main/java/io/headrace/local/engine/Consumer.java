package io.headrace.local.engine;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One registered consumer and its subscriptions. The stream's monitor guards every call. */
final class Consumer {
  private static final long NEVER = Long.MAX_VALUE;

  private static final double CALLS_PER_SECOND = 1;
  private static final int CALLED_SHARDS_MAX = 10_000;

  private final ConsumerArn arn;
  private final long createdMillis;
  private final Map<Integer, Subscription> subscriptions = new HashMap<>();
  // A bucket that was not asked for long is full, which is what a new one is.
  private final Map<Integer, RateLimit> calls =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, RateLimit> eldest) {
          return size() > CALLED_SHARDS_MAX;
        }
      };
  private Labels labels;
  private ConsumerStatus status;
  private long dueMillis;

  Consumer(StreamKey stream, ConsumerState state) {
    this.arn = new ConsumerArn(stream, state.name(), state.createdMillis() / 1000);
    this.createdMillis = state.createdMillis();
    this.labels = state.labels();
    this.status = state.status();
    this.dueMillis = state.dueMillis();
  }

  ConsumerState state() {
    return new ConsumerState(arn.name(), createdMillis, labels, status, dueMillis);
  }

  /** Whether the state is one that this very consumer had. */
  boolean isOf(@Nullable ConsumerState state) {
    return state != null
        && state.name().equals(arn.name())
        && state.createdMillis() == createdMillis;
  }

  /** Takes back what came after a state of its own. */
  void restore(@Nullable ConsumerState state) {
    if (state != null) {
      labels = state.labels();
      status = state.status();
      dueMillis = state.dueMillis();
    }
  }

  ConsumerView view() {
    return new ConsumerView(arn, status, createdMillis);
  }

  ConsumerArn arn() {
    return arn;
  }

  Labels labels() {
    return labels;
  }

  void label(UnaryOperator<Labels> change) {
    labels = change.apply(labels);
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

  /** Counts a call for a subscription; false when it comes too soon after others. */
  boolean takeCall(int shardIndex, LimitScale limits, long nowMillis) {
    return limits.isOff()
        || calls
            .computeIfAbsent(shardIndex, index -> limits.perSecond(CALLS_PER_SECOND))
            .take(1, nowMillis);
  }

  void add(Subscription subscription) {
    subscriptions.put(subscription.shardIndex(), subscription);
  }

  void remove(Subscription subscription) {
    subscriptions.remove(subscription.shardIndex(), subscription);
  }
}
