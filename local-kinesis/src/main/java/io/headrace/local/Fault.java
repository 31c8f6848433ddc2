package io.headrace.local;

import io.headrace.local.fault.FaultCodes;
import io.headrace.local.fault.FaultEffect;
import io.headrace.local.fault.FaultRule;
import java.time.Duration;
import java.util.Objects;

/**
 * One thing that goes wrong with some requests: what it is comes from one of the methods that make
 * a fault, which requests from the methods that narrow it down. Immutable; any thread.
 *
 * <pre>{@code
 * kinesis.faults().add(Fault.error("InternalFailure").on("GetRecords").every(10));
 * kinesis.faults().add(Fault.failRecords(0.3).stream("orders").probability(0.5));
 * kinesis.faults().add(Fault.cutAfter().on("PutRecord").first(1));
 * }</pre>
 *
 * <p>Faults strike requests that are valid and signed; those that the service would refuse are
 * refused as always and not counted.
 *
 * <p>Whatever is out of its range, or does not go with the rest of the fault, is an {@link
 * IllegalArgumentException} that names the field and the value.
 */
public final class Fault {
  private final FaultRule rule;

  private Fault(FaultRule rule) {
    this.rule = rule;
  }

  static Fault of(FaultRule rule) {
    return new Fault(rule);
  }

  private static Fault of(FaultEffect effect) {
    return new Fault(FaultRule.of(effect));
  }

  /**
   * The request does nothing and is answered with an error, in the service's words and with its
   * status as far as these are known.
   *
   * @param code the service's code, such as {@code ExpiredIteratorException}
   */
  public static Fault error(String code) {
    return of(FaultCodes.error(code, null, 0));
  }

  /** The request does nothing and is answered with an error in these words. */
  public static Fault error(String code, String message) {
    return of(FaultCodes.error(code, message, 0));
  }

  /**
   * The request does nothing and is answered with an error in these words.
   *
   * @param status of the HTTP answer, 400 to 599
   */
  public static Fault error(String code, String message, int status) {
    return of(new FaultEffect.Refuse(code, message, status));
  }

  /** The request does its work, and its answer leaves so much later by the machine's time. */
  public static Fault delay(Duration delay) {
    return of(new FaultEffect.Delay(delay, delay));
  }

  /** As {@link #delay(Duration)}, with a time drawn between the two; at most ten minutes. */
  public static Fault delay(Duration min, Duration max) {
    return of(new FaultEffect.Delay(min, max));
  }

  /** The connection is cut, or over HTTP/2 the one stream, and the request has done nothing. */
  public static Fault cutBefore() {
    return of(new FaultEffect.Cut(false));
  }

  /** The request does its work, but the connection is cut before the answer: a put has happened. */
  public static Fault cutAfter() {
    return of(new FaultEffect.Cut(true));
  }

  /**
   * This share of the records of a PutRecords, each drawn for itself, is not written and answered
   * with ProvisionedThroughputExceededException; with {@link #shard} only of those for that shard.
   *
   * @param share 0 to 1
   */
  public static Fault failRecords(double share) {
    return of(new FaultEffect.FailRecords(share, FaultCodes.THROTTLED, null));
  }

  /**
   * As {@link #failRecords(double)}, with another code, which is InternalFailure at the service.
   */
  public static Fault failRecords(double share, String code) {
    return of(new FaultEffect.FailRecords(share, code, null));
  }

  /**
   * A subscription gets this exception as its last message.
   *
   * @param afterEvents how many events it gets before
   */
  public static Fault subscriptionError(String code, int afterEvents) {
    return broken(FaultEffect.BreakSubscription.Ending.ERROR, afterEvents, code);
  }

  /** A subscription gets nothing any more after so many events, not even signs of life. */
  public static Fault subscriptionSilence(int afterEvents) {
    return broken(FaultEffect.BreakSubscription.Ending.SILENCE, afterEvents, FaultCodes.INTERNAL);
  }

  /** A subscription ends after so many events, as it always does after five minutes. */
  public static Fault subscriptionEnd(int afterEvents) {
    return broken(FaultEffect.BreakSubscription.Ending.END, afterEvents, FaultCodes.INTERNAL);
  }

  /** A subscription gets a message with wrong checks after so many events. */
  public static Fault subscriptionMalformed(int afterEvents) {
    return broken(FaultEffect.BreakSubscription.Ending.MALFORMED, afterEvents, FaultCodes.INTERNAL);
  }

  private static Fault broken(
      FaultEffect.BreakSubscription.Ending ending, int afterEvents, String code) {
    return of(new FaultEffect.BreakSubscription(ending, afterEvents, code, null));
  }

  /** Only requests for this action, by the service's name of it; {@code "*"} is every action. */
  public Fault on(String action) {
    return new Fault(rule.action(action));
  }

  /** Only requests about the stream of this name, in any account and region. */
  public Fault stream(String name) {
    return new Fault(rule.stream(name));
  }

  /** Only requests that read from the shard of this id, or write a record to it. */
  public Fault shard(String id) {
    return new Fault(rule.shard(id));
  }

  /** Only requests about the registered consumer of this name. */
  public Fault consumer(String name) {
    return new Fault(rule.consumer(name));
  }

  /** Strikes with this probability, from 0 to 1, drawn from the seed of {@link Faults}. */
  public Fault probability(double probability) {
    return new Fault(rule.probability(probability));
  }

  /** Only the first so many requests that fit; at least 1. */
  public Fault first(long requests) {
    if (requests < 1) {
      throw new IllegalArgumentException("first must be at least 1 but is " + requests);
    }
    return new Fault(rule.first(requests));
  }

  /** Only the n-th, 2n-th, 3n-th ... request that fits; at least 1. */
  public Fault every(long n) {
    return new Fault(rule.every(n));
  }

  FaultRule rule() {
    return rule;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Fault fault && fault.rule.equals(rule);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(rule);
  }

  @Override
  public String toString() {
    return rule.toString();
  }
}
