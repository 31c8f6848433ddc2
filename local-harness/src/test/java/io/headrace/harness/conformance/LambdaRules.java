package io.headrace.harness.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;

/** The rules file, read and checked. */
final class LambdaRules {
  private static final String FILE = "/lambda-conformance.yaml";
  private static final Set<String> OF_TABLE = Set.of("table", "title", "rules");
  private static final Set<String> OF_RULE =
      Set.of("rule", "source", "cases", "tests", "joins", "mapping", "when");
  private static final Set<String> OF_CASE =
      Set.of(
          "name",
          "set",
          "to",
          "refused",
          "mapping",
          "when",
          "fails",
          "reports",
          "answers",
          "outage",
          "begins",
          "invocations",
          "invocationsInAnyOrder",
          "sizes",
          "count",
          "handled",
          "handledInAnyOrder",
          "discarded");

  /** Those of one table of the facts. */
  record Table(String number, String title, List<Rule> rules) {}

  /**
   * @param source letters, as the file's head says
   * @param tests {@code file#method}
   * @param joins what the rule waits for; empty when something runs it
   */
  record Rule(
      String text, String source, List<LambdaCase> cases, List<String> tests, String joins) {
    boolean isRun() {
      return !cases.isEmpty() || !tests.isEmpty();
    }
  }

  private LambdaRules() {}

  static List<Table> read() {
    try (var file = LambdaRules.class.getResourceAsStream(FILE)) {
      if (file == null) {
        throw new IllegalStateException(FILE + " is missing");
      }
      return list(new YAMLMapper().readTree(file).path("tables")).stream()
          .map(LambdaRules::table)
          .toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static Table table(JsonNode node) {
    refuseOthers(node, OF_TABLE);
    return new Table(
        text(node, "table"),
        text(node, "title"),
        list(node.path("rules")).stream().map(LambdaRules::rule).toList());
  }

  private static Rule rule(JsonNode node) {
    refuseOthers(node, OF_RULE);
    var cases = new ArrayList<LambdaCase>();
    for (var each : list(node.path("cases"))) {
      refuseOthers(each, OF_CASE);
      cases.add(new LambdaCase(each, node));
    }
    var tests = list(node.path("tests")).stream().map(JsonNode::textValue).toList();
    return new Rule(
        text(node, "rule"), text(node, "source"), cases, tests, node.path("joins").asText(""));
  }

  private static String text(JsonNode node, String key) {
    var value = node.path(key);
    if (!value.isTextual()) {
      throw new IllegalStateException(FILE + ": " + key + " is missing in " + node);
    }
    return value.textValue();
  }

  static List<JsonNode> list(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).toList();
  }

  private static void refuseOthers(JsonNode node, Set<String> known) {
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw new IllegalStateException(FILE + ": no key is named " + name + ": " + node);
              }
            });
  }
}
