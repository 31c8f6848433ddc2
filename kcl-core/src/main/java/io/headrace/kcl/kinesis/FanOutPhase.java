package io.headrace.kcl.kinesis;

/** What a {@link FanOutReader} does. */
enum FanOutPhase {
  /** No consumer is known: records are polled. */
  SEEKING,
  /** There is a consumer and no subscription: records are polled until one may be made. */
  BRIDGING,
  /** SubscribeToShard was sent and not answered. */
  SUBSCRIBING,
  /** Events come, one for each that is asked for. */
  STREAMING,
  /** The shard is read to its end. */
  ENDED
}
