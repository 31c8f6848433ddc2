package io.headrace.function;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** How often and how soon a failed record is tried again, and where it goes at last. Immutable. */
public final class RetryPolicy {
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofMinutes(1);

  /** {@link Integer#MAX_VALUE} is for ever. */
  private final int retries;

  private final Duration first;
  private final Duration longest;
  private final List<Class<? extends Throwable>> terminal;
  private final @Nullable DeadLetters sink;
  private final Patience patience;
  private final KeyAfterLetter keyAfterLetter;

  /** What becomes of the later records of a key of which one is in the dead letters. */
  public enum KeyAfterLetter {
    /** They are handled as if it had never been there. */
    GO_ON,

    /**
     * They go to the dead letters as well, in their order and untried, under the code {@code
     * KeyWaits}, until all letters of the key were played again. For functions with or without
     * state that handle record by record; what is played again is played in order.
     */
    WAIT_FOR_REDRIVE
  }

  private RetryPolicy(
      int retries,
      Duration first,
      Duration longest,
      List<Class<? extends Throwable>> terminal,
      @Nullable DeadLetters sink,
      Patience patience,
      KeyAfterLetter keyAfterLetter) {
    this.retries = retries;
    this.first = first;
    this.longest = longest;
    this.terminal = List.copyOf(terminal);
    this.sink = sink;
    this.patience = patience;
    this.keyAfterLetter = keyAfterLetter;
  }

  /** The default: for ever, 100 ms to 1 min with jitter; the key waits, other keys go on. */
  public static RetryPolicy forever() {
    return new RetryPolicy(
        Integer.MAX_VALUE, FIRST, LONGEST, List.of(), null, Patience.ENDLESS, KeyAfterLetter.GO_ON);
  }

  /**
   * @param retries after the first attempt; 0 never tries again
   */
  public static RetryPolicy upTo(int retries) {
    if (retries < 0) {
      throw new IllegalArgumentException("retries " + retries + ": must not be negative");
    }
    return new RetryPolicy(
        retries, FIRST, LONGEST, List.of(), null, Patience.ENDLESS, KeyAfterLetter.GO_ON);
  }

  /** The first wait, doubled after each attempt up to the longest; jitter takes up to half off. */
  public RetryPolicy backingOff(Duration first, Duration longest) {
    if (first.compareTo(Duration.ofMillis(1)) < 0 || longest.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "backing off from " + first + " to " + longest + ": needs 1 ms <= first <= longest");
    }
    if (longest.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("longest " + longest + ": must be at most an hour");
    }
    return new RetryPolicy(retries, first, longest, terminal, sink, patience, keyAfterLetter);
  }

  /** Exceptions of this type go straight to the dead letters, under their class's name. */
  public RetryPolicy terminalOn(Class<? extends Throwable> type) {
    refuseFatal("terminalOn", type);
    var more = new ArrayList<>(terminal);
    more.add(type);
    return new RetryPolicy(retries, first, longest, more, sink, patience, keyAfterLetter);
  }

  /**
   * Exceptions of this type mean that something the function depends on is down, as {@link
   * Unavailable} does; operators see the type's simple name.
   */
  public RetryPolicy unavailableOn(Class<? extends Throwable> type) {
    return with(patience.unavailableOn(type));
  }

  /**
   * A record that has become so old since the stream took it goes to the dead letters under the
   * code {@code RecordAgeExceeded} instead of being tried once more; unseen by the function when it
   * was so old before its first attempt. Asked for each record by itself, before each attempt. The
   * time that a function is paused counts.
   *
   * @param recordAge 1 ms to 365 days; for ever unless given
   */
  public RetryPolicy within(Duration recordAge) {
    return with(patience.within(recordAge));
  }

  /**
   * Pauses the function, in all shards of the worker, once more than this share of the last records
   * failed at their first attempt: a broken deployment then does not fill the dead letters. While
   * it is paused one record at a time probes, ever more rarely, and it alone can use up its
   * retries; what was under way when the pause began is tried again as if it had not been. The
   * first success lets all go on.
   *
   * @param share at least 0, below 1; {@code share * ofLast} records are lettered before at most,
   *     and one for each probe from then on
   * @param ofLast 1 to 100,000 records; batches, where whole batches fail by Lambda's rules
   */
  public RetryPolicy pausingAbove(double share, int ofLast) {
    return with(patience.pausingAbove(share, ofLast));
  }

  /**
   * Parks a key that keeps failing, so that neither the position nor a shard's end waits for it; on
   * unless said otherwise, with {@link KeyParking#DEFAULT}. Needs a place for the application's
   * state ({@link FunctionRuntime#stateIn}): without one nothing is parked.
   */
  public RetryPolicy parkingKeys(KeyParking parking) {
    Objects.requireNonNull(parking, "parking");
    return with(patience.parkingKeys(parking));
  }

  /** A key that keeps failing waits in memory, and the position waits with it. */
  public RetryPolicy parkingNoKeys() {
    return with(patience.parkingKeys(null));
  }

  private RetryPolicy with(Patience other) {
    return new RetryPolicy(retries, first, longest, terminal, sink, other, keyAfterLetter);
  }

  /** The same with other bounds, as an event source mapping gives them. */
  RetryPolicy bounded(int retries, @Nullable Duration recordAge) {
    return new RetryPolicy(
        retries, first, longest, terminal, sink, patience.within(recordAge), keyAfterLetter);
  }

  /** The same with other retries. */
  RetryPolicy withRetries(int retries) {
    return bounded(retries, patience.recordAge());
  }

  static void refuseFatal(String option, Class<? extends Throwable> type) {
    if (type.isAssignableFrom(VirtualMachineError.class)) {
      throw new IllegalArgumentException(
          option + " " + type.getName() + ": would take in errors of the virtual machine");
    }
  }

  /** Where dead letters go; without it, where the runtime keeps them. */
  public RetryPolicy thenSendTo(DeadLetters sink) {
    Objects.requireNonNull(sink, "sink");
    return new RetryPolicy(retries, first, longest, terminal, sink, patience, keyAfterLetter);
  }

  /** What becomes of the later records of a key after a letter; they go on unless said. */
  public RetryPolicy thenLaterRecordsOfTheKey(KeyAfterLetter choice) {
    Objects.requireNonNull(choice, "choice");
    return new RetryPolicy(retries, first, longest, terminal, sink, patience, choice);
  }

  boolean keysWait() {
    return keyAfterLetter == KeyAfterLetter.WAIT_FOR_REDRIVE;
  }

  Optional<DeadLetters> sink() {
    return Optional.ofNullable(sink);
  }

  Patience patience() {
    return patience;
  }

  /** {@link Integer#MAX_VALUE} is for ever. */
  int retries() {
    return retries;
  }

  boolean allowsAnother(int attempts) {
    return attempts <= retries;
  }

  boolean isTerminal(Throwable failure) {
    return failure instanceof TerminalFailure
        || terminal.stream().anyMatch(type -> type.isInstance(failure));
  }

  /** The wait after so many attempts. */
  Duration waitAfter(int attempts, RandomGenerator random) {
    return jittered(first, longest, attempts, random);
  }

  /**
   * {@code first * 2^(attempts - 1)}, at most {@code longest}, of which up to half is taken off.
   */
  static Duration jittered(Duration first, Duration longest, int attempts, RandomGenerator random) {
    int doublings = Math.min(attempts - 1, 30);
    long full = first.toNanos();
    for (int i = 0; i < doublings && full < longest.toNanos(); i++) {
      full *= 2;
    }
    full = Math.min(full, longest.toNanos());
    return Duration.ofNanos(full - (long) (random.nextDouble() * full / 2));
  }
}
