package io.headrace.harness.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.function.EventSourceMapping;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One case of a rule: sets a setting, or runs a function and compares what came of it. */
final class LambdaCase {
  private final JsonNode own;
  private final JsonNode rule;

  LambdaCase(JsonNode own, JsonNode rule) {
    this.own = own;
    this.rule = rule;
  }

  /** Unique enough to be found: what differs from case to case. */
  String name() {
    return own.has("name") ? own.path("name").textValue() : own.toString();
  }

  void run() {
    if (own.has("set")) {
      set();
    } else {
      course();
    }
  }

  private void set() {
    var setting = own.path("set").textValue();
    int to = own.path("to").intValue();
    if (own.has("refused")) {
      assertThatThrownBy(() -> with(EventSourceMapping.defaults(), setting, to))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(own.path("refused").textValue());
    } else {
      assertThat(with(EventSourceMapping.defaults(), setting, to)).isNotNull();
    }
  }

  private static EventSourceMapping with(EventSourceMapping mapping, String setting, int value) {
    return switch (setting) {
      case "BatchSize" -> mapping.batchSize(value);
      case "MaximumBatchingWindowInSeconds" ->
          mapping.maximumBatchingWindow(Duration.ofSeconds(value));
      case "ParallelizationFactor" -> mapping.parallelizationFactor(value);
      case "MaximumRetryAttempts" -> mapping.maximumRetryAttempts(value);
      case "MaximumRecordAgeInSeconds" -> mapping.maximumRecordAgeInSeconds(value);
      default -> throw new IllegalArgumentException("no number is set by " + setting);
    };
  }

  private EventSourceMapping mapping() {
    var mapping = EventSourceMapping.defaults();
    var settings = node("mapping");
    for (var names = settings.fieldNames(); names.hasNext(); ) {
      var name = names.next();
      var value = settings.path(name);
      mapping =
          switch (name) {
            case "BisectBatchOnFunctionError" ->
                mapping.bisectBatchOnFunctionError(value.booleanValue());
            case "ReportBatchItemFailures" -> mapping.reportBatchItemFailures(value.booleanValue());
            case "RefuseUnknownKeys" -> mapping.refusingUnknownKeys(value.booleanValue());
            default -> with(mapping, name, value.intValue());
          };
    }
    return mapping;
  }

  private void course() {
    assertThat(
            List.of(
                "invocations",
                "invocationsInAnyOrder",
                "sizes",
                "count",
                "handled",
                "handledInAnyOrder",
                "discarded"))
        .as("what the case expects")
        .anyMatch(own::has);
    var course = new LambdaCourse(mapping(), own);
    node("when").forEach(step -> course.perform(step.textValue()));
    expect(course);
  }

  private void expect(LambdaCourse course) {
    var calls = course.invocations().stream().map(values -> String.join(" ", values)).toList();
    if (own.has("invocations")) {
      assertThat(calls).as("invocations").containsExactlyElementsOf(texts("invocations"));
    }
    if (own.has("invocationsInAnyOrder")) {
      assertThat(calls)
          .as("invocations")
          .containsExactlyInAnyOrderElementsOf(texts("invocationsInAnyOrder"));
    }
    if (own.has("sizes")) {
      assertThat(course.invocations().stream().map(values -> String.valueOf(values.size())))
          .as("sizes")
          .containsExactlyElementsOf(texts("sizes"));
    }
    if (own.has("count")) {
      assertThat(calls).as("invocations").hasSize(own.path("count").intValue());
    }
    if (own.has("handled")) {
      assertThat(String.join(" ", course.handled()))
          .as("handled")
          .isEqualTo(own.path("handled").asText());
    }
    if (own.has("handledInAnyOrder")) {
      assertThat(course.handled())
          .as("handled")
          .containsExactlyInAnyOrder(own.path("handledInAnyOrder").asText().split(" "));
    }
    // What a case does not expect to be discarded is not discarded.
    assertThat(discarded(course)).as("discarded").containsExactlyElementsOf(texts("discarded"));
  }

  /** With a star where the case has one. */
  private List<String> discarded(LambdaCourse course) {
    var wanted = texts("discarded");
    var found = new ArrayList<>(course.discarded());
    for (int i = 0; i < Math.min(wanted.size(), found.size()); i++) {
      if (wanted.get(i).contains("x*")) {
        found.set(i, found.get(i).replaceFirst("x\\d+", "x*"));
      }
    }
    return found;
  }

  private List<String> texts(String key) {
    return LambdaRules.list(own.path(key)).stream().map(JsonNode::asText).toList();
  }

  /** The case's own, or what all cases of the rule have in common. */
  private JsonNode node(String key) {
    return own.has(key) ? own.path(key) : rule.path(key);
  }
}
