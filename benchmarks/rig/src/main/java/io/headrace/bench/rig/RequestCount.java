package io.headrace.bench.rig;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/**
 * Counts the requests that an AWS client sends, by operation; one that is tried again counts again.
 * Any thread.
 */
public final class RequestCount implements ExecutionInterceptor {
  private final Map<String, LongAdder> byOperation = new ConcurrentHashMap<>();

  @Override
  public void beforeTransmission(
      Context.BeforeTransmission context, ExecutionAttributes attributes) {
    String operation =
        String.valueOf(attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME));
    byOperation.computeIfAbsent(operation, absent -> new LongAdder()).increment();
  }

  /** How many were sent so far. */
  public long total() {
    return byOperation.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** How many were sent so far, by operation. */
  public Map<String, Long> byOperation() {
    Map<String, Long> counts = new TreeMap<>();
    byOperation.forEach((operation, count) -> counts.put(operation, count.sum()));
    return counts;
  }
}
