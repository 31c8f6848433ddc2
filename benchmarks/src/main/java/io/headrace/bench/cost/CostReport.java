package io.headrace.bench.cost;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Findings;
import io.headrace.bench.rig.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What requests there are, and their price. Immutable.
 *
 * @param month dollars of a worker with 50 shards
 */
record CostReport(Report report, Prices prices, Map<String, Double> month) implements Findings {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>(report.lines());
    if (!month.isEmpty()) {
      lines.add("");
      lines.add(
          "dollars a month of a worker with 50 shards, DynamoDB on demand in %s: $%s a million write"
                  .formatted(prices.region(), prices.millionWriteUnits())
              + " units, $%s a million read units".formatted(prices.millionReadUnits()));
      lines.add("as of " + prices.asOf() + ", by " + prices.source() + ":");
      month.forEach(
          (what, dollars) ->
              lines.add(String.format(Locale.ROOT, "  %-28s %10.2f", what, dollars)));
    }
    return lines;
  }

  @Override
  public String json() {
    try {
      ObjectNode json = (ObjectNode) MAPPER.readTree(report.json());
      var targets = json.remove("targets");
      json.set("prices", MAPPER.valueToTree(prices.json()));
      ObjectNode dollars = json.putObject("dollarsAMonth");
      month.forEach((what, value) -> dollars.put(what, Figures.rounded(value)));
      json.set("targets", targets);
      return MAPPER.writeValueAsString(json);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a report that is no JSON", impossible);
    }
  }

  @Override
  public int exitCode() {
    return report.exitCode();
  }
}
