package io.headrace.harness.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs every case of every rule, and looks that the tests exist that are named in their place. */
class LambdaConformanceTest {
  @TestFactory
  Stream<DynamicContainer> every_rule_that_something_runs_holds() {
    return LambdaRules.read().stream()
        .map(
            table ->
                DynamicContainer.dynamicContainer(
                    table.number() + " " + table.title(),
                    table.rules().stream()
                        .filter(LambdaRules.Rule::isRun)
                        .map(LambdaConformanceTest::of)));
  }

  private static DynamicNode of(LambdaRules.Rule rule) {
    var cases = rule.cases().stream().map(c -> DynamicTest.dynamicTest(c.name(), c::run));
    var tests = rule.tests().stream().map(t -> DynamicTest.dynamicTest(t, () -> isThere(t)));
    return DynamicContainer.dynamicContainer(rule.text(), Stream.concat(cases, tests));
  }

  /** In its source, as it may be of another module; that it runs is that module's build to see. */
  private static void isThere(String test) throws IOException {
    var parts = List.of(test.split("#"));
    var source = Files.readString(Path.of("..", parts.get(0)));
    int at = source.indexOf("void " + parts.get(1) + "(");
    assertThat(at).as("%s in its file", parts.get(1)).isPositive();
    assertThat(source.substring(Math.max(0, at - 300), at))
        .as("what stands before %s", parts.get(1))
        .containsAnyOf("@Test", "@ParameterizedTest", "@Property");
  }
}
