package io.headrace.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a run says at its end, as a table or as one JSON object. Immutable. */
record LocalReport(Map<String, Object> machine, int rounds, Results results, List<Target> targets) {
  static final int MET = 0;
  static final int MISSED = 1;
  static final int NOT_MEASURED = 2;

  /** A target that was measured and missed counts for more than one that was not measured. */
  int exitCode() {
    if (targets.stream().anyMatch(target -> target.measured() != null && !target.met())) {
      return MISSED;
    }
    return targets.stream().allMatch(Target::met) ? MET : NOT_MEASURED;
  }

  String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bench", "local");
    json.put("machine", machine);
    json.put("rounds", rounds);
    json.put("figures", results.keys().stream().map(this::figure).toList());
    json.put("timesBestPeer", ratios());
    json.put("failures", results.failures());
    json.put("targets", targets.stream().map(Target::json).toList());
    return Figures.json(json);
  }

  private List<Map<String, Object>> ratios() {
    List<Map<String, Object>> ratios = new ArrayList<>();
    LocalTargets.ratios(results)
        .forEach(
            (name, samples) -> {
              Map<String, Object> ratio = new LinkedHashMap<>();
              ratio.put("figure", name);
              ratio.put("median", Figures.rounded(samples.median()));
              ratio.put("spread", Target.spread(samples));
              ratios.add(ratio);
            });
    return ratios;
  }

  private Map<String, @Nullable Object> figure(Results.Key key) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("server", key.server().label());
    row.put("encoding", key.encoding() == null ? null : key.encoding().name());
    row.put("figure", key.figure());
    Samples samples = results.of(key);
    if (samples != null) {
      row.put("median", Figures.rounded(samples.median()));
      row.put("spread", Target.spread(samples));
      row.put("runs", samples.count());
    }
    return row;
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        machine.entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", ")));
    lines.add("");
    lines.add(row("figure", "server", "", "median", "lowest", "highest", "runs"));
    List<String> figures = results.keys().stream().map(Results.Key::figure).distinct().toList();
    for (String figure : figures) {
      results.keys().stream()
          .filter(key -> key.figure().equals(figure))
          .forEach(key -> lines.add(row(key)));
    }
    Map<String, Samples> ratios = LocalTargets.ratios(results);
    if (!ratios.isEmpty()) {
      lines.add("");
      lines.add("times better than the best of the others, within a round:");
      ratios.forEach((name, samples) -> lines.add(line(name, samples)));
    }
    if (!results.failures().isEmpty()) {
      lines.add("");
      lines.add("not measured:");
      results.failures().forEach(failure -> lines.add("  " + failure));
    }
    lines.add("");
    lines.add("targets:");
    targets.forEach(target -> lines.add(line(target)));
    return lines;
  }

  private String row(Results.Key key) {
    Samples samples = results.of(key);
    return samples == null
        ? key.figure()
        : row(
            key.figure(),
            key.server().label(),
            key.encoding() == null ? "" : key.encoding().name(),
            number(samples.median()),
            number(samples.min()),
            number(samples.max()),
            Integer.toString(samples.count()));
  }

  private static String row(
      String figure,
      String server,
      String encoding,
      String median,
      String lowest,
      String highest,
      String runs) {
    return String.format(
            Locale.ROOT,
            "%-28s %-14s %-5s %12s %12s %12s %5s",
            figure,
            server,
            encoding,
            median,
            lowest,
            highest,
            runs)
        .stripTrailing();
  }

  private static String line(String name, Samples samples) {
    return String.format(
        Locale.ROOT,
        "  %-38s %8s (%s to %s)",
        name,
        number(samples.median()),
        number(samples.min()),
        number(samples.max()));
  }

  private static String line(Target target) {
    Samples measured = target.measured();
    if (measured == null) {
      return String.format(
          Locale.ROOT, "  NOT MEASURED  %s %s", target.name(), number(target.limit()));
    }
    return String.format(
        Locale.ROOT,
        "  %-12s  %s %s: %s (%s to %s)",
        target.met() ? "met" : "MISSED",
        target.name(),
        number(target.limit()),
        number(measured.median()),
        number(measured.min()),
        number(measured.max()));
  }

  private static String number(double value) {
    double rounded = Figures.rounded(value);
    return rounded == Math.rint(rounded)
        ? String.format(Locale.ROOT, "%,.0f", rounded)
        : Double.toString(rounded);
  }
}
