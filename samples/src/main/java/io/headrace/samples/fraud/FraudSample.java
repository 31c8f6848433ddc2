package io.headrace.samples.fraud;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.Collected;
import io.headrace.samples.Deployment;
import io.headrace.samples.Played;
import io.headrace.samples.Sample;
import io.headrace.samples.SampleResult;
import io.headrace.samples.Score;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Finds fraud in generated card payments, by four rules. The payments come from the authors of the
 * rules, so the figures show that the mechanics work, and not how good the rules are at fraud.
 */
public final class FraudSample implements Sample {
  /** The seed of the payments that the documentation's figures are for. */
  public static final long SEED = 1;

  /** What the simplest rule of all would ask about: any payment of so much or more. */
  static final long BASELINE_CENTS = 500_00;

  /** Cards make more than eleven payments on average. */
  private static final int PAYMENTS_A_CARD_MIN = 11;

  /** So many cards have one incident, and one innocent look-alike, of each kind. */
  private static final int CARDS_A_STORY = 500;

  private static final StreamSource STREAM = StreamSource.kinesis("card-payments");

  /** Names an alarm. */
  private record Name(Scenario scenario, long payment) {}

  private final Ledger ledger;
  private final Played<Payment> played;
  private final Collected<Name, FraudAlarm> alarms =
      new Collected<>(alarm -> new Name(alarm.scenario(), alarm.payment()));
  private final FunctionSpec<Payment, FraudAlarm> spec =
      FraudFunction.spec(STREAM, Destination.callback(this::take));

  /** Generates the documented payments, those of {@link #SEED}. */
  public FraudSample() {
    this(new SplittableRandom(SEED));
  }

  /**
   * Generates payments.
   *
   * @param random the same source gives the same payments; used within the call only
   */
  public FraudSample(RandomGenerator random) {
    this(new LedgerGenerator(random, Shape.ORDINARY).generate());
  }

  FraudSample(Ledger ledger) {
    this.ledger = ledger;
    this.played = new Played<>(ledger.payments(), Json.of(Payment.class), Payment::card);
  }

  /**
   * A sample with many payments.
   *
   * @param payments the least that there are to be, up to a million or so; more than {@link #SEED}
   *     has, or there are as many as that has
   */
  public static FraudSample ofAtLeast(long payments) {
    int cards = Math.toIntExact(payments / PAYMENTS_A_CARD_MIN);
    int stories = cards / CARDS_A_STORY;
    var shape =
        cards <= Shape.ORDINARY.cards()
            ? Shape.ORDINARY
            : new Shape(
                cards,
                Shape.ORDINARY.days(),
                stories,
                stories,
                stories,
                Shape.ORDINARY.travellers(),
                Shape.ORDINARY.fraudSpend());
    return new FraudSample(new LedgerGenerator(new SplittableRandom(SEED), shape).generate());
  }

  /** The same function as real workers run it. */
  public static FunctionSpec<?, ?> deployed(Deployment how) {
    return FraudFunction.spec(
        STREAM, how.outputs(FraudAlarm.class, FraudAlarm::card), how.state(CardState.class));
  }

  /** What the function's destination is. */
  void take(FraudAlarm alarm) {
    alarms.add(alarm);
  }

  @Override
  public String name() {
    return "fraud";
  }

  @Override
  public StreamSource stream() {
    return STREAM;
  }

  @Override
  public int shards() {
    return 4;
  }

  @Override
  public FunctionSpec<Payment, FraudAlarm> spec() {
    return spec;
  }

  @Override
  public long perSecondMax() {
    return 3_400;
  }

  @Override
  public Played<Payment> played() {
    return played;
  }

  @Override
  public long outputs() {
    return alarms.size();
  }

  /** By scenario: alarms by payment, recall by incident. */
  @Override
  public SampleResult result(long put) {
    var payments = played.first(put);
    var distinct = alarms.distinct().values();
    var judge = new Judge(ledger, put);
    var byScenario = judge.byScenario(distinct);
    var overall =
        judge.overall(distinct.stream().map(FraudAlarm::payment).collect(Collectors.toSet()));
    var detection = judge.detection(distinct);
    var ablation = Ablation.of(ledger, payments);
    var baseline =
        judge.overall(
            payments.stream()
                .filter(payment -> payment.cents() >= BASELINE_CENTS)
                .map(Payment::number)
                .collect(Collectors.toSet()));

    var figures = new LinkedHashMap<String, Object>();
    figures.put("payments", put);
    figures.put("cards", payments.stream().map(Payment::card).distinct().count());
    figures.put("scenarios", figures(byScenario, detection));
    figures.put("overall", overall.figures());
    figures.put("without", figures(ablation, Map.of()));
    figures.put("baseline", baseline.figures());
    figures.put("repeated", alarms.repeated());
    figures.put("contradicting", alarms.contradicting());
    figures.put("unasked", distinct.stream().filter(alarm -> alarm.payment() > put).count());

    var lines = new ArrayList<String>();
    lines.add(put + " payments");
    byScenario.forEach((scenario, score) -> lines.add(title(scenario) + ": " + score));
    detection.forEach((scenario, found) -> lines.add(title(scenario) + ", found: " + found));
    lines.add("any alarm on any fraud: " + overall);
    ablation.forEach(
        (scenario, score) -> lines.add("without the rule for " + title(scenario) + ": " + score));
    lines.add("baseline, amount of 500.00 or more: " + baseline);
    return new SampleResult(name(), figures, lines);
  }

  private static Map<String, Object> figures(
      Map<Scenario, Score> scores, Map<Scenario, Detection> detection) {
    var figures = new LinkedHashMap<String, Object>();
    scores.forEach(
        (scenario, score) -> {
          var of = score.figures();
          of.putAll(detection.getOrDefault(scenario, Detection.NONE).figures());
          figures.put(title(scenario), of);
        });
    return figures;
  }

  private static String title(Scenario scenario) {
    return scenario.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
