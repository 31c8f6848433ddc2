package io.headrace.bench.chaos;

import java.util.SplittableRandom;

/** What goes wrong. */
enum Disturbance {
  /** kill -9, and another process some time later, under the same worker id or a new one. */
  KILL(6),
  /** SIGSTOP for longer than the lease time, then SIGCONT. */
  PAUSE(6),
  /** An orderly stop, and another process. */
  RESTART(4),
  /** DynamoDB Local ends and is started again. */
  OUTAGE(2),
  SPLIT(3),
  MERGE(3);

  private final int weight;

  Disturbance(int weight) {
    this.weight = weight;
  }

  /** As likely as its weight. */
  static Disturbance drawn(SplittableRandom random) {
    int sum = 0;
    for (Disturbance each : values()) {
      sum += each.weight;
    }
    int left = random.nextInt(sum);
    for (Disturbance each : values()) {
      left -= each.weight;
      if (left < 0) {
        return each;
      }
    }
    throw new IllegalStateException("weights");
  }
}
