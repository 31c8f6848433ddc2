package io.headrace.bench.fleet;

import java.time.Duration;

/** Whose fleet is measured, and what has to be waited for in it. */
enum Side {
  /** Ours at its defaults: a lease time of 10 s. */
  HEADRACE("headrace", Duration.ofSeconds(12), Duration.ofSeconds(4), Duration.ofSeconds(15)),

  /** Ours with the lease time that the tuned KCL has, 3 s. */
  HEADRACE_TUNED(
      "headrace tuned", Duration.ofSeconds(6), Duration.ofSeconds(2), Duration.ofSeconds(8)),

  /** The KCL at its defaults: a failover time of 10 s, assignment each 20 s. */
  KCL("kcl", Duration.ofSeconds(30), Duration.ofSeconds(20), Duration.ofSeconds(65)),

  /** The KCL, as quick as its settings let it be. */
  KCL_TUNED("kcl tuned", Duration.ofSeconds(12), Duration.ofSeconds(3), Duration.ofSeconds(12));

  private final String label;
  private final Duration calm;
  private final Duration period;
  private final Duration aftermath;

  Side(String label, Duration calm, Duration period, Duration aftermath) {
    this.label = label;
    this.calm = calm;
    this.period = period;
    this.aftermath = aftermath;
  }

  String label() {
    return label;
  }

  boolean isKcl() {
    return this == KCL || this == KCL_TUNED;
  }

  boolean isTuned() {
    return this == HEADRACE_TUNED || this == KCL_TUNED;
  }

  /**
   * After this a fleet that has levelled is in its stride: its leader, if any, has looked twice.
   */
  Duration calm() {
    return calm;
  }

  /** The longest of its timers on which it depends when something happens to a worker. */
  Duration period() {
    return period;
  }

  /** So long something may still follow from what happened to a worker. */
  Duration aftermath() {
    return aftermath;
  }

  /** A shard from which nothing has come for so long stands still. */
  Duration still() {
    return this == KCL ? Duration.ofSeconds(5) : Duration.ofSeconds(2);
  }

  /** Nothing is waited for longer than this. */
  Duration patience() {
    return switch (this) {
      case HEADRACE, HEADRACE_TUNED -> Duration.ofMinutes(1);
      case KCL -> Duration.ofMinutes(2);
      case KCL_TUNED -> Duration.ofSeconds(90);
    };
  }
}
