package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When outputs of functions with state leave. */
@Timeout(60)
class OutboxHarnessTest {
  private static final Duration STEP = Duration.ofMillis(50);

  private static FunctionSpec.Keyed<String, KeyedHarnessTest.Total> counting() {
    return FunctionSpec.named("counting")
        .reading(Input.of(StreamSource.kinesis("in"), new Texts()))
        .keyedBy(Keys.<String>partitionKey(), Json.of(KeyedHarnessTest.Total.class));
  }

  private static FunctionSpec<String, String> built(
      FunctionSpec.Keyed<String, KeyedHarnessTest.Total> keyed) {
    return keyed.handledBy(
        KeyedHarnessTest.Counting::new, Destination.stream("out", new Texts(), text -> text));
  }

  private static FunctionHarness<String, String> within(Duration limit) {
    return FunctionHarness.of(built(counting().committingWithin(limit)));
  }

  /** How long each of some records waited for its output, put at random times. */
  private static List<Duration> waits(FunctionHarness<String, String> stream) {
    var random = new Random(5);
    var puts = new ArrayList<Instant>();
    var waits = new ArrayList<Duration>();
    for (int i = 0; i < 400; i++) {
      if (puts.size() < 60 && random.nextInt(4) == 0) {
        puts.add(stream.now());
        stream.put("x");
      }
      while (waits.size() < stream.output().size()) {
        waits.add(Duration.between(puts.get(waits.size()), stream.now()));
      }
      stream.advance(STEP);
    }
    assertThat(waits).hasSize(puts.size()).hasSizeGreaterThan(30);
    return waits;
  }

  @Test
  void nothing_waits_longer_than_committing_within() {
    for (long limit : new long[] {200, 1_000, 3_000}) {
      var max = Duration.ofMillis(limit).plus(STEP);
      assertThat(waits(within(Duration.ofMillis(limit))))
          .allSatisfy(wait -> assertThat(wait).isLessThanOrEqualTo(max))
          .anySatisfy(
              wait -> assertThat(wait).isGreaterThan(Duration.ofMillis(limit).dividedBy(2)));
    }
  }

  @Test
  void without_it_outputs_come_at_once_in_a_harness() {
    assertThat(waits(FunctionHarness.of(built(counting())))).containsOnly(Duration.ZERO);
  }

  @Test
  void a_crash_before_the_commit_takes_back_what_was_not_told_and_tells_it_once() {
    var stream = within(Duration.ofSeconds(4));
    stream.put("x", "y");
    assertThat(stream.output()).isEmpty();
    stream.crash();
    stream.advance(Duration.ofSeconds(6));
    assertThat(stream.output()).containsExactly("key 1", "key 2");
  }

  @Test
  void what_emits_early_tells_before_the_commit_and_again_after_a_crash() {
    var stream = FunctionHarness.of(built(counting().emittingEarly()));
    stream.put("x");
    assertThat(stream.output()).containsExactly("key 1");
    stream.crash();
    assertThat(stream.output()).containsExactly("key 1", "key 1");
  }

  @Test
  void a_worker_that_stops_in_order_lets_go_what_its_last_commit_has() {
    var stream = within(Duration.ofHours(1));
    stream.put("x", "y");
    assertThat(stream.output()).isEmpty();
    stream.close();
    assertThat(stream.output()).containsExactly("key 1", "key 2");
  }

  @Test
  void whoever_takes_over_from_one_that_stopped_in_order_tells_nothing_again() {
    var stream = within(Duration.ofHours(1));
    stream.put("x", "y");
    stream.redeployWith(built(counting()));
    stream.put("z");
    stream.advance(Duration.ofSeconds(10));
    assertThat(stream.output()).containsExactly("key 1", "key 2", "key 3");
  }

  @Test
  void splits_and_merges_lose_no_output_and_keep_their_order() {
    var stream = within(Duration.ofHours(1));
    for (int i = 0; i < 8; i++) {
      stream.putKeyed("k" + i, "x", "y");
    }
    stream.split();
    stream.advance(Duration.ofSeconds(5));
    stream.merge();
    stream.advance(Duration.ofSeconds(5));
    for (int i = 0; i < 8; i++) {
      var key = "k" + i + " ";
      assertThat(stream.output().stream().filter(each -> each.startsWith(key)).distinct())
          .containsExactly(key + 1, key + 2);
    }
  }

  @Test
  void a_verified_function_crashes_between_state_and_commit_and_sending_and_trim() {
    var scenario = new Scenario<String>(List.of(new Scenario.Step.Put<>(1, "a", "x")));
    var plan =
        new VariedRun.Plan<String, String>(
            scenario, clock -> built(counting()), Optional.empty(), List.of());
    var run = new VariedRun<>(plan, new Variation.Plain());
    run.run();
    assertThat(run.points().passed())
        .containsExactly(
            "before commit 1",
            "behind commit 1, before it hears that it is stored",
            "before the sending of output 1 of record 1 (partition key a)",
            "behind the sending of output 1 of record 1 (partition key a)",
            "before commit 2",
            "behind commit 2, before it hears that it is stored");
  }

  @Test
  void a_limit_that_is_none_is_refused_by_name() {
    assertThatThrownBy(() -> counting().committingWithin(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("counting")
        .hasMessageContaining("committingWithin");
  }
}
