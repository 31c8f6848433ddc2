package io.headrace.local.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one server and how far each has counted. The same seed, the same rules and the same
 * requests in the same order give the same faults: each rule draws from a source of its own, which
 * its place in the list and the seed make. Any thread.
 */
public final class FaultRules {
  public static final int RULES_MAX = 1_000;

  private final Object lock = new Object();
  // The one thing that a request looks at while there are no rules.
  private volatile boolean present;
  private List<Counted> counted = List.of();
  private long seed;
  private long added;

  public FaultRules(long seed) {
    this.seed = seed;
  }

  public boolean isEmpty() {
    return !present;
  }

  public long seed() {
    synchronized (lock) {
      return seed;
    }
  }

  public List<FaultRule> rules() {
    synchronized (lock) {
      return counted.stream().map(each -> each.rule).toList();
    }
  }

  /** Adds a rule after the others. */
  public void add(FaultRule rule) {
    synchronized (lock) {
      List<Counted> more = new ArrayList<>(counted);
      more.add(counted(rule));
      set(more);
    }
  }

  /** Takes away the first rule that equals this one; false when there is none. */
  public boolean remove(FaultRule rule) {
    synchronized (lock) {
      List<Counted> fewer = new ArrayList<>(counted);
      for (Counted each : counted) {
        if (each.rule.equals(rule)) {
          fewer.remove(each);
          set(fewer);
          return true;
        }
      }
      return false;
    }
  }

  /** Takes all rules away. */
  public void clear() {
    synchronized (lock) {
      set(List.of());
      added = 0;
    }
  }

  /** Begins anew with these rules; the seed stays as it is when none is given. */
  public void replace(List<FaultRule> rules, @Nullable Long newSeed) {
    synchronized (lock) {
      seed = newSeed == null ? seed : newSeed;
      added = 0;
      List<Counted> fresh = new ArrayList<>();
      rules.forEach(rule -> fresh.add(counted(rule)));
      set(fresh);
    }
  }

  /** Counts the request with every rule that is about it; null when none strikes. */
  public @Nullable Struck strike(FaultTarget target) {
    synchronized (lock) {
      Duration delay = Duration.ZERO;
      Counted decisive = null;
      long draws = 0;
      for (Counted each : counted) {
        if (!each.strikes(target)) {
          continue;
        }
        if (each.rule.effect() instanceof FaultEffect.Delay wait) {
          delay = delay.plus(each.draw(wait));
        } else if (decisive == null) {
          decisive = each;
          draws = each.random.nextLong();
        }
      }
      if (decisive == null && delay.isZero()) {
        return null;
      }
      return new Struck(delay, decisive == null ? null : decisive.rule, draws);
    }
  }

  private Counted counted(FaultRule rule) {
    return new Counted(rule, new SplittableRandom(seed + 0x9e3779b97f4a7c15L * ++added));
  }

  private void set(List<Counted> rules) {
    if (rules.size() > RULES_MAX) {
      throw new IllegalArgumentException(
          "there are %d rules, and at most %d are allowed".formatted(rules.size(), RULES_MAX));
    }
    counted = List.copyOf(rules);
    present = !rules.isEmpty();
  }

  /** A rule and what it has seen; the lock guards it. */
  private static final class Counted {
    private final FaultRule rule;
    private final SplittableRandom random;
    private long seen;

    Counted(FaultRule rule, SplittableRandom random) {
      this.rule = rule;
      this.random = random;
    }

    boolean strikes(FaultTarget target) {
      boolean isPast = rule.first() > 0 && seen >= rule.first();
      if (isPast || !rule.isAbout(target)) {
        return false;
      }
      seen++;
      return seen % rule.every() == 0
          && (rule.probability() >= 1 || random.nextDouble() < rule.probability());
    }

    Duration draw(FaultEffect.Delay delay) {
      long spread = delay.max().toNanos() - delay.min().toNanos();
      return spread == 0 ? delay.min() : delay.min().plusNanos(random.nextLong(spread + 1));
    }
  }
}
