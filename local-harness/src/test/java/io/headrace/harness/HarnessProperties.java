package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Event;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.harness.KeyedHarnessTest.Counting;
import io.headrace.harness.KeyedHarnessTest.Total;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * Random courses of records, failures, time, crashes, splits, merges and new versions: in the end
 * every record has counted once, in the order of its key.
 */
class HarnessProperties {
  private static final int STEPS = 40;
  private static final int KEYS = 6;
  private static final int OPEN_SHARDS_MAX = 6;

  /**
   * Fails a share of attempts, and some keys for long; asserts that records of a key come in order,
   * none left out.
   */
  private static final class Checking extends Counting {
    private final RandomGenerator random;
    private final Set<String> broken = new HashSet<>();
    private boolean failing = true;

    Checking(RandomGenerator random) {
      this.random = random;
    }

    @Override
    public Next<Total> handle(Total total, Event<String> event, Output<String> out)
        throws Exception {
      if (!event.value().equals(Long.toString(total.count() + 1))) {
        throw new OutOfMemoryError(
            "key " + event.partitionKey() + " had " + total.count() + " and got " + event.value());
      }
      if (broken.contains(event.partitionKey()) || (failing && random.nextInt(5) == 0)) {
        throw new IllegalStateException("planted");
      }
      return super.handle(total, event, out);
    }
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void every_record_counts_once_and_in_order_whatever_happens(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    var function = new Checking(random);
    var stream = FunctionHarness.of(KeyedHarnessTest.spec(function));
    Map<String, Integer> put = new HashMap<>();
    List<String> course = new ArrayList<>();
    int shards = 1;

    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(14)) {
        case 0 -> {
          course.add("crash");
          stream.crash();
        }
        case 1 -> {
          if (shards < OPEN_SHARDS_MAX) {
            course.add("split");
            stream.split();
            shards++;
          }
        }
        case 2 -> {
          if (shards > 1) {
            course.add("merge");
            stream.merge();
            shards--;
          }
        }
        case 3 -> {
          course.add("redeploy");
          stream.redeployWith(KeyedHarnessTest.spec(function));
        }
        case 4 -> {
          var key = "k" + random.nextInt(KEYS);
          course.add("break " + key);
          function.broken.add(key);
        }
        case 5 -> {
          course.add("mend all");
          function.broken.clear();
        }
        case 6, 7, 8 -> {
          var by = Duration.ofMillis(random.nextInt(8_000));
          course.add("advance " + by);
          stream.advance(by);
        }
        default -> {
          var key = "k" + random.nextInt(KEYS);
          var value = Integer.toString(put.merge(key, 1, Integer::sum));
          course.add(key + "=" + value);
          stream.putKeyed(key, value);
        }
      }
    }
    function.failing = false;
    function.broken.clear();
    stream.advance(Duration.ofMinutes(3));

    var context = "seed " + seed + ": " + course;
    var expected = new TreeSet<String>();
    put.forEach(
        (key, count) -> {
          assertThat(stream.stateOf(key, Total.class))
              .as(context)
              .contains(new Total(count, Integer.toString(count)));
          for (int i = 1; i <= count; i++) {
            expected.add(key + " " + i);
          }
        });
    // Outputs may repeat after a crash, never be missing and never contradict.
    assertThat(new TreeSet<>(stream.output())).as(context).isEqualTo(expected);
    assertThat(stream.deadLetters()).isEmpty();
  }
}
