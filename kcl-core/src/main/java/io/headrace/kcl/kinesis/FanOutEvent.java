package io.headrace.kcl.kinesis;

/** What happens to a {@link FanOutReader}. */
sealed interface FanOutEvent {
  /** Records are wanted, and none are at hand. */
  record Demanded() implements FanOutEvent {}

  /** What was wanted was given, or the wait for it ended with nothing. */
  record Answered() implements FanOutEvent {}

  /** So long was waited on a subscription that the caller must hear something. */
  record Waited() implements FanOutEvent {}

  /** The consumer is there and can be subscribed with. */
  record Found(String arn) implements FanOutEvent {}

  /**
   * There is no consumer for now; it goes on being looked for.
   *
   * @param why one sentence for the operator
   */
  record Missing(String why) implements FanOutEvent {}

  /** The shard's last record was handed over. */
  record EndRead() implements FanOutEvent {}

  /** Of one subscription; those of an older one are dropped by its number. */
  sealed interface OfSubscription extends FanOutEvent {
    long number();
  }

  /** The service accepted the subscription. */
  record Opened(long number) implements OfSubscription {}

  /** An event came, with records or as a sign of life. */
  record Pushed(long number) implements OfSubscription {}

  /** The subscription has lasted as long as was drawn for it. */
  record RenewalDue(long number) implements OfSubscription {}

  /**
   * The subscription is over, or was never accepted.
   *
   * @param why one sentence for the operator
   */
  record Closed(long number, SubscriptionEnd how, String why) implements OfSubscription {}
}
