package io.headrace.local.fault;

import org.jspecify.annotations.Nullable;

/**
 * One rule: which requests it is about, which of those it strikes, and how. Immutable.
 *
 * @param action the service's name of the action, or {@value #ANY_ACTION}
 * @param stream the name of the stream, or null for all; so for the shard's id and the consumer's
 *     name
 * @param probability how likely a request is struck that the counts let through
 * @param first strikes only among the first so many requests that it is about; 0 for all
 * @param every strikes only each so-manieth of them; 1 for all
 */
public record FaultRule(
    String action,
    @Nullable String stream,
    @Nullable String shard,
    @Nullable String consumer,
    double probability,
    long first,
    long every,
    FaultEffect effect) {
  public static final String ANY_ACTION = "*";
  public static final String PUT_MANY = "PutRecords";
  public static final String SUBSCRIBE = "SubscribeToShard";

  public FaultRule {
    FaultChecks.within("probability", probability, 0, 1);
    FaultChecks.atLeast("first", first, 0);
    FaultChecks.atLeast("every", every, 1);
    if (effect instanceof FaultEffect.FailRecords && !action.equals(PUT_MANY)) {
      throw new IllegalArgumentException(
          "failRecords is for the action PutRecords only, and the action is " + action);
    }
    if (effect instanceof FaultEffect.BreakSubscription && !action.equals(SUBSCRIBE)) {
      throw new IllegalArgumentException(
          "subscription is for the action SubscribeToShard only, and the action is " + action);
    }
  }

  /** Every request, by this effect; for the actions that the effect is possible for. */
  public static FaultRule of(FaultEffect effect) {
    String action = ANY_ACTION;
    if (effect instanceof FaultEffect.FailRecords) {
      action = PUT_MANY;
    } else if (effect instanceof FaultEffect.BreakSubscription) {
      action = SUBSCRIBE;
    }
    return new FaultRule(action, null, null, null, 1, 0, 1, effect);
  }

  /** The same with another action. */
  public FaultRule action(String action) {
    return new FaultRule(action, stream, shard, consumer, probability, first, every, effect);
  }

  /** The same with another stream. */
  public FaultRule stream(String stream) {
    return new FaultRule(action, stream, shard, consumer, probability, first, every, effect);
  }

  /** The same with another shard. */
  public FaultRule shard(String shard) {
    return new FaultRule(action, stream, shard, consumer, probability, first, every, effect);
  }

  /** The same with another consumer. */
  public FaultRule consumer(String consumer) {
    return new FaultRule(action, stream, shard, consumer, probability, first, every, effect);
  }

  /** The same with another probability. */
  public FaultRule probability(double probability) {
    return new FaultRule(action, stream, shard, consumer, probability, first, every, effect);
  }

  /** The same with another first. */
  public FaultRule first(long first) {
    return new FaultRule(action, stream, shard, consumer, probability, first, every, effect);
  }

  /** The same with another every. */
  public FaultRule every(long every) {
    return new FaultRule(action, stream, shard, consumer, probability, first, every, effect);
  }

  boolean isAbout(FaultTarget target) {
    return (action.equals(ANY_ACTION) || action.equals(target.action()))
        && (stream == null || stream.equals(target.stream()))
        && (consumer == null || consumer.equals(target.consumer()))
        && (shard == null || target.touches(shard));
  }
}
