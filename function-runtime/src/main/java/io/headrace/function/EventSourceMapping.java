package io.headrace.function;

import io.headrace.kcl.BatchLimits;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How AWS Lambda would run a batch function on a Kinesis stream: the settings of an event source
 * mapping, under their names, with their ranges and defaults. Given to {@link
 * FunctionSpec.Options#lambdaCompatible(EventSourceMapping)}; immutable.
 *
 * <p>Where a setting has no counterpart of this name: the stream and {@code StartingPosition} are
 * said by {@link Input}, {@code FunctionName} by {@link FunctionSpec#named}, {@code
 * DestinationConfig.OnFailure} by {@link RetryPolicy#thenSendTo}.
 *
 * <p>Source of ranges and rules: AWS's documentation of event source mappings; {@code
 * docs/lambda-conformance.md} lists them one by one.
 */
public final class EventSourceMapping {
  /** An unlimited number of retries, and an unlimited age of records. */
  public static final int UNLIMITED = -1;

  private static final int RETRIES_MAX = 10_000;
  private static final int BATCH_MAX = 10_000;
  static final int FACTOR_MAX = 10;
  private static final Duration WINDOW_MAX = Duration.ofMinutes(5);
  private static final Duration AGE_MIN = Duration.ofMinutes(1);
  private static final Duration AGE_MAX = Duration.ofDays(7);

  private static final EventSourceMapping DEFAULT = new EventSourceMapping(null);

  // Changed between copying and handing out only.
  private int batchSize = 100;
  private Duration window = Duration.ZERO;
  private int factor = 1;
  private boolean bisect;
  private int retries = UNLIMITED;
  private @Nullable Duration recordAge;
  private boolean partialResponses;
  private boolean unknownKeysRefused;
  private boolean payloadInLetters;

  private EventSourceMapping(@Nullable EventSourceMapping of) {
    if (of != null) {
      batchSize = of.batchSize;
      window = of.window;
      factor = of.factor;
      bisect = of.bisect;
      retries = of.retries;
      recordAge = of.recordAge;
      partialResponses = of.partialResponses;
      unknownKeysRefused = of.unknownKeysRefused;
      payloadInLetters = of.payloadInLetters;
    }
  }

  /** Lambda's defaults: batches of 100 at once, one at a time, retried for ever as they are. */
  public static EventSourceMapping defaults() {
    return DEFAULT;
  }

  /**
   * How many records a call gets at most.
   *
   * @param records 1 to 10,000; 100 unless given
   */
  public EventSourceMapping batchSize(int records) {
    require("BatchSize", records, 1, BATCH_MAX);
    var changed = new EventSourceMapping(this);
    changed.batchSize = records;
    return changed;
  }

  /**
   * How long the first record of a batch waits for others, unless the batch is full before: by
   * {@link #batchSize} or by 6 MB.
   *
   * @param window 0 to 300 whole seconds; 0 unless given, which calls with whatever is there
   */
  public EventSourceMapping maximumBatchingWindow(Duration window) {
    boolean isWhole = window.equals(window.truncatedTo(ChronoUnit.SECONDS));
    if (window.isNegative() || window.compareTo(WINDOW_MAX) > 0 || !isWhole) {
      throw refused("MaximumBatchingWindowInSeconds", window, "0 to 300 whole seconds");
    }
    var changed = new EventSourceMapping(this);
    changed.window = window;
    return changed;
  }

  /**
   * How many batches of one shard are in work at once. Each has lanes of partition keys of its own,
   * so that the order of a key holds; a failing batch holds up its lane alone.
   *
   * @param batches 1 to 10; 1 unless given
   */
  public EventSourceMapping parallelizationFactor(int batches) {
    require("ParallelizationFactor", batches, 1, FACTOR_MAX);
    var changed = new EventSourceMapping(this);
    changed.factor = batches;
    return changed;
  }

  /** A batch that fails is split in two, which costs no retry; not unless given. */
  public EventSourceMapping bisectBatchOnFunctionError(boolean bisect) {
    var changed = new EventSourceMapping(this);
    changed.bisect = bisect;
    return changed;
  }

  /**
   * How often a batch is tried again before it is discarded; only errors of the function count.
   *
   * @param retries 0 to 10,000, or {@link #UNLIMITED}, which it is unless given
   */
  public EventSourceMapping maximumRetryAttempts(int retries) {
    require("MaximumRetryAttempts", retries, UNLIMITED, RETRIES_MAX);
    var changed = new EventSourceMapping(this);
    changed.retries = retries;
    return changed;
  }

  /**
   * How old a record may become before it is discarded.
   *
   * @param seconds 60 to 604,800, or {@link #UNLIMITED}, which it is unless given
   */
  public EventSourceMapping maximumRecordAgeInSeconds(int seconds) {
    var age = seconds == UNLIMITED ? null : Duration.ofSeconds(seconds);
    if (age != null && (age.compareTo(AGE_MIN) < 0 || age.compareTo(AGE_MAX) > 0)) {
      throw refused("MaximumRecordAgeInSeconds", seconds, "60 to 604800, or -1");
    }
    var changed = new EventSourceMapping(this);
    changed.recordAge = age;
    return changed;
  }

  /**
   * {@code FunctionResponseTypes: [ReportBatchItemFailures]}: a response may name the records that
   * failed. Without it, what a handler answers is not looked at. {@link Batch#fail} needs no leave.
   */
  public EventSourceMapping reportBatchItemFailures(boolean partial) {
    var changed = new EventSourceMapping(this);
    changed.partialResponses = partial;
    return changed;
  }

  /**
   * Not Lambda's: a response with keys that Lambda does not know fails its batch. Lambda takes
   * {@code {"failedItems": […]}} for a success, which loses what it meant to report.
   */
  public EventSourceMapping refusingUnknownKeys(boolean refused) {
    var changed = new EventSourceMapping(this);
    changed.unknownKeysRefused = refused;
    return changed;
  }

  /**
   * Not Lambda's: a letter with its payload for each record, as {@link DeadLetter}, instead of the
   * metadata of a batch, with which its records must be read again before the stream trims them.
   */
  public EventSourceMapping payloadInLetters(boolean payload) {
    var changed = new EventSourceMapping(this);
    changed.payloadInLetters = payload;
    return changed;
  }

  public boolean bisectsBatchOnFunctionError() {
    return bisect;
  }

  public boolean reportsBatchItemFailures() {
    return partialResponses;
  }

  public boolean refusesUnknownKeys() {
    return unknownKeysRefused;
  }

  boolean hasPayloadInLetters() {
    return payloadInLetters;
  }

  BatchLimits batch() {
    return new BatchLimits(batchSize, window);
  }

  Delivery delivery() {
    return new Delivery(
        factor, new PayloadLimit(PayloadLimit.LAMBDA_BYTES_MAX, true), Optional.of(this), false);
  }

  /** Back-off, sink and the like stay as they are. */
  RetryPolicy bounds(RetryPolicy policy) {
    return policy.bounded(retries == UNLIMITED ? Integer.MAX_VALUE : retries, recordAge);
  }

  private static void require(String setting, int value, int min, int max) {
    if (value < min || value > max) {
      throw refused(setting, value, min + " to " + max);
    }
  }

  private static IllegalArgumentException refused(String setting, Object value, String allowed) {
    return new IllegalArgumentException(
        "event source mapping, " + setting + " " + value + ": must be " + allowed);
  }
}
