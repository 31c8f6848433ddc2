package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.headrace.function.AsyncKeyedFunction;
import io.headrace.function.BatchLookup;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.WakeUp;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Card fraud with one input: a payment in doubt is blocked when no login follows in time. */
class TimersHarnessTest {
  private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");

  enum Kind {
    PAYMENT,
    LOGIN,
    DEVICE_CHANGED
  }

  record Signal(Kind kind, String card, Instant at, Optional<String> payment) {
    static Signal payment(String id, int second) {
      return new Signal(Kind.PAYMENT, "4711", NOON.plusSeconds(second), Optional.of(id));
    }

    static Signal of(Kind kind, int second) {
      return new Signal(kind, "4711", NOON.plusSeconds(second), Optional.empty());
    }

    Signal withCard(String other) {
      return new Signal(kind, other, at, payment);
    }
  }

  record Card(Instant deviceChangedAt, Optional<String> awaiting) {}

  record Decision(String payment, String verdict, List<String> because) {}

  static final class Fraud implements AsyncKeyedFunction<Signal, Card, Decision> {
    private final BatchLookup<String, Double> risk;

    Fraud(BatchLookup<String, Double> risk) {
      this.risk = risk;
    }

    @Override
    public Card initial(String card) {
      return new Card(Instant.EPOCH, Optional.empty());
    }

    @Override
    public CompletionStage<Next<Card>> handle(
        Card card, Event<Signal> event, Output<Decision> out) {
      switch (event.value().kind()) {
        case DEVICE_CHANGED -> {
          return now(Next.state(new Card(event.time(), card.awaiting())));
        }
        case LOGIN -> {
          card.awaiting().ifPresent(id -> out.send(new Decision(id, "accept", List.of("login"))));
          return now(
              Next.state(new Card(card.deviceChangedAt(), Optional.<String>empty()))
                  .cancel("no-login"));
        }
        default -> {
          var payment = event.value().payment().orElseThrow();
          boolean fresh =
              event.time().isBefore(card.deviceChangedAt().plus(Duration.ofMinutes(30)));
          return risk.get("merchant")
              .thenApply(
                  found -> {
                    if (!fresh || found.orElse(0.5) < 0.8) {
                      out.send(new Decision(payment, "accept", List.of()));
                      return Next.same();
                    }
                    return Next.state(new Card(card.deviceChangedAt(), Optional.of(payment)))
                        .wakeAt("no-login", event.time().plus(Duration.ofMinutes(2)))
                        .keepFor(Duration.ofMinutes(30));
                  });
        }
      }
    }

    @Override
    public CompletionStage<Next<Card>> onTimer(Card card, WakeUp timer, Output<Decision> out) {
      out.send(new Decision(card.awaiting().orElseThrow(), "block", List.of("no login")));
      return now(Next.state(new Card(card.deviceChangedAt(), Optional.<String>empty())));
    }

    private static <T> CompletionStage<T> now(T value) {
      return CompletableFuture.completedFuture(value);
    }
  }

  private static FunctionSpec<Signal, Decision> spec() {
    BatchLookup<String, Double> risk =
        BatchLookup.of(keys -> CompletableFuture.completedFuture(Map.of("merchant", 0.9)));
    return FunctionSpec.named("card-fraud")
        .reading(
            Input.of(StreamSource.kinesis("signals"), Json.of(Signal.class)).timedBy(Signal::at))
        .keyedBy(Keys.partitionKey(), Json.of(Card.class).version(2))
        .handledAsyncBy(
            () -> new Fraud(risk),
            Destination.stream("decisions", Json.of(Decision.class), Decision::payment));
  }

  @Test
  void a_payment_that_no_login_follows_is_blocked_when_its_time_has_come() {
    try (var stream = FunctionHarness.of(spec())) {
      stream.put("4711", Signal.of(Kind.DEVICE_CHANGED, 0), stream.now());
      stream.put("4711", Signal.payment("p1", 10), stream.now());
      assertThat(stream.output()).isEmpty();
      assertThat(stream.wakeUpsOf("4711"))
          .extracting(WakeUp::name, WakeUp::due)
          .containsExactly(tuple("no-login", NOON.plusSeconds(130)));

      stream.crash();
      stream.put("other", Signal.of(Kind.LOGIN, 131).withCard("other"), stream.now());

      assertThat(stream.output()).containsExactly(new Decision("p1", "block", List.of("no login")));
      assertThat(stream.wakeUpsOf("4711")).isEmpty();
    }
  }

  @Test
  void a_login_in_time_cancels_the_timer() {
    try (var stream = FunctionHarness.of(spec())) {
      stream.put("4711", Signal.of(Kind.DEVICE_CHANGED, 0), stream.now());
      stream.put("4711", Signal.payment("p1", 10), stream.now());
      stream.put("4711", Signal.of(Kind.LOGIN, 60), stream.now());
      stream.put("other", Signal.of(Kind.LOGIN, 500).withCard("other"), stream.now());

      assertThat(stream.output()).containsExactly(new Decision("p1", "accept", List.of("login")));
    }
  }

  @Test
  void state_that_was_to_be_kept_for_half_an_hour_is_gone_after_it() {
    try (var stream = FunctionHarness.of(spec())) {
      stream.put("4711", Signal.of(Kind.DEVICE_CHANGED, 0), stream.now());
      stream.put("4711", Signal.payment("p1", 10), stream.now());
      stream.advance(Duration.ofMinutes(29));
      assertThat(stream.stateOf("4711", Card.class)).isPresent();
      stream.advance(Duration.ofMinutes(2));
      assertThat(stream.stateOf("4711", Card.class)).isEmpty();
      assertThat(stream.wakeUpsOf("4711")).isEmpty();
    }
  }

  @Test
  void it_comes_to_the_same_under_every_disturbance() {
    var verdict =
        FunctionVerifier.of(spec())
            .put("4711", Signal.of(Kind.DEVICE_CHANGED, 0), Signal.payment("p1", 10))
            .put("4712", Signal.of(Kind.DEVICE_CHANGED, 20).withCard("4712"))
            .put("4712", Signal.payment("p2", 30).withCard("4712"))
            .put("4711", Signal.payment("p3", 131))
            .put("4712", Signal.of(Kind.LOGIN, 140).withCard("4712"))
            .put("4711", Signal.of(Kind.LOGIN, 400))
            .verify();
    assertThat(verdict.toString()).isNotEmpty();
  }
}
