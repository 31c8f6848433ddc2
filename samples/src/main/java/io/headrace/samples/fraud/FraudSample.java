package io.headrace.samples.fraud;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.json.Json;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.Change;
import io.headrace.samples.Collected;
import io.headrace.samples.Deployment;
import io.headrace.samples.Played;
import io.headrace.samples.Put;
import io.headrace.samples.Sample;
import io.headrace.samples.SampleResult;
import io.headrace.samples.Score;
import io.headrace.samples.ShardEnds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Finds fraud in generated card payments, by five rules, whose limits change while it runs. The
 * payments come from the authors of the rules, so the figures show that the mechanics work, and not
 * how good the rules are at fraud.
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

  /**
   * What is put while the sample is played, long before the event time from which it is in force:
   * four payments in a row are a burst then, and a card that wakes up has to pay more.
   */
  static final Rules TIGHTENED =
      new Rules(
          1,
          LedgerGenerator.START.plus(Duration.ofDays(60)),
          new Rules.Velocity(4, 600),
          Rules.BUILT_IN.travel(),
          Rules.BUILT_IN.probe(),
          new Rules.Dormancy(30, 5, 4, 86_400, 150_00, 4),
          Rules.BUILT_IN.takeover());

  private static final Json<Payment> PAYMENTS = Json.of(Payment.class);
  private static final Json<Login> LOGINS = Json.of(Login.class);
  private static final Json<DeviceChange> DEVICES = Json.of(DeviceChange.class);

  /** Names an alarm. */
  private record Name(Scenario scenario, long payment) {}

  private final Ledger ledger;
  private final Played<Signal> played;
  private final Collected<Name, FraudAlarm> alarms =
      new Collected<>(alarm -> new Name(alarm.scenario(), alarm.payment()));
  private final FunctionSpec<Signal, FraudAlarm> spec =
      FraudFunction.spec(Merchants.register(), Destination.callback(this::take));

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
    this.played = new Played<>(ledger.signals(), FraudSample::put);
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

  /** The same function as real workers run it, of payments alone. */
  public static FunctionSpec<?, ?> deployed(Deployment how) {
    return FraudFunction.ofPayments(
        Merchants.register(),
        how.outputs(FraudAlarm.class, FraudAlarm::card),
        how.state(CardState.class));
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
  public int shards() {
    return 4;
  }

  @Override
  public FunctionSpec<Signal, FraudAlarm> spec() {
    return spec;
  }

  @Override
  public long perSecondMax() {
    return 4_000;
  }

  @Override
  public Played<Signal> played() {
    return played;
  }

  private static Put put(Signal signal) {
    if (signal instanceof Login login) {
      return new Put(FraudFunction.LOGINS, new Entry(login.device(), LOGINS.encode(login)));
    }
    if (signal instanceof DeviceChange change) {
      return new Put(FraudFunction.DEVICES, new Entry(change.device(), DEVICES.encode(change)));
    }
    var payment = (Payment) signal;
    return new Put(FraudFunction.PAYMENTS, new Entry(payment.card(), PAYMENTS.encode(payment)));
  }

  /** First of all, as it needs 5 s to settle: 60 days of event time never pass in less. */
  @Override
  public List<Change> changes() {
    byte[] version = Rules.CODEC.encode(TIGHTENED);
    return List.of(new Change(0, new Put(Rules.STREAM, new Entry("rules", version))));
  }

  /** The limits that are in force for payments of a time. */
  static Rules inForce(Instant at) {
    return at.isBefore(TIGHTENED.from()) ? Rules.BUILT_IN : TIGHTENED;
  }

  /** A late signal of no card for each shard: whatever is in doubt is judged then. */
  @Override
  public List<Entry> ending(StreamSource stream, Collection<Shard> openShards) {
    byte[] end =
        stream.equals(FraudFunction.LOGINS)
            ? LOGINS.encode(Login.END)
            : stream.equals(FraudFunction.DEVICES)
                ? DEVICES.encode(DeviceChange.END)
                : PAYMENTS.encode(Payment.END);
    return ShardEnds.keys(openShards).values().stream().map(key -> new Entry(key, end)).toList();
  }

  @Override
  public long outputs() {
    return alarms.size();
  }

  /** By scenario: alarms by payment, recall by incident. */
  @Override
  public SampleResult result(long put) {
    var signals = played.first(put);
    var payments = ledger.payments().subList(0, (int) paymentsIn(signals));
    var distinct = alarms.distinct().values();
    var judge = new Judge(ledger, payments.size());
    var byScenario = judge.byScenario(distinct);
    var overall =
        judge.overall(distinct.stream().map(FraudAlarm::payment).collect(Collectors.toSet()));
    var detection = judge.detection(distinct);
    var ablation = Ablation.of(judge, signals, FraudSample::inForce);
    var baseline =
        judge.overall(
            payments.stream()
                .filter(payment -> payment.cents() >= BASELINE_CENTS)
                .map(Payment::number)
                .collect(Collectors.toSet()));

    var byVersion = new TreeMap<String, Object>();
    distinct.forEach(
        alarm -> byVersion.merge("version " + alarm.rules(), 1L, (a, b) -> (Long) a + (Long) b));

    var figures = new LinkedHashMap<String, Object>();
    figures.put("signals", put);
    figures.put("payments", (long) payments.size());
    figures.put("cards", payments.stream().map(Payment::card).distinct().count());
    figures.put("scenarios", figures(byScenario, detection));
    figures.put("overall", overall.figures());
    figures.put("rules", byVersion);
    figures.put("without", figures(ablation, Map.of()));
    figures.put("baseline", baseline.figures());
    figures.put("repeated", alarms.repeated());
    figures.put("contradicting", alarms.contradicting());
    figures.put(
        "unasked", distinct.stream().filter(alarm -> alarm.payment() > payments.size()).count());

    var lines = new ArrayList<String>();
    lines.add(payments.size() + " payments and " + (put - payments.size()) + " logins and devices");
    lines.add("alarms by the version of the rules: " + byVersion);
    byScenario.forEach((scenario, score) -> lines.add(title(scenario) + ": " + score));
    detection.forEach((scenario, found) -> lines.add(title(scenario) + ", found: " + found));
    lines.add("any alarm on any fraud: " + overall);
    ablation.forEach(
        (scenario, score) -> lines.add("without the rule for " + title(scenario) + ": " + score));
    lines.add("baseline, amount of 500.00 or more: " + baseline);
    return new SampleResult(name(), figures, lines);
  }

  private static long paymentsIn(List<Signal> signals) {
    return signals.stream().filter(signal -> signal instanceof Payment).count();
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
