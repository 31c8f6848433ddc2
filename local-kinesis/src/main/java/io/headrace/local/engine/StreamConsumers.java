package io.headrace.local.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The registered consumers of one stream, and who of them is subscribed to which shard. The
 * stream's monitor guards every call.
 */
final class StreamConsumers {
  static final int CONSUMERS_MAX = 20;
  static final int CREATING_MAX = 5;

  private static final long NEVER = Long.MAX_VALUE;

  private final StreamKey key;
  private final StateTimes times;
  private final TreeMap<String, Consumer> byName = new TreeMap<>();
  private final Map<Integer, List<Subscription>> byShard = new HashMap<>();
  private final List<Subscription> woken = new ArrayList<>();
  private long dueMillis = NEVER;

  StreamConsumers(StreamKey key, List<ConsumerState> states, StateTimes times) {
    this.key = key;
    this.times = times;
    states.forEach(state -> byName.put(state.name(), new Consumer(key, state)));
    refreshDue();
  }

  List<ConsumerState> states() {
    return byName.values().stream().map(Consumer::state).toList();
  }

  /** Takes back what came after these states; subscriptions that have ended stay ended. */
  void restore(List<ConsumerState> states) {
    Map<String, ConsumerState> kept = new HashMap<>();
    states.forEach(state -> kept.put(state.name(), state));
    byName.values().removeIf(consumer -> !consumer.isOf(kept.get(consumer.arn().name())));
    // In place: a consumer knows its subscriptions, which the states do not.
    byName.values().forEach(consumer -> consumer.restore(kept.get(consumer.arn().name())));
    kept.forEach((name, state) -> byName.computeIfAbsent(name, absent -> new Consumer(key, state)));
    refreshDue();
  }

  int count() {
    return byName.size();
  }

  /** How many subscriptions there are to any shard. */
  int subscriptions() {
    return byShard.values().stream().mapToInt(List::size).sum();
  }

  /** When the next consumer changes its state by itself. */
  long dueMillis() {
    return dueMillis;
  }

  void settle(long nowMillis) {
    if (nowMillis < dueMillis) {
      return;
    }
    for (Consumer consumer : List.copyOf(byName.values())) {
      if (nowMillis >= consumer.dueMillis()) {
        if (consumer.status() == ConsumerStatus.CREATING) {
          consumer.becomeActive();
        } else {
          byName.remove(consumer.arn().name());
        }
      }
    }
    refreshDue();
  }

  Consumer register(String name, Labels labels, long nowMillis) {
    if (byName.containsKey(name)) {
      throw KinesisError.inUse(
          "Consumer %s under stream %s already exists for account %s."
              .formatted(name, key.name(), key.account()));
    }
    if (byName.size() >= CONSUMERS_MAX) {
      throw KinesisError.of(
          "LimitExceededException",
          "Stream %s under account %s has %d registered consumers, and at most %d are allowed."
              .formatted(key.name(), key.account(), byName.size(), CONSUMERS_MAX));
    }
    long creating =
        byName.values().stream().filter(each -> each.status() == ConsumerStatus.CREATING).count();
    if (creating >= CREATING_MAX) {
      throw KinesisError.of(
          "LimitExceededException",
          "Stream %s under account %s has %d consumers in status CREATING, and at most %d are allowed."
              .formatted(key.name(), key.account(), creating, CREATING_MAX));
    }
    ConsumerState state =
        new ConsumerState(
            name,
            nowMillis,
            labels,
            ConsumerStatus.CREATING,
            nowMillis + times.creating().toMillis());
    Consumer consumer = new Consumer(key, state);
    byName.put(name, consumer);
    refreshDue();
    settle(nowMillis);
    return consumer;
  }

  void deregister(Consumer consumer, long nowMillis) {
    if (consumer.status() != ConsumerStatus.DELETING) {
      consumer.beginToGo(nowMillis + times.deleting().toMillis());
      refreshDue();
      settle(nowMillis);
    }
  }

  Consumer require(String name) {
    Consumer consumer = byName.get(name);
    if (consumer == null) {
      throw KinesisError.notFound(
          "Consumer %s under stream %s not found for account %s."
              .formatted(name, key.name(), key.account()));
    }
    return consumer;
  }

  Consumer require(ConsumerArn arn) {
    Consumer consumer = byName.get(arn.name());
    if (consumer == null || !consumer.arn().equals(arn)) {
      throw arn.notFound();
    }
    return consumer;
  }

  Collection<Consumer> after(String name) {
    return byName.tailMap(name, false).values();
  }

  /** Every consumer goes with the stream. */
  void beginToGo(long nowMillis) {
    byName.values().forEach(consumer -> consumer.failSubscriptions(key.notFound()));
    byName
        .values()
        .forEach(consumer -> consumer.beginToGo(nowMillis + times.deleting().toMillis()));
    refreshDue();
  }

  void add(Subscription subscription) {
    subscription.consumer().add(subscription);
    byShard
        .computeIfAbsent(subscription.shardIndex(), index -> new ArrayList<>(1))
        .add(subscription);
  }

  void remove(Subscription subscription) {
    subscription.consumer().remove(subscription);
    List<Subscription> ofShard = byShard.get(subscription.shardIndex());
    if (ofShard != null && ofShard.remove(subscription) && ofShard.isEmpty()) {
      byShard.remove(subscription.shardIndex());
    }
  }

  /** A record is in the shard; who waits for it is told by {@link #tellWoken}. */
  void landed(int shardIndex) {
    if (byShard.isEmpty()) {
      return;
    }
    List<Subscription> ofShard = byShard.get(shardIndex);
    if (ofShard != null) {
      for (Subscription subscription : ofShard) {
        if (subscription.disarm()) {
          woken.add(subscription);
        }
      }
    }
  }

  /** Tells everybody who waits that there may be news, whatever they are. */
  void changed() {
    byShard.keySet().forEach(this::landed);
    tellWoken();
  }

  // After a whole batch, or those that are told would wait for the rest of it.
  void tellWoken() {
    if (!woken.isEmpty()) {
      woken.forEach(Subscription::tell);
      woken.clear();
    }
  }

  private void refreshDue() {
    dueMillis = byName.values().stream().mapToLong(Consumer::dueMillis).min().orElse(NEVER);
  }
}
