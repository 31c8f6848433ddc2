package io.headrace.harness.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The page tells the rules as they are, and lists as held only what something runs. */
class LambdaConformancePageTest {
  private static final boolean WRITE = Boolean.getBoolean("headrace.conformance.write");
  private static final Path PAGE = Path.of("..", "docs", "lambda-conformance.md");

  private static final Map<String, String> SOURCES =
      Map.of("D", "documented", "V", "recorded", "I", "inferred", "P", "ours");

  @Test
  void every_rule_is_run_or_says_what_it_waits_for_and_names_its_source() {
    for (var table : LambdaRules.read()) {
      for (var rule : table.rules()) {
        assertThat(rule.isRun()).as(rule.text()).isEqualTo(rule.joins().isEmpty());
        assertThat(SOURCES.keySet()).as(rule.text()).contains(rule.source().split(" "));
      }
    }
  }

  @Test
  void no_two_rules_are_the_same() {
    assertThat(rules(rule -> true)).extracting(LambdaRules.Rule::text).doesNotHaveDuplicates();
  }

  @Test
  void the_committed_page_tells_the_rules_as_they_are() throws IOException {
    var page = page();
    if (WRITE) {
      Files.writeString(PAGE, page);
    }
    assertThat(PAGE).as("written with -Dheadrace.conformance.write=true").exists();
    assertThat(Files.readString(PAGE))
        .as("written with -Dheadrace.conformance.write=true")
        .isEqualTo(page);
  }

  private static List<LambdaRules.Rule> rules(Predicate<LambdaRules.Rule> wanted) {
    return LambdaRules.read().stream()
        .flatMap(table -> table.rules().stream())
        .filter(wanted)
        .toList();
  }

  private static String page() {
    var run = rules(LambdaRules.Rule::isRun);
    int cases = run.stream().mapToInt(rule -> rule.cases().size()).sum();
    long tests = run.stream().flatMap(rule -> rule.tests().stream()).distinct().count();
    var page = new StringBuilder();
    page.append("# Lambda's rules, and what runs them\n\n")
        .append("How a batch function runs with `lambdaCompatible()`, rule by rule. Written from\n")
        .append("`local-harness/src/test/resources/lambda-conformance.yaml` by")
        .append(" `LambdaConformancePageTest`; write it anew with\n")
        .append("`-Dheadrace.conformance.write=true`. `LambdaConformanceTest` runs every case")
        .append(" against the whole runtime in virtual time,\nnever against AWS.\n\n")
        .append(run.size())
        .append(" rules hold, by ")
        .append(cases)
        .append(" cases and ")
        .append(tests)
        .append(" other tests; not built, so run by nothing: ")
        .append(rules(rule -> !rule.isRun()).size())
        .append(".\n\n")
        .append("A rule is *documented* by AWS, *recorded* by a third party from answers of AWS,")
        .append(" *inferred* from either,\nor *ours* where Lambda is silent or where we do")
        .append(" otherwise.\n");
    LambdaRules.read().forEach(table -> table(table, page));
    notBuilt(page);
    noCounterpart(page);
    return page.toString();
  }

  private static void table(LambdaRules.Table table, StringBuilder page) {
    var run = table.rules().stream().filter(LambdaRules.Rule::isRun).toList();
    if (run.isEmpty()) {
      return;
    }
    page.append("\n## ")
        .append(table.title())
        .append("\n\n| Rule | Source | Cases | Other tests |\n| --- | --- | ---: | --- |\n");
    for (var rule : run) {
      page.append("| ")
          .append(rule.text())
          .append(" | ")
          .append(sources(rule))
          .append(" | ")
          .append(rule.cases().size())
          .append(" | ")
          .append(
              String.join(
                  "<br>", rule.tests().stream().map(LambdaConformancePageTest::test).toList()))
          .append(" |\n");
    }
  }

  private static void notBuilt(StringBuilder page) {
    page.append("\n## Not built, so run by nothing\n\n| Rule | Source | Waits for |\n")
        .append("| --- | --- | --- |\n");
    for (var rule : rules(rule -> !rule.isRun())) {
      page.append("| ")
          .append(rule.text())
          .append(" | ")
          .append(sources(rule))
          .append(" | ")
          .append(rule.joins())
          .append(" |\n");
    }
  }

  private static void noCounterpart(StringBuilder page) {
    page.append("\n## Settings without a counterpart\n\n")
        .append("- `EventSourceArn`, `FunctionName`: `Input` names the stream, the function's")
        .append(" specification names itself; fan-out or polling is `retrieval`.\n")
        .append("- `KmsKeyArn` encrypts filters that AWS stores; ours lie in the application.\n")
        .append("- `MetricsConfig` opts into counts; ours are always told, as `FunctionEvent`s.\n")
        .append("- `ProvisionedPollerConfig` does not exist for Kinesis.\n");
  }

  private static String sources(LambdaRules.Rule rule) {
    var names = new ArrayList<String>();
    for (var letter : List.of(rule.source().split(" "))) {
      names.add(SOURCES.getOrDefault(letter, letter));
    }
    return String.join(", ", names);
  }

  /** The class and the method, in words. */
  private static String test(String reference) {
    var parts = List.of(reference.split("#"));
    var path = parts.get(0);
    var file = path.substring(path.lastIndexOf('/') + 1).replace(".java", "");
    return "`" + file + "`: " + parts.get(1).replace('_', ' ');
  }
}
