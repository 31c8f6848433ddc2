package io.headrace.bench.rig;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a run says at its end, as a table or as one JSON object. Immutable.
 *
 * @param bench the benchmark's name
 * @param measured what the measured programs are called together, such as {@code server}
 * @param machine what it ran on
 * @param rounds how often all were measured in turn
 * @param ratios by name; each taken within a round
 */
public record Report(
    String bench,
    String measured,
    Map<String, Object> machine,
    int rounds,
    Results results,
    Ratios ratios,
    List<Target> targets)
    implements Findings {
  /**
   * Figures of one program over those of another.
   *
   * @param field what they are called in JSON
   * @param title what stands above them in the table
   */
  public record Ratios(String field, String title, Map<String, Samples> byName) {}

  public static final int MET = 0;
  public static final int MISSED = 1;
  public static final int NOT_MEASURED = 2;

  @Override
  public int exitCode() {
    return exitCode(targets);
  }

  /** A target that was measured and missed counts for more than one that was not measured. */
  public static int exitCode(List<Target> targets) {
    if (targets.stream().anyMatch(target -> target.measured() != null && !target.met())) {
      return MISSED;
    }
    return targets.stream().allMatch(Target::met) ? MET : NOT_MEASURED;
  }

  @Override
  public String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bench", bench);
    json.put("machine", machine);
    json.put("rounds", rounds);
    json.put("figures", results.keys().stream().map(this::figure).toList());
    json.put(ratios.field(), ratioRows());
    json.put("failures", results.failures());
    json.put("targets", targets.stream().map(Target::json).toList());
    return Figures.json(json);
  }

  private List<Map<String, Object>> ratioRows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    ratios
        .byName()
        .forEach(
            (name, samples) -> {
              Map<String, Object> ratio = new LinkedHashMap<>();
              ratio.put("figure", name);
              ratio.put("median", Figures.rounded(samples.median()));
              ratio.put("spread", Target.spread(samples));
              rows.add(ratio);
            });
    return rows;
  }

  private Map<String, @Nullable Object> figure(Results.Key key) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put(measured, key.program());
    row.put("encoding", key.encoding());
    row.put("figure", key.figure());
    Samples samples = results.of(key);
    if (samples != null) {
      row.put("median", Figures.rounded(samples.median()));
      row.put("spread", Target.spread(samples));
      row.put("runs", samples.count());
    }
    return row;
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        machine.entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", ")));
    lines.add("");
    lines.add(row("figure", measured, "", "median", "lowest", "highest", "runs"));
    List<String> figures = results.keys().stream().map(Results.Key::figure).distinct().toList();
    for (String figure : figures) {
      results.keys().stream()
          .filter(key -> key.figure().equals(figure))
          .forEach(key -> lines.add(row(key)));
    }
    if (!ratios.byName().isEmpty()) {
      lines.add("");
      lines.add(ratios.title());
      ratios.byName().forEach((name, samples) -> lines.add(line(name, samples)));
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
            key.program(),
            key.encoding() == null ? "" : key.encoding(),
            number(samples.median()),
            number(samples.min()),
            number(samples.max()),
            Integer.toString(samples.count()));
  }

  private static String row(
      String figure,
      String program,
      String encoding,
      String median,
      String lowest,
      String highest,
      String runs) {
    return String.format(
            Locale.ROOT,
            "%-32s %-22s %-5s %12s %12s %12s %5s",
            figure,
            program,
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
        "  %-62s %8s (%s to %s)",
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
