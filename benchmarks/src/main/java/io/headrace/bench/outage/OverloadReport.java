package io.headrace.bench.outage;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Findings;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A run and what is wanted of it, for people or as one JSON object. Immutable. */
record OverloadReport(OverloadPlan plan, Map<String, Object> machine, OverloadRun.Outcome outcome)
    implements Findings {
  /** Of what was put too much: else there was no overload. */
  private static final double LAG_SHARE_MIN = 0.8;

  /** What a worker is promised to keep to, beside its budget for records: noise of a heap. */
  private static final double HEAP_MARGIN_BYTES = 16 << 20;

  /** Resident is the heap, and what a JVM with Netty has beside it. */
  private static final double RESIDENT_BYTES_MAX =
      2.0 * OverloadPlan.WORKER_HEAP_MEBIBYTES * (1 << 20);

  /**
   * Requests a second, of those of a fleet that keeps up: who has too much to do must not ask more.
   * At full load readers wait for room, and there are next to no requests to compare with.
   */
  private static final double REQUESTS_TIMES_MAX = 1;

  /** The same of the same load: what is refused nine times of ten would be asked ten times. */
  private static final double REQUESTS_REFUSED_TIMES_MAX = 3;

  private static final double WINDOW_SECONDS = 5;

  /**
   * Four readers that are refused nine of ten times, and ask twice a second each, hardly ever get
   * nothing for ten seconds; a machine that has too much to do adds to that.
   */
  private static final double STANDSTILL_SECONDS_MAX = 30;

  List<Target> targets() {
    Spell overload = outcome.overload();
    double atCalm = outcome.calm().requestsPerSecond(WINDOW_SECONDS);
    List<Target> targets = new ArrayList<>();
    targets.addAll(outcome.verdict().targets());
    targets.add(
        Target.atLeast(
            "records behind at the end of overload, of what was put too much",
            LAG_SHARE_MIN,
            Samples.of(
                (overload.lagAtLast() - overload.lagAtFirst())
                    / Math.max(
                        1,
                        overload.put() - outcome.full().handledPerSecond() * overload.seconds()))));
    targets.add(
        Target.atMost(
            "records behind when nothing more was put", 0, outcome.drained().lagAtLast()));
    targets.add(
        Target.atMost(
            "of the memory budget, worst worker", 1, outcome.watch().memoryShareAtMost()));
    targets.add(
        Target.atMost(
            "bytes that the heap grew by, once collected",
            OutagePlan.MEMORY_BYTES + HEAP_MARGIN_BYTES,
            of(outcome.most(), "heapBytes") - of(outcome.before(), "heapBytes")));
    targets.add(
        Target.atMost(
            "bytes resident", RESIDENT_BYTES_MAX, outcome.most().byName().get("residentBytes")));
    targets.add(
        Target.atMost(
            "requests a second while too much was put, of those of a fleet that keeps up",
            REQUESTS_TIMES_MAX,
            overload.requestsPerSecond(WINDOW_SECONDS) / atCalm));
    throttled(targets, "the table", outcome.table(), outcome.tableDrained(), atCalm);
    throttled(targets, "the stream", outcome.stream(), outcome.streamDrained(), atCalm);
    targets.add(
        Target.atLeast(
            "workers stopped in order", 1, Samples.of(outcome.stoppedInOrder() ? 1.0 : 0.0)));
    return targets;
  }

  private static void throttled(
      List<Target> targets, String who, Spell refusing, Spell after, double atCalm) {
    String when = " while " + who + " refused";
    targets.add(
        Target.atMost(
            "s without a record handled" + when,
            STANDSTILL_SECONDS_MAX,
            refusing.longestStandstill()));
    targets.add(
        Target.atLeast("commits that stand" + when, 1, Samples.of((double) refusing.commits())));
    targets.add(
        Target.atMost(
            "requests a second" + when + ", of those of the same load before",
            REQUESTS_REFUSED_TIMES_MAX,
            refusing.requestsPerSecond(WINDOW_SECONDS) / atCalm));
    targets.add(
        Target.atMost(
            "records behind in the end, after " + who + " refused", 0, after.lagAtLast()));
  }

  private static double of(Figures figures, String name) {
    return figures.byName().getOrDefault(name, 0.0);
  }

  @Override
  public int exitCode() {
    return Report.exitCode(targets());
  }

  @Override
  public String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bench", "overload");
    json.put("machine", machine);
    json.put("shards", 4);
    json.put("workers", plan.workers());
    json.put("keys", OutagePlan.KEYS);
    json.putAll(figures());
    json.put("targets", targets().stream().map(Target::json).toList());
    return Figures.json(json);
  }

  private Map<String, Object> figures() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("overloadSeconds", plan.over().toSeconds());
    json.put("sustainablePerSecond", Figures.rounded(outcome.full().handledPerSecond()));
    json.put("requestsPerSecond", Figures.rounded(outcome.full().requestsPerSecond()));
    spell(json, "overload", outcome.overload());
    spell(json, "drained", outcome.drained());
    spell(json, "calm", outcome.calm());
    spell(json, "table", outcome.table());
    json.put("tableRefused", outcome.writesRefused());
    spell(json, "tableDrained", outcome.tableDrained());
    spell(json, "stream", outcome.stream());
    spell(json, "streamDrained", outcome.streamDrained());
    json.put("before", outcome.before().byName());
    json.put("most", outcome.most().byName());
    json.put("memoryShareAtMost", Figures.rounded(outcome.watch().memoryShareAtMost()));
    outcome.verdict().addTo(json);
    return json;
  }

  private static void spell(Map<String, Object> json, String name, Spell spell) {
    json.put(name + ".seconds", Figures.rounded(spell.seconds()));
    json.put(name + ".put", spell.put());
    json.put(name + ".handled", spell.handled());
    json.put(name + ".commits", spell.commits());
    json.put(name + ".lagAtMost", spell.lagAtMost());
    json.put(name + ".requestsPerSecond", Figures.rounded(spell.requestsPerSecond(WINDOW_SECONDS)));
    json.put(name + ".standstillSeconds", Figures.rounded(spell.longestStandstill()));
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "4 shards, %d workers whose function takes its time with each record"
            .formatted(plan.workers()));
    lines.addAll(Rows.of(figures(), targets()));
    return lines;
  }
}
