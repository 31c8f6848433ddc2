package io.headrace.bench.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a judge counted, by name and in its order. Immutable. */
record Verdict(Map<String, Long> counts) {
  static Verdict parse(String printed) {
    try {
      return new Verdict(
          new ObjectMapper()
              .readValue(printed, new TypeReference<LinkedHashMap<String, Long>>() {}));
    } catch (JsonProcessingException e) {
      throw new NotMeasured("the judge did not print a verdict but: " + printed, e);
    }
  }

  /** A count; 0 when the judge did not come to it. */
  long of(String name) {
    return counts.getOrDefault(name, 0L);
  }

  /** A count as something measured; null when the judge did not come to it. */
  @Nullable Samples counted(String name) {
    Long number = counts.get(name);
    return number == null ? null : Samples.of(number.doubleValue());
  }

  /** What must have been, at least once, as without it nothing is proven; and what must not be. */
  List<Target> targets(List<String> some, List<String> none) {
    List<Target> targets = new ArrayList<>();
    some.forEach(name -> targets.add(Target.atLeast(name, 1, counted(name))));
    none.forEach(name -> targets.add(Target.atMost(name, 0, counted(name))));
    return targets;
  }

  /** Workers that were told to stop in order, and had to be killed. */
  static Target forced(int stops) {
    return Target.atMost("orderly stops that had to be forced", 0, Samples.of((double) stops));
  }

  /** The counts, then what became of the targets, for people. */
  List<String> lines(List<Target> targets) {
    List<String> lines = new ArrayList<>();
    counts.forEach((name, number) -> lines.add(row(name, number)));
    lines.add("");
    targets.forEach(
        target ->
            lines.add(
                "  %-12s %s %d"
                    .formatted(
                        target.measured() == null
                            ? "NOT MEASURED"
                            : target.met() ? "met" : "MISSED",
                        target.name(),
                        (long) target.limit())));
    return lines;
  }

  static String row(String name, long number) {
    return String.format(Locale.ROOT, "  %-28s %,12d", name, number);
  }
}
