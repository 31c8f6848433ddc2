package io.headrace.bench.chaos;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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

  /** A first round, so that no run lasts a while and lacks a kind. */
  static List<Disturbance> eachOnce(SplittableRandom random) {
    return shuffled(List.of(values()), random);
  }

  /** A further round, each as often as its weight. */
  static List<Disturbance> dealt(SplittableRandom random) {
    List<Disturbance> round = new ArrayList<>();
    for (Disturbance each : values()) {
      round.addAll(Collections.nCopies(each.weight, each));
    }
    return shuffled(round, random);
  }

  private static List<Disturbance> shuffled(List<Disturbance> round, SplittableRandom random) {
    List<Disturbance> shuffled = new ArrayList<>();
    round.forEach(each -> shuffled.add(random.nextInt(shuffled.size() + 1), each));
    return shuffled;
  }
}
