package io.headrace.bench.poison;

import static io.headrace.bench.poison.PoisonPlan.POISON;

import io.headrace.function.Event;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The function that is measured: counts what it is given and looks at the order of each key, which
 * is that of sequence numbers, also through a split. The runtime calls it on any thread, but never
 * twice at once for a key.
 */
final class Watched {
  final LongAdder others = new LongAdder();
  final LongAdder poison = new LongAdder();
  final LongAdder failures = new LongAdder();
  final LongAdder outOfOrder = new LongAdder();
  final LongAdder repeated = new LongAdder();
  final AtomicBoolean failing = new AtomicBoolean();

  private final Map<String, String> last = new ConcurrentHashMap<>();

  void handle(Event<byte[]> event) {
    String key = event.partitionKey();
    boolean poisonous = key.equals(POISON);
    if (poisonous && failing.get()) {
      failures.increment();
      throw new IllegalStateException("this key fails until somebody mends it");
    }
    String sequence = event.id().sequence();
    int order = compare(last.put(key, sequence), sequence);
    if (order == 0) {
      repeated.increment();
    } else if (order > 0) {
      outOfOrder.increment();
    }
    (poisonous ? poison : others).increment();
  }

  /** Numbers of digits without leading zeros. */
  private static int compare(@Nullable String before, String now) {
    if (before == null) {
      return -1;
    }
    return before.length() != now.length()
        ? Integer.compare(before.length(), now.length())
        : before.compareTo(now);
  }
}
