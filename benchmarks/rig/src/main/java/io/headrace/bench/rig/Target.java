package io.headrace.bench.rig;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A figure that is promised, and what was measured.
 *
 * @param name says what it is, its unit and whether the limit is the least or the most allowed
 * @param measured null when it could not be measured
 */
public record Target(String name, double limit, boolean atLeast, @Nullable Samples measured) {
  /** How the name of one ends that must not be smaller, also in a report. */
  public static final String AT_LEAST = ", at least";

  /** A figure that must not be smaller. */
  public static Target atLeast(String name, double limit, @Nullable Samples measured) {
    return new Target(name + AT_LEAST, limit, true, measured);
  }

  /** A figure that must not be bigger. */
  public static Target atMost(String name, double limit, @Nullable Samples measured) {
    return new Target(name + ", at most", limit, false, measured);
  }

  /** The same of one measurement. */
  public static Target atMost(String name, double limit, double measured) {
    return atMost(name, limit, Samples.of(measured));
  }

  /** The same of a count. */
  public static Target atMost(String name, long limit, long counted) {
    return atMost(name, (double) limit, (double) counted);
  }

  /** The same; null when it could not be measured. */
  public static Target atMost(String name, double limit, @Nullable Double measured) {
    return atMost(name, limit, measured == null ? null : Samples.of(measured.doubleValue()));
  }

  public boolean met() {
    return measured != null && (atLeast ? measured.median() >= limit : measured.median() <= limit);
  }

  public Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("value", measured == null ? null : Figures.rounded(measured.median()));
    json.put("limit", limit);
    json.put("met", met());
    json.put("spread", measured == null ? null : spread(measured));
    return json;
  }

  public static List<Double> spread(Samples samples) {
    return Arrays.asList(Figures.rounded(samples.min()), Figures.rounded(samples.max()));
  }
}
