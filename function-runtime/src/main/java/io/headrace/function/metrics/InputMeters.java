package io.headrace.function.metrics;

import io.headrace.function.ObservedWorker.FunctionInput;
import io.headrace.kcl.ShardHandler.Outcome;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one function and one of its streams. Counted and looked at on the worker loop; read
 * by whoever scrapes.
 */
final class InputMeters {
  /** So many codes of letters are told apart. */
  static final int CODES_MAX = 50;

  static final String OTHER = "other";
  private static final double NANOS = 1e9;

  /** As of the last look; times in seconds. */
  record Look(
      double age,
      double behind,
      double uncommitted,
      int running,
      int preparing,
      int held,
      int readingBehind,
      long underWay,
      long accountOff,
      int busy,
      int failing,
      int waiting,
      int parked,
      long parkedRecords,
      long parkedBytes,
      long outputs,
      long outputBytes,
      double outputAge) {
    static final Look NOTHING = new Look(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Nobody looks any more. */
    static final Look GONE =
        new Look(
            Double.NaN,
            Double.NaN,
            Double.NaN,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            Double.NaN);
  }

  final Count taken;
  final Count foundDone;
  final Count givenBack;
  final Count commits;
  final Count attemptsFailed;
  final Count stalls;
  final Count tracesMalformed;

  private final FunctionInput input;
  private final Registered registered;
  private final Tags tags;
  private final Map<Outcome, Count> settled = new EnumMap<>(Outcome.class);
  private final Map<Outcome, Count> played = new EnumMap<>(Outcome.class);
  private final Map<String, Count> letters = new HashMap<>();
  private volatile Look look = Look.NOTHING;
  private volatile @Nullable Duration retention;

  InputMeters(FunctionInput input, Tags common, Registered registered) {
    this.input = input;
    this.registered = registered;
    this.tags = common.and("function", input.function(), "stream", input.stream());
    taken = registered.counter(Named.TAKEN, tags);
    foundDone = registered.counter(Named.FOUND_DONE, tags);
    givenBack = registered.counter(Named.GIVEN_BACK, tags);
    commits = registered.counter(Named.COMMITS, tags);
    attemptsFailed = registered.counter(Named.ATTEMPTS_FAILED, tags);
    stalls = registered.counter(Named.STALLS, tags);
    tracesMalformed = registered.counter(Named.TRACES_MALFORMED, tags);
    for (var outcome : Outcome.values()) {
      var word = outcome.name().toLowerCase(Locale.ROOT);
      settled.put(outcome, registered.counter(Named.SETTLED, tags.and("outcome", word)));
      played.put(outcome, registered.counter(Named.LETTERS_PLAYED, tags.and("outcome", word)));
    }
    gauges();
  }

  private void gauges() {
    registered.gauge(Named.UNDER_WAY, tags, () -> account().underWay());
    registered.gauge(Named.ACCOUNT_OFF, tags, () -> look.accountOff());
    registered.gauge(Named.ITERATOR_AGE, tags, () -> look.age());
    registered.gauge(Named.BEHIND, tags, () -> look.behind());
    registered.gauge(Named.TO_RETENTION, tags, this::toRetention);
    registered.gauge(Named.COMMIT_AGE, tags, () -> look.uncommitted());
    registered.gauge(Named.SHARDS, tags.and("state", "running"), () -> look.running());
    registered.gauge(Named.SHARDS, tags.and("state", "preparing"), () -> look.preparing());
    registered.gauge(Named.SHARDS, tags.and("state", "held"), () -> look.held());
    registered.gauge(Named.SHARDS_READ_BEHIND, tags, () -> look.readingBehind());
    registered.gauge(Named.KEYS_BUSY, tags, () -> look.busy());
    registered.gauge(Named.KEYS_FAILING, tags, () -> look.failing());
    registered.gauge(Named.RECORDS_WAITING, tags, () -> look.waiting());
    registered.gauge(Named.KEYS_PARKED, tags, () -> look.parked());
    registered.gauge(Named.PARKED_RECORDS, tags, () -> look.parkedRecords());
    registered.gauge(Named.PARKED_BYTES, tags, () -> look.parkedBytes());
    registered.gauge(Named.OUTPUTS_WAITING, tags, () -> look.outputs());
    registered.gauge(Named.OUTPUTS_WAITING_BYTES, tags, () -> look.outputBytes());
    registered.gauge(Named.OUTPUTS_WAITING_AGE, tags, () -> look.outputAge());
  }

  FunctionInput input() {
    return input;
  }

  Tags tags() {
    return tags;
  }

  /** The hot path: once for each record. */
  void settled(Outcome outcome) {
    increment(settled.get(outcome));
  }

  void played(Outcome outcome) {
    increment(played.get(outcome));
  }

  private static void increment(@Nullable Count count) {
    if (count != null) {
      count.increment();
    }
  }

  void lettered(String code) {
    var known = letters.get(code);
    if (known == null) {
      var word = letters.size() < CODES_MAX ? code : OTHER;
      known =
          letters.computeIfAbsent(
              word, name -> registered.counter(Named.LETTERS, tags.and("code", name)));
    }
    known.increment();
  }

  Look look() {
    return look;
  }

  void look(Look now) {
    look = now;
  }

  /** The worker has ended; by any thread. */
  void gone() {
    look = Look.GONE;
  }

  void retention(Duration told) {
    retention = told;
  }

  /** NaN is how a registry says that there is no value. */
  private double toRetention() {
    var known = retention;
    return known == null ? Double.NaN : known.toNanos() / NANOS - look.age();
  }

  long finished() {
    long sum = 0;
    for (var count : settled.values()) {
      sum += count.sum();
    }
    return sum;
  }

  /** What comes first is read last, so that no record is missing that was taken by then. */
  Account account() {
    var outcomes = new EnumMap<Outcome, Long>(Outcome.class);
    settled.forEach((outcome, count) -> outcomes.put(outcome, count.sum()));
    long done = foundDone.sum();
    long back = givenBack.sum();
    return new Account(taken.sum(), outcomes, done, back);
  }
}
