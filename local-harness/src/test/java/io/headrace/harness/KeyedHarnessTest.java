package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Functions with state by key. */
@Timeout(60)
class KeyedHarnessTest {
  record Total(long count, String last) {}

  /** Counts the records of a key; {@code reset} forgets it. */
  static class Counting implements KeyedFunction<String, Total, String> {
    @Override
    public Total initial(String key) {
      return new Total(0, "");
    }

    @Override
    public Next<Total> handle(Total total, Event<String> event, Output<String> out)
        throws Exception {
      if (event.value().equals("reset")) {
        return Next.forget();
      }
      out.send(event.partitionKey() + " " + (total.count() + 1));
      return Next.state(new Total(total.count() + 1, event.value()));
    }
  }

  static FunctionSpec<String, String> spec(KeyedFunction<String, Total, String> function) {
    return spec(Keys.partitionKey(), function);
  }

  static FunctionSpec<String, String> spec(
      Keys<String> keys, KeyedFunction<String, Total, String> function) {
    return FunctionSpec.named("counting")
        .reading(Input.of(StreamSource.kinesis("in"), new Texts()))
        .keyedBy(keys, Json.of(Total.class))
        .handledBy(() -> function, Destination.stream("out", new Texts(), text -> text));
  }

  @Test
  void each_key_has_its_own_state() {
    var stream = FunctionHarness.of(spec(new Counting()));

    stream.putKeyed("a", "x", "y");
    stream.putKeyed("b", "z");

    assertThat(stream.output()).containsExactly("a 1", "a 2", "b 1");
    assertThat(stream.stateOf("a", Total.class)).contains(new Total(2, "y"));
    assertThat(stream.stateOf("b", Total.class)).contains(new Total(1, "z"));
    assertThat(stream.stateOf("c", Total.class)).isEmpty();
  }

  @Test
  void state_under_a_key_within_the_partition_key_is_found_by_both() {
    var keys = Keys.<String>within(value -> value.substring(0, 1));
    var stream = FunctionHarness.of(spec(keys, new Counting()));

    stream.putKeyed("p", "x1", "y1", "x2");

    assertThat(stream.stateOf("p", "x", Total.class)).contains(new Total(2, "x2"));
    assertThat(stream.stateOf("p", "y", Total.class)).contains(new Total(1, "y1"));
    assertThat(stream.stateOf("q", "x", Total.class)).isEmpty();
  }

  @Test
  void state_that_is_forgotten_begins_anew() {
    var stream = FunctionHarness.of(spec(new Counting()));

    stream.put("x", "y", "reset");
    assertThat(stream.stateOf(FunctionHarness.KEY, Total.class)).isEmpty();
    stream.put("z");

    assertThat(stream.stateOf(FunctionHarness.KEY, Total.class)).contains(new Total(1, "z"));
  }

  @Test
  void a_wrong_type_of_state_is_named() {
    var stream = FunctionHarness.of(spec(new Counting()));
    stream.put("x");

    assertThatThrownBy(() -> stream.stateOf(FunctionHarness.KEY, String.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(Total.class.getName());
  }

  @Test
  void a_failed_attempt_leaves_state_as_it_was() {
    var failures = new AtomicInteger(1);
    var stream =
        FunctionHarness.of(
            spec(
                new Counting() {
                  @Override
                  public Next<Total> handle(Total total, Event<String> event, Output<String> out)
                      throws Exception {
                    var next = super.handle(total, event, out);
                    if (failures.getAndDecrement() > 0) {
                      throw new IllegalStateException("after all");
                    }
                    return next;
                  }
                }));

    stream.put("x");
    assertThat(stream.stateOf(FunctionHarness.KEY, Total.class)).isEmpty();
    stream.advance(Duration.ofSeconds(1));

    assertThat(stream.stateOf(FunctionHarness.KEY, Total.class)).contains(new Total(1, "x"));
    assertThat(stream.output()).containsExactly("key 1");
  }

  @Test
  void after_a_crash_state_is_as_it_was_committed_and_nothing_counts_twice() {
    var stream = FunctionHarness.of(spec(new Counting()));
    stream.put("x");
    stream.advance(Duration.ofSeconds(10));
    stream.put("y");
    stream.takeOutput();

    stream.crash();

    assertThat(stream.output()).containsExactly("key 2");
    assertThat(stream.stateOf(FunctionHarness.KEY, Total.class)).contains(new Total(2, "y"));
  }

  @Test
  void a_crash_between_two_retries_loses_nothing() {
    var broken = new AtomicInteger(1);
    var stream =
        FunctionHarness.of(
            spec(
                new Counting() {
                  @Override
                  public Next<Total> handle(Total total, Event<String> event, Output<String> out)
                      throws Exception {
                    if (event.value().equals("bad") && broken.get() == 1) {
                      throw new IllegalStateException("until mended");
                    }
                    return super.handle(total, event, out);
                  }
                }));
    stream.putKeyed("a", "x", "bad", "y");
    stream.putKeyed("b", "x", "y");
    stream.advance(Duration.ofSeconds(20));

    stream.crash();
    broken.set(0);
    stream.advance(Duration.ofMinutes(2));

    assertThat(stream.stateOf("a", Total.class)).contains(new Total(3, "y"));
    assertThat(stream.stateOf("b", Total.class)).contains(new Total(2, "y"));
  }

  @Test
  void splits_and_merges_keep_the_state_of_every_key() {
    var keys = IntStream.range(0, 40).mapToObj(i -> "key-" + i).toList();
    var stream = FunctionHarness.of(spec(new Counting()));

    putAll(stream, keys, "1");
    stream.split();
    putAll(stream, keys, "2");
    stream.split();
    stream.split();
    putAll(stream, keys, "3");
    stream.merge();
    putAll(stream, keys, "4");
    stream.merge();
    stream.crash();
    putAll(stream, keys, "5");

    for (var key : keys) {
      assertThat(stream.stateOf(key, Total.class)).as(key).contains(new Total(5, "5"));
    }
  }

  @Test
  void a_new_version_finds_the_state_of_the_old_one() {
    var stream = FunctionHarness.of(spec(new Counting()));
    stream.put("x", "y");

    stream.redeployWith(
        spec(
            new Counting() {
              @Override
              public Next<Total> handle(Total total, Event<String> event, Output<String> out) {
                return Next.state(new Total(total.count() + 100, event.value()));
              }
            }));
    stream.put("z");

    assertThat(stream.stateOf(FunctionHarness.KEY, Total.class)).contains(new Total(102, "z"));
  }

  private static void putAll(
      FunctionHarness<String, String> stream, List<String> keys, String value) {
    keys.forEach(key -> stream.putKeyed(key, value));
  }
}
