package io.headrace.kcl.kinesis;

import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Hands on to another handler all but the events. */
interface PassingOn extends SubscribeToShardResponseHandler {
  SubscribeToShardResponseHandler handler();

  @Override
  default void responseReceived(SubscribeToShardResponse response) {
    handler().responseReceived(response);
  }

  @Override
  default void exceptionOccurred(Throwable failure) {
    handler().exceptionOccurred(failure);
  }

  @Override
  default void complete() {
    handler().complete();
  }
}
