package io.headrace.function;

import java.util.Optional;

/**
 * How records are put together for calls, beside {@link io.headrace.kcl.BatchLimits}.
 *
 * @param concurrentBatches of one shard
 * @param mapping the rules of an event source mapping, for functions that ask for them
 * @param gathering whether records gather while outputs of a batch are on their way: what comes
 *     next is a large batch then, where else it is the few records whose keys are not among those
 */
record Delivery(
    int concurrentBatches,
    PayloadLimit payload,
    Optional<EventSourceMapping> mapping,
    boolean gathering) {
  static final Delivery USUAL = new Delivery(1, PayloadLimit.NONE, Optional.empty(), false);

  /** One batch after the other, outputs included. */
  static final Delivery GATHERING = new Delivery(1, PayloadLimit.NONE, Optional.empty(), true);

  private static final int BATCHES_MAX = 100;

  Delivery withConcurrentBatches(String function, int batches) {
    int max = mapping.isPresent() ? EventSourceMapping.FACTOR_MAX : BATCHES_MAX;
    if (batches < 1 || batches > max) {
      throw FunctionSpec.refused(
          function,
          "parallelizationFactor",
          Integer.toString(batches),
          "must be between 1 and " + max);
    }
    return new Delivery(batches, payload, mapping, gathering);
  }

  Delivery withPayloadMax(String function, long bytes) {
    long max = mapping.isPresent() ? PayloadLimit.LAMBDA_BYTES_MAX : Long.MAX_VALUE;
    if (bytes < 1 || bytes > max) {
      throw FunctionSpec.refused(
          function, "maxPayloadBytes", Long.toString(bytes), "must be between 1 and " + max);
    }
    return new Delivery(
        concurrentBatches, new PayloadLimit(bytes, payload.asEvent()), mapping, gathering);
  }

  /** A window's state goes from call to call, in the shard's order. */
  private void checkInWindows(String function) {
    if (concurrentBatches > 1) {
      throw FunctionSpec.refused(
          function,
          "parallelizationFactor",
          Integer.toString(concurrentBatches),
          "a tumbling window has one call at a time in each shard; leave it out");
    }
    if (mapping.isPresent() && mapping.get().bisectsBatchOnFunctionError()) {
      throw FunctionSpec.refused(
          function,
          "bisectBatchOnFunctionError",
          "true",
          "batches of a tumbling window are tried again whole; leave it out");
    }
  }

  /** What is said of batches is said to who gets them. */
  void check(String function, FunctionKind<?, ?> kind) {
    boolean batches =
        !(kind instanceof FunctionKind.Plain
            || kind instanceof FunctionKind.Async
            || kind instanceof FunctionKind.KeyedState
            || kind instanceof FunctionKind.AsyncKeyedState
            || kind instanceof FunctionKind.Windowing);
    if (batches) {
      if (kind instanceof FunctionKind.Lambda<?, ?> lambda
          && lambda.handler().window().isPresent()) {
        checkInWindows(function);
      }
      return;
    }
    if (mapping.isPresent()) {
      throw FunctionSpec.refused(
          function,
          "lambdaCompatible",
          "for single records",
          "Lambda's rules are about batches; use handledInBatchesBy");
    }
    if (concurrentBatches > 1) {
      throw FunctionSpec.refused(
          function,
          "parallelizationFactor",
          Integer.toString(concurrentBatches),
          "is for batches; say inFlight, which is how many single records are in work");
    }
  }
}
