package io.headrace.bench.scale;

import io.headrace.bench.consumer.Contestant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How much a run of {@code bench threads} does.
 *
 * @param rounds how often each is measured, in turn
 * @param those who runs quiet shards
 * @param most shards that one of ours runs
 */
record ThreadsPlan(int rounds, Set<Contestant> those, int most) {
  static final int FEW = 10;
  private static final int SOME = 100;
  private static final int MANY = 1_000;

  /**
   * The KCL has threads for each shard: a thousand were no comparison but a trial of the machine.
   */
  private static final int MOST_OF_KCL = SOME;

  /**
   * One worker that is measured.
   *
   * @param shards that are quiet
   */
  record Case(Contestant contestant, int shards) {
    String label() {
      return ScalePlan.label(contestant, shards);
    }
  }

  /** Those that can be asked for. */
  static final Set<Contestant> ALL =
      Set.of(Contestant.HEADRACE_POLLING, Contestant.HEADRACE_FAN_OUT, Contestant.KCL_POLLING);

  static ThreadsPlan full(Set<Contestant> those) {
    return new ThreadsPlan(5, those, MANY);
  }

  /** A look, not a verdict: one round, a hundred shards at most. */
  static ThreadsPlan quick(Set<Contestant> those) {
    return new ThreadsPlan(1, those, SOME);
  }

  /** Those that are measured in a round, one after the other. */
  List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (int shards : List.of(FEW, SOME, MANY)) {
      for (Contestant contestant : those.stream().sorted().toList()) {
        if (shards <= (isOurs(contestant) ? most : Math.min(most, MOST_OF_KCL))) {
          cases.add(new Case(contestant, shards));
        }
      }
    }
    return cases;
  }

  /** Those that have targets. */
  List<Contestant> ours() {
    return those.stream().filter(ThreadsPlan::isOurs).sorted().toList();
  }

  boolean withKcl() {
    return those.contains(Contestant.KCL_POLLING);
  }

  private static boolean isOurs(Contestant contestant) {
    return contestant != Contestant.KCL_POLLING;
  }
}
