package io.headrace.bench.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is read of a benchmark's report. Immutable.
 *
 * @param date the day on which it was measured
 * @param rounds how often; 0 where the report does not say
 */
record KeptReport(
    String bench, String date, int cores, String processor, int rounds, List<Row> rows) {
  /** A target as the report has it. */
  record Row(String name, double limit, @Nullable Measured measured) {
    Row {
      if (name.isBlank()) {
        throw new NotMeasured("a target has no name");
      }
    }

    /** By the report's own figures, and not by what it says of them. */
    boolean met() {
      return target().met();
    }

    /** As a target of this run, so that one rule says what a run with such targets comes to. */
    Target target() {
      return new Target(
          name,
          limit,
          name.endsWith(Target.AT_LEAST),
          measured == null ? null : Samples.of(measured.median()));
    }
  }

  /** What was measured, and from where to where it went. */
  record Measured(double median, double lowest, double highest) {}

  private static final int DAY = "2026-01-01".length();
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * @param place what the report is called when it can't be read
   * @throws NotMeasured when it is no report of a benchmark
   */
  static KeptReport read(String place, String json) {
    try {
      JsonNode report = MAPPER.readTree(json);
      JsonNode machine = report.path("machine");
      String date = machine.path("date").asText();
      if (report.path("bench").asText().isEmpty() || date.length() < DAY) {
        throw new NotMeasured(place + " is no report of a benchmark: it has no bench or date");
      }
      List<Row> rows = new ArrayList<>();
      for (JsonNode target : report.path("targets")) {
        rows.add(row(target));
      }
      return new KeptReport(
          report.path("bench").asText(),
          date.substring(0, DAY),
          machine.path("cores").asInt(),
          machine.path("processor").asText("unknown"),
          report.path("rounds").asInt(0),
          List.copyOf(rows));
    } catch (JsonProcessingException e) {
      throw new NotMeasured(place + " is no report: it is not JSON", e);
    }
  }

  private static Row row(JsonNode target) {
    JsonNode value = target.path("value");
    JsonNode spread = target.path("spread");
    return new Row(
        target.path("name").asText(),
        target.path("limit").asDouble(),
        value.isNumber()
            ? new Measured(
                value.asDouble(),
                spread.path(0).asDouble(value.asDouble()),
                spread.path(1).asDouble(value.asDouble()))
            : null);
  }
}
