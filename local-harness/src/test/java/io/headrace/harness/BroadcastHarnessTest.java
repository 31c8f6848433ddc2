package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Broadcast;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.Version;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A limit that is changed while the function runs: each record is held against that of its time.
 */
@Timeout(60)
class BroadcastHarnessTest {
  record Amount(String account, Instant at, long cents) {}

  record Limit(String name, Instant from, long cents) {}

  private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");
  private static final Duration SETTLING = Duration.ofSeconds(10);
  private static final Broadcast<Limit> LIMITS =
      Broadcast.of(StreamSource.kinesis("limits"), Json.of(Limit.class))
          .inForceFrom(Limit::from)
          .settlingFor(SETTLING);

  /** Sums up what is within the limit, and tells what is not, by which limit. */
  static final class Watch implements KeyedFunction<Amount, Long, String> {
    @Override
    public Long initial(String key) {
      return 0L;
    }

    @Override
    public Next<Long> handle(Long sum, Event<Amount> event, Output<String> out) {
      var amount = event.value();
      var limit = event.inForce(LIMITS).map(Version::value);
      if (limit.isPresent() && amount.cents() > limit.get().cents()) {
        out.send(amount.account() + " " + amount.cents() + " " + limit.get().name());
        return Next.same();
      }
      return Next.state(sum + amount.cents());
    }
  }

  private static FunctionSpec<Amount, String> spec(Keys<Amount> keys) {
    return FunctionSpec.named("watch")
        .reading(
            Input.of(StreamSource.kinesis("amounts"), Json.of(Amount.class)).timedBy(Amount::at))
        .withBroadcast(LIMITS)
        .keyedBy(keys, Json.of(Long.class))
        .handledBy(Watch::new, Destination.stream("out", new Texts(), text -> text));
  }

  private final FunctionHarness<Amount, String> stream =
      FunctionHarness.of(spec(Keys.partitionKey()));

  @AfterEach
  void close() {
    stream.close();
  }

  private static Amount amount(long second, long cents) {
    return new Amount("ann", NOON.plusSeconds(second), cents);
  }

  private static Limit limit(String name, long second, long cents) {
    return new Limit(name, NOON.plusSeconds(second), cents);
  }

  @Test
  void a_version_is_in_force_from_its_event_time_for_what_arrives_once_it_has_settled() {
    stream.putKeyed("ann", amount(1, 50));
    stream.putVersion(LIMITS, limit("low", 0, 10));
    stream.putVersion(LIMITS, limit("high", 100, 40));
    stream.putKeyed("ann", amount(2, 50));
    assertThat(stream.output()).isEmpty();

    stream.advance(SETTLING);
    stream.putKeyed("ann", amount(3, 50), amount(99, 20), amount(100, 20), amount(-1, 70));
    assertThat(stream.output()).containsExactly("ann 50 low", "ann 20 low");
    assertThat(stream.stateOf("ann", Long.class)).contains(50L + 50 + 20 + 70);
  }

  @Test
  void what_is_no_version_changes_nothing() {
    stream.putVersion(LIMITS, limit("low", 0, 10));
    stream.advance(SETTLING);
    stream.putVersionBytes(LIMITS, "{".getBytes(StandardCharsets.UTF_8));
    stream.advance(SETTLING);
    stream.putKeyed("ann", amount(3, 50));
    stream.crash();
    stream.putKeyed("ann", amount(4, 50));

    assertThat(stream.output()).contains("ann 50 low").doesNotContainNull();
    assertThat(stream.deadLetters()).isEmpty();
  }

  @Test
  void a_record_that_comes_again_after_the_limit_was_changed_is_held_against_the_former() {
    stream.putVersion(LIMITS, limit("low", 0, 10));
    stream.advance(SETTLING);
    stream.put("ann", amount(3, 50), stream.now());
    stream.putVersion(LIMITS, limit("lower", 0, 5));
    stream.crash();
    stream.split();
    stream.putKeyed("ann", amount(4, 50));

    assertThat(stream.output())
        .contains("ann 50 low", "ann 50 lower")
        .doesNotContain("ann 50 none");
    assertThat(stream.output().stream().distinct()).hasSize(2);
  }

  @Test
  void decisions_are_the_same_however_the_worker_is_disturbed() {
    FunctionVerifier.of(spec(Keys.partitionKey()))
        .put("ann", amount(1, 50))
        .putVersion(LIMITS, limit("low", 0, 10))
        .advance(SETTLING)
        .put("ann", amount(3, 50), amount(4, 5))
        .putVersion(LIMITS, limit("lower", 0, 4))
        .put("ann", amount(5, 5))
        .advance(SETTLING)
        .put("ann", amount(6, 5), amount(7, 50))
        .verify();
  }

  @Test
  void decisions_behind_a_repartition_are_the_same_however_the_worker_is_disturbed() {
    FunctionVerifier.of(spec(Keys.across(Amount::account, "by-account")))
        .putVersion(LIMITS, limit("low", 0, 10))
        .advance(SETTLING)
        .put("p", amount(3, 50))
        .putVersion(LIMITS, limit("lower", 0, 4))
        .advance(SETTLING)
        .put("q", amount(4, 5))
        .verify();
  }

  @Test
  void a_broadcast_that_the_specification_does_not_name_is_refused() {
    assertThatThrownBy(
            () ->
                spec(Keys.partitionKey())
                    .broadcasts()
                    .forEach(
                        each ->
                            stream.putVersion(
                                Broadcast.of(StreamSource.kinesis("others"), new Texts()), "x")))
        .hasMessage("broadcast others is none of function watch's: withBroadcast(...) names it");
    assertThatThrownBy(() -> LIMITS.settlingFor(Duration.ofSeconds(1)))
        .hasMessage("broadcast limits, settlingFor PT1S: must be between 5 s and 1 h");
  }
}
