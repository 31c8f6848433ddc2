package io.headrace.bench.poison;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Findings;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** The two rounds and what is wanted of them, for people or as one JSON object. Immutable. */
record PoisonReport(
    PoisonPlan plan, Map<String, Object> machine, PoisonRun.Round without, PoisonRun.Round with)
    implements Findings {
  /** The others lose no more than a tenth. */
  private static final double RATIO_MIN = 0.9;

  /** A commit may vary with what is under way, and not grow with what is parked. */
  private static final double GROWTH_MAX = 2;

  /** Two write units. */
  private static final double COMMIT_BYTES_MAX = 2_048;

  /** Less is no run to judge. */
  private static final long PARKED_MIN = 1_000;

  double ratio() {
    return with.othersPerSecond() / without.othersPerSecond();
  }

  List<Target> targets() {
    return List.of(
        Target.atLeast(
            "others' throughput beside a failing key, of that without",
            RATIO_MIN,
            Samples.of(ratio())),
        Target.atMost("records out of order or twice", 0, Samples.of((double) with.outOfOrder())),
        Target.atMost(
            "records of the failing key that were not handled once it was mended",
            0,
            Samples.of((double) (with.poisonPut() - with.poisonHandled()))),
        Target.atMost(
            "records of others that were not handled",
            0,
            Samples.of((double) with.othersMissing())),
        Target.atLeast(
            "parked records at once", PARKED_MIN, Samples.of((double) with.poisonParked())),
        Target.atMost(
            "largest commit at the end, of that at the beginning",
            GROWTH_MAX,
            Samples.of((double) with.commitBytesAtLast() / Math.max(1, with.commitBytesAtFirst()))),
        Target.atMost("largest commit, bytes", COMMIT_BYTES_MAX, Samples.of(largestCommit())));
  }

  private double largestCommit() {
    return Stream.of(without, with)
        .mapToDouble(round -> Math.max(round.commitBytesAtFirst(), round.commitBytesAtLast()))
        .max()
        .orElse(0);
  }

  @Override
  public int exitCode() {
    return Report.exitCode(targets());
  }

  @Override
  public String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bench", "poison");
    json.put("machine", machine);
    json.put("seconds", plan.time().toSeconds());
    json.put("shards", 4);
    json.put("keys", PoisonPlan.KEYS);
    json.put("poisonShare", 1.0 / PoisonPlan.POISON_ONE_OF);
    json.put("ratio", Figures.rounded(ratio()));
    json.put("rounds", List.of(round(without), round(with)));
    json.put("targets", targets().stream().map(Target::json).toList());
    return Figures.json(json);
  }

  private static Map<String, Object> round(PoisonRun.Round round) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("poison", round.poison());
    json.put("othersPerSecond", Figures.rounded(round.othersPerSecond()));
    json.put("othersMissing", round.othersMissing());
    json.put("poisonPut", round.poisonPut());
    json.put("poisonParkedAtOnce", round.poisonParked());
    json.put("poisonHandled", round.poisonHandled());
    json.put("failedCalls", round.failures());
    json.put("outOfOrderOrTwice", round.outOfOrder());
    json.put("commitBytesAtFirst", round.commitBytesAtFirst());
    json.put("commitBytesAtLast", round.commitBytesAtLast());
    json.put("partBytesAtFirst", round.partBytesAtFirst());
    json.put("partBytesAtLast", round.partBytesAtLast());
    json.put("recoverySeconds", Figures.rounded(round.recoverySeconds()));
    return json;
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "4 shards, %,d keys, one record of %d of the key that fails, 2 rounds of %d s with a"
                + " split at their half",
            PoisonPlan.KEYS,
            PoisonPlan.POISON_ONE_OF,
            plan.time().toSeconds()));
    lines.add(String.format(Locale.ROOT, "  %-40s %14s %14s", "", "without", "with"));
    Map<String, Object> one = round(without);
    Map<String, Object> other = round(with);
    one.forEach(
        (name, value) ->
            lines.add(
                String.format(Locale.ROOT, "  %-40s %14s %14s", name, value, other.get(name))));
    lines.add("");
    targets()
        .forEach(
            target ->
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "  %-7s %s %s: %s",
                        target.met() ? "met" : "MISSED",
                        target.name(),
                        target.limit(),
                        target.json().get("value"))));
    return lines;
  }
}
