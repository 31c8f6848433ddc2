package io.headrace.bench.poison;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/**
 * Measures progress items as the table has them after each commit, in bytes as DynamoDB bills them:
 * a write unit for each 1,024 that are begun. Stands in the client of the table; any thread.
 */
final class MeasuredItems implements ExecutionInterceptor {
  /** What all progress items have, and nothing else. */
  private static final String SEALS = "seals";

  private static final String PARTS = "parts";
  private static final int NESTED_BYTES = 3;

  /** A number takes a byte for two digits, and one: no number here has more. */
  private static final int NUMBER_BYTES = 10;

  /**
   * One commit.
   *
   * @param tick of the monotonic clock
   * @param bytes of the whole item
   * @param parts of these, what functions keep: what is parked among it
   */
  record Size(long tick, long bytes, long parts) {}

  private final Queue<Size> sizes = new ConcurrentLinkedQueue<>();

  /** Of all commits so far, in the order of their answers. */
  Queue<Size> sizes() {
    return sizes;
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    if (context.response() instanceof UpdateItemResponse written
        && written.attributes().containsKey(SEALS)) {
      Map<String, AttributeValue> item = written.attributes();
      long parts = item.containsKey(PARTS) ? bytesOf(item.get(PARTS)) : 0;
      sizes.add(new Size(System.nanoTime(), bytesOf(item), parts));
    }
  }

  private static long bytesOf(Map<String, AttributeValue> item) {
    return item.entrySet().stream()
        .mapToLong(each -> each.getKey().getBytes(UTF_8).length + bytesOf(each.getValue()))
        .sum();
  }

  private static long bytesOf(AttributeValue value) {
    if (value.hasM()) {
      return NESTED_BYTES + bytesOf(value.m());
    }
    if (value.hasL()) {
      return NESTED_BYTES + value.l().stream().mapToLong(MeasuredItems::bytesOf).sum();
    }
    if (value.b() != null) {
      return value.b().asByteArrayUnsafe().length;
    }
    return value.s() != null ? value.s().getBytes(UTF_8).length : NUMBER_BYTES;
  }
}
