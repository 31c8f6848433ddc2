package io.headrace.bench.pieces;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Results;

/** Reads what JMH writes as JSON. */
final class JmhResults {
  static final String NANOS = "ns_an_op";
  static final String BYTES = "allocated_bytes_an_op";
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private JmhResults() {}

  /**
   * Adds what each piece took, each iteration of each fork as a round.
   *
   * @throws NotMeasured when it is not what JMH writes, or has no piece in it
   */
  static Results read(String json) {
    Results results = new Results();
    try {
      for (JsonNode piece : MAPPER.readTree(json)) {
        String name = piece.path("benchmark").asText();
        String label = name.substring(name.lastIndexOf('.') + 1);
        add(results, label, NANOS, piece.path("primaryMetric"));
        piece
            .path("secondaryMetrics")
            .properties()
            .forEach(
                metric -> {
                  if (metric.getKey().endsWith(ALLOCATED)) {
                    add(results, label, BYTES, metric.getValue());
                  }
                });
      }
    } catch (JsonProcessingException e) {
      throw new NotMeasured("JMH's results are not JSON: " + e.getOriginalMessage(), e);
    }
    if (results.keys().isEmpty()) {
      throw new NotMeasured("JMH measured nothing");
    }
    return results;
  }

  private static void add(Results results, String piece, String figure, JsonNode metric) {
    int round = 0;
    for (JsonNode fork : metric.path("rawData")) {
      for (JsonNode value : fork) {
        round++;
        results.add(round, piece, null, new Figures().put(figure, value.asDouble()));
      }
    }
  }
}
