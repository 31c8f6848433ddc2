package io.headrace.harness;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Three inputs keyed by card, a look-up and a timer: the API's third program, as it is written. */
class FraudProgramTest {
  static final class Fraud implements AsyncKeyedFunction<Fraud.Signal, Fraud.Card, Fraud.Decision> {
    sealed interface Signal {
      String card();
    }

    record Payment(String card, String id, String merchant, long cents) implements Signal {}

    record Login(String card) implements Signal {}

    record DeviceChanged(String card) implements Signal {}

    record Card(Instant deviceChangedAt, Optional<String> awaiting) {}

    record Decision(String payment, String verdict, List<String> because) {}

    private final BatchLookup<String, Double> merchantRisk;

    Fraud(BatchLookup<String, Double> merchantRisk) {
      this.merchantRisk = merchantRisk;
    }

    @Override
    public Card initial(String card) {
      return new Card(Instant.EPOCH, Optional.empty());
    }

    @Override
    public CompletionStage<Next<Card>> handle(
        Card card, Event<Signal> event, Output<Decision> out) {
      if (event.value() instanceof DeviceChanged) {
        return now(Next.state(new Card(event.time(), card.awaiting())));
      }
      if (event.value() instanceof Login) {
        card.awaiting()
            .ifPresent(id -> out.send(new Decision(id, "accept", List.of("login followed"))));
        return now(
            Next.state(new Card(card.deviceChangedAt(), Optional.<String>empty()))
                .cancel("no-login"));
      }
      var payment = (Payment) event.value();
      var freshDevice = event.time().isBefore(card.deviceChangedAt().plus(ofMinutes(30)));
      return merchantRisk
          .get(payment.merchant())
          .thenApply(
              risk -> {
                if (!freshDevice || risk.orElse(0.5) < 0.8) {
                  out.send(new Decision(payment.id(), "accept", List.of()));
                  return Next.same();
                }
                if (card.awaiting().isPresent()) {
                  out.send(new Decision(payment.id(), "block", List.of("second in doubt")));
                  return Next.same();
                }
                return Next.state(new Card(card.deviceChangedAt(), Optional.of(payment.id())))
                    .wakeAt("no-login", event.time().plus(ofMinutes(2)))
                    .keepFor(ofDays(30));
              });
    }

    @Override
    public CompletionStage<Next<Card>> onTimer(Card card, WakeUp timer, Output<Decision> out) {
      out.send(
          new Decision(
              card.awaiting().orElseThrow(),
              "block",
              List.of("new device", "risky merchant", "no login")));
      return now(Next.state(new Card(card.deviceChangedAt(), Optional.<String>empty())));
    }

    private static <T> CompletionStage<T> now(T value) {
      return CompletableFuture.completedFuture(value);
    }

    static FunctionSpec<Signal, Decision> spec(BatchLookup<String, Double> risk) {
      return FunctionSpec.named("card-fraud")
          .<Signal>reading(
              Input.of(StreamSource.kinesis("payments"), Json.of(Payment.class)),
              Input.of(StreamSource.kinesis("logins"), Json.of(Login.class)),
              Input.of(StreamSource.kinesis("devices"), Json.of(DeviceChanged.class)))
          .keyedBy(Keys.across(Signal::card, "signals-by-card"), Json.of(Card.class).version(2))
          .handledAsyncBy(
              () -> new Fraud(risk),
              Destination.stream("decisions", Json.of(Decision.class), Decision::payment));
    }
  }

  private static final Map<String, Double> RISKS = Map.of("casino", 0.9, "bakery", 0.1);

  private final FunctionHarness<Fraud.Signal, Fraud.Decision> stream =
      FunctionHarness.of(
          Fraud.spec(BatchLookup.of(keys -> CompletableFuture.completedFuture(RISKS))));

  private static Fraud.Payment payment(String id, String merchant) {
    return new Fraud.Payment("4711", id, merchant, 100);
  }

  @AfterEach
  void close() {
    stream.close();
  }

  private void suspicion() {
    stream.putKeyed("device-1", new Fraud.DeviceChanged("4711"));
    stream.advance(ofSeconds(2));
    stream.putKeyed("till-1", payment("p1", "casino"));
    stream.advance(ofSeconds(2));
  }

  @Test
  void a_payment_is_accepted_where_nothing_is_suspicious() {
    stream.putKeyed("till-1", payment("p0", "casino"));
    stream.putKeyed("device-1", new Fraud.DeviceChanged("4711"));
    stream.advance(ofSeconds(2));
    stream.putKeyed("till-2", payment("p1", "bakery"));
    stream.advance(ofSeconds(2));

    assertThat(stream.output())
        .containsExactly(
            new Fraud.Decision("p0", "accept", List.of()),
            new Fraud.Decision("p1", "accept", List.of()));
  }

  @Test
  void a_login_in_time_settles_a_payment_in_doubt_and_a_second_one_is_blocked() {
    suspicion();
    stream.putKeyed("till-9", payment("p2", "casino"));
    stream.advance(ofSeconds(30));
    stream.putKeyed("web", new Fraud.Login("4711"));
    stream.advance(ofMinutes(5));

    assertThat(stream.output())
        .containsExactly(
            new Fraud.Decision("p2", "block", List.of("second in doubt")),
            new Fraud.Decision("p1", "accept", List.of("login followed")));
    assertThat(stream.wakeUpsOf("4711")).isEmpty();
    assertThat(stream.deadLetters()).isEmpty();
  }

  @Test
  void a_payment_that_no_login_follows_is_blocked_through_a_crash_and_a_split() {
    suspicion();
    assertThat(stream.output()).isEmpty();
    assertThat(stream.wakeUpsOf("4711")).extracting(WakeUp::name).containsExactly("no-login");
    stream.crash();
    stream.split();

    stream.advance(ofMinutes(3));
    stream.putKeyed("till-1", new Fraud.Payment("other", "p8", "bakery", 1));
    stream.putKeyed("till-3", new Fraud.Payment("another", "p9", "bakery", 1));
    stream.advance(ofMinutes(2));

    assertThat(stream.output())
        .contains(
            new Fraud.Decision("p1", "block", List.of("new device", "risky merchant", "no login")));
    assertThat(stream.wakeUpsOf("4711")).isEmpty();
    assertThat(stream.deadLetters()).isEmpty();
  }
}
