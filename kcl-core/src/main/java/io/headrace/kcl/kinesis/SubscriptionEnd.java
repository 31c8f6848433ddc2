package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/** In which way a subscription ended, as far as it matters for what comes next. */
enum SubscriptionEnd {
  /** In order, as after five minutes. */
  COMPLETED,
  /** Another subscription of the consumer has the shard. */
  IN_USE,
  /** The consumer, the shard or the stream is not there. */
  NOT_FOUND,
  /** What may pass: an error of the service, of the network, or bytes that are no event. */
  FAILED,
  /** What somebody must mend: rights, keys, or the request. */
  REFUSED;

  /**
   * The end that a failure is.
   *
   * @param accepted whether the service had accepted the subscription: then the request was right,
   *     and what can't be read was damaged on its way
   */
  static SubscriptionEnd of(StreamException failure, boolean accepted) {
    if (failure.getCause() instanceof ResourceInUseException) {
      return IN_USE;
    }
    if (failure.getCause() instanceof ResourceNotFoundException) {
      return NOT_FOUND;
    }
    return switch (failure.kind()) {
      case RETRYABLE -> FAILED;
      case NOT_FOUND -> NOT_FOUND;
      case REFUSED -> REFUSED;
      case INVALID -> accepted ? FAILED : REFUSED;
    };
  }
}
