package io.headrace.bench.outage;

import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Figures and targets, one below the other, for people. */
final class Rows {
  private Rows() {}

  static List<String> of(Map<String, Object> figures, List<Target> targets) {
    List<String> lines = new ArrayList<>();
    figures.forEach(
        (name, value) -> lines.add(String.format(Locale.ROOT, "  %-30s %14s", name, value)));
    lines.add("");
    for (Target target : targets) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  %-12s %s %s: %s",
              target.measured() == null ? "NOT MEASURED" : target.met() ? "met" : "MISSED",
              target.name(),
              target.limit(),
              target.json().get("value")));
    }
    return lines;
  }
}
