package io.headrace.bench.rig;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one run of a load program measured, by name; a name ends with its unit. It travels between
 * processes as one line of JSON. Confined to one thread.
 */
public final class Figures {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final MathContext FOUR_DIGITS = new MathContext(4);

  private final Map<String, Double> byName = new LinkedHashMap<>();

  public Figures put(String name, double value) {
    if (Double.isFinite(value)) {
      byName.put(name, value);
    }
    return this;
  }

  public void putAll(Figures others) {
    byName.putAll(others.byName);
  }

  public Map<String, Double> byName() {
    return byName;
  }

  public String line() {
    return json(byName);
  }

  public static Figures parse(String line) {
    try {
      Figures figures = new Figures();
      MAPPER.readValue(line, new TypeReference<Map<String, Double>>() {}).forEach(figures::put);
      return figures;
    } catch (JsonProcessingException e) {
      throw new NotMeasured("the load program printed no figures but: " + line, e);
    }
  }

  public static String json(Map<String, ?> values) {
    try {
      return MAPPER.writeValueAsString(values);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("figures that JSON can't hold", impossible);
    }
  }

  /** Four digits: more would claim what no run can know. Whole numbers keep all of theirs. */
  public static double rounded(double value) {
    return Math.abs(value) >= 1000
        ? Math.rint(value)
        : BigDecimal.valueOf(value).round(FOUR_DIGITS).doubleValue();
  }
}
