package io.headrace.bench.table;

import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Reports of benchmarks, by the benchmark's name. One that was measured in parts has several.
 * Immutable.
 */
final class Reports {
  private static final String ENDING = ".json";

  private final Map<String, List<KeptReport>> byBench;

  private Reports(Map<String, List<KeptReport>> byBench) {
    this.byBench = byBench;
  }

  /**
   * All in a folder, of which there need be none.
   *
   * @throws NotMeasured when a file whose name ends with {@code .json} is no report
   */
  static Reports in(Path folder) throws IOException {
    Map<String, List<KeptReport>> byBench = new LinkedHashMap<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(each -> each.toString().endsWith(ENDING)).sorted().toList()) {
          KeptReport report = KeptReport.read(file.toString(), Files.readString(file));
          byBench.computeIfAbsent(report.bench(), bench -> new ArrayList<>()).add(report);
        }
      }
    }
    return new Reports(byBench);
  }

  /** Where the report of a benchmark that is measured whole is kept. */
  static Path file(Path folder, String bench) {
    return folder.resolve(bench + ENDING);
  }

  boolean has(String bench) {
    return byBench.containsKey(bench);
  }

  /** Of these benchmarks, for whoever says what a run came to. */
  List<Target> targets(List<String> benches) {
    return lines(benches).stream().map(line -> line.row().target()).toList();
  }

  /** As Markdown, in the order in which the benchmarks are named. */
  List<String> table(List<String> benches) {
    List<String> table = new ArrayList<>();
    table.add("| bench | target | limit | median (lowest to highest) | rounds; day; processor |");
    table.add("| --- | --- | --- | --- | --- |");
    for (Line line : lines(benches)) {
      KeptReport.Row row = line.row();
      KeptReport.Measured measured = row.measured();
      String figure =
          measured == null ? "not measured" : number(measured) + (row.met() ? "" : " **missed**");
      table.add(
          "| %s | %s | %s | %s | %s; %s; %d x %s |"
              .formatted(
                  line.report().bench(),
                  row.name(),
                  number(row.limit()),
                  figure,
                  line.report().rounds() == 0 ? "1" : line.report().rounds(),
                  line.report().date(),
                  line.report().cores(),
                  line.report().processor()));
    }
    return table;
  }

  /** Of a target that several reports have, the last that measured it counts. */
  private List<Line> lines(List<String> benches) {
    List<Line> all = new ArrayList<>();
    for (String bench : benches) {
      Map<String, Line> byName = new LinkedHashMap<>();
      byBench.getOrDefault(bench, List.of()).stream()
          .sorted(Comparator.comparing(KeptReport::date))
          .forEach(
              report ->
                  report
                      .rows()
                      .forEach(
                          row ->
                              byName.merge(
                                  row.name(),
                                  new Line(report, row),
                                  (before, now) -> now.row().measured() == null ? before : now)));
      all.addAll(byName.values());
    }
    return all;
  }

  private record Line(KeptReport report, KeptReport.Row row) {}

  private static String number(KeptReport.Measured measured) {
    String median = number(measured.median());
    return measured.lowest() == measured.highest()
        ? median
        : "%s (%s to %s)".formatted(median, number(measured.lowest()), number(measured.highest()));
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%,.0f", value)
        : Double.toString(value);
  }
}
