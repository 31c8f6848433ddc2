package io.headrace.bench.rig;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.Predicate;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/**
 * Adds up what a table says that a client's requests consumed, in DynamoDB's write and read units,
 * indexes included. Asks for it in each request that can ask, which changes nothing else of it. Any
 * thread.
 */
public final class ConsumedUnits implements ExecutionInterceptor {
  /** The operations whose units are write units. */
  public static final Set<String> WRITES =
      Set.of("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems");

  private static final String ASK = "ReturnConsumedCapacity";
  private static final String ANSWER = "ConsumedCapacity";
  private static final String UNITS = "CapacityUnits";

  private final Map<String, DoubleAdder> byOperation = new ConcurrentHashMap<>();

  @Override
  public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
    SdkRequest request = context.request();
    Optional<SdkField<?>> ask = field(request, ASK);
    if (ask.isEmpty()) {
      return request;
    }
    SdkRequest.Builder asking = request.toBuilder();
    ask.get().set(asking, "TOTAL");
    return asking.build();
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    String operation =
        String.valueOf(attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME));
    for (Object each : consumed(context.response())) {
      if (each instanceof SdkPojo capacity) {
        field(capacity, UNITS)
            .map(units -> units.getValueOrDefault(capacity))
            .ifPresent(units -> add(operation, ((Number) units).doubleValue()));
      }
    }
  }

  private void add(String operation, double units) {
    byOperation.computeIfAbsent(operation, absent -> new DoubleAdder()).add(units);
  }

  /** One of an answer, or one of each table that a batch is about. */
  private static Collection<?> consumed(SdkPojo response) {
    Object answer =
        field(response, ANSWER).map(field -> field.getValueOrDefault(response)).orElse(null);
    if (answer instanceof Collection<?> several) {
      return several;
    }
    return answer == null ? List.of() : List.of(answer);
  }

  private static Optional<SdkField<?>> field(SdkPojo of, String name) {
    return of.sdkFields().stream().filter(field -> field.memberName().equals(name)).findFirst();
  }

  /** Write units so far: one for each begun KB of an item, twice in a transaction. */
  public double writes() {
    return sum(WRITES::contains);
  }

  /** Read units so far: one for each begun 4 KB, half when it need not be consistent. */
  public double reads() {
    return sum(operation -> !WRITES.contains(operation));
  }

  /** Those of one operation so far. */
  public double of(String operation) {
    return sum(operation::equals);
  }

  private double sum(Predicate<String> operations) {
    return byOperation.entrySet().stream()
        .filter(each -> operations.test(each.getKey()))
        .mapToDouble(each -> each.getValue().sum())
        .sum();
  }
}
