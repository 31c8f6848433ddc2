package io.headrace.samples.fraud;

import io.headrace.function.AsyncKeyedFunction;
import io.headrace.function.BatchLookup;
import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.Version;
import io.headrace.function.WakeUp;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.fraud.CardJudge.Verdict;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Payments, logins and devices of a card, which lie in shards of three streams and come together by
 * their card; limits from a stream that is read whole, the risk of merchants from a service, and a
 * timer for what must not happen.
 */
final class FraudFunction implements AsyncKeyedFunction<Signal, CardState, FraudAlarm> {
  static final StreamSource PAYMENTS = StreamSource.kinesis("card-payments");
  static final StreamSource LOGINS = StreamSource.kinesis("card-logins");
  static final StreamSource DEVICES = StreamSource.kinesis("card-devices");

  /** The stream through which signals come to the shard of their card. */
  static final String BY_CARD = "card-signals";

  /**
   * How much event time is given to signals of other shards. The streams are in time order, but a
   * producer that puts some records of a request again keeps only the order of each key; played at
   * thousands of records a second, half a second of that is a week of event time.
   */
  static final Duration WAIT = Duration.ofDays(14);

  private static final String DOUBT = "doubt";

  private final BatchLookup<String, Integer> risks;

  FraudFunction(BatchLookup<String, Integer> risks) {
    this.risks = risks;
  }

  @Override
  public CardState initial(String card) {
    return CardState.NEW;
  }

  @Override
  public CompletionStage<Next<CardState>> handle(
      CardState card, Event<Signal> event, Output<FraudAlarm> out) {
    if (!(event.value() instanceof Payment payment)) {
      return now(Next.state(CardJudge.seen(card, event.value())));
    }
    var rules = event.inForce(Rules.BROADCAST).map(Version::value).orElse(Rules.BUILT_IN);
    return risks
        .get(payment.merchant())
        .thenApply(
            risk ->
                told(
                    CardJudge.by(rules).judge(card, payment, risk.orElse(Merchants.UNKNOWN)), out));
  }

  @Override
  public CompletionStage<Next<CardState>> onTimer(
      CardState card, WakeUp timer, Output<FraudAlarm> out) {
    return now(told(CardJudge.settle(timer.key(), card, timer.due().minus(WAIT)), out));
  }

  private static Next<CardState> told(Verdict verdict, Output<FraudAlarm> out) {
    verdict.alarms().forEach(out::send);
    var next = Next.state(verdict.state());
    return CardJudge.nextDue(verdict.state())
        .map(due -> next.wakeAt(DOUBT, due.plus(WAIT)))
        .orElse(next);
  }

  private static <T> CompletionStage<T> now(T value) {
    return CompletableFuture.completedFuture(value);
  }

  static FunctionSpec<Signal, FraudAlarm> spec(Merchants merchants, Destination<FraudAlarm> to) {
    var risks = risks(merchants);
    return FunctionSpec.named("card-fraud")
        .<Signal>reading(
            payments(),
            Input.of(LOGINS, Json.of(Login.class)).timedBy(Login::at),
            Input.of(DEVICES, Json.of(DeviceChange.class)).timedBy(DeviceChange::at))
        .withBroadcast(Rules.BROADCAST)
        .keyedBy(Keys.across(Signal::card, BY_CARD), Json.of(CardState.class))
        .handledAsyncBy(() -> new FraudFunction(risks), to);
  }

  /** Of payments alone, whose partition key is the card, with states in a codec of the caller's. */
  static FunctionSpec<Signal, FraudAlarm> ofPayments(
      Merchants merchants, Destination<FraudAlarm> to, Codec<CardState> states) {
    var risks = risks(merchants);
    return FunctionSpec.named("card-fraud")
        .<Signal>reading(payments())
        .withBroadcast(Rules.BROADCAST)
        .keyedBy(Keys.partitionKey(), states)
        .handledAsyncBy(() -> new FraudFunction(risks), to);
  }

  private static Input<Payment> payments() {
    return Input.of(PAYMENTS, Json.of(Payment.class)).timedBy(Payment::at);
  }

  private static BatchLookup<String, Integer> risks(Merchants merchants) {
    return BatchLookup.of(merchants::riskOf)
        .upTo(100, Duration.ofMillis(2))
        .cachingFor(Duration.ofMinutes(10), 50_000);
  }
}
