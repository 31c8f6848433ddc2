package io.headrace.local.conformance;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Asks every case of every action in every combination. A single action runs with {@code
 * -Dheadrace.conformance.action=PutRecord}.
 */
class ConformanceTest {
  private static final String ONLY = System.getProperty("headrace.conformance.action");
  // Its clients ask in JSON and read JSON, whatever the encoding of their other requests.
  private static final String JSON_ONLY = "SubscribeToShard";
  private static final Map<String, Server> SERVERS = new HashMap<>();

  @AfterAll
  static void close() {
    SERVERS.values().forEach(Server::close);
    SERVERS.clear();
  }

  @TestFactory
  Stream<DynamicContainer> every_action_answers_as_the_service_does() {
    return Combination.all().stream()
        .map(
            combination ->
                DynamicContainer.dynamicContainer(
                    combination.toString(),
                    ServiceModel.actions().stream()
                        .filter(action -> ONLY == null || action.equals(ONLY))
                        .map(action -> cases(action, combination))));
  }

  private static DynamicContainer cases(String action, Combination combination) {
    Stream<Case> own = CaseFile.of(action).cases().stream();
    Stream<Case> common = CaseFile.ofEveryAction(action).stream();
    return DynamicContainer.dynamicContainer(
        action,
        Stream.concat(own, common)
            .filter(tested -> combination.encoding() == Encoding.JSON || !action.equals(JSON_ONLY))
            .filter(tested -> tested.runsWith(combination.encoding()))
            .map(tested -> DynamicTest.dynamicTest(tested.name(), () -> run(tested, combination))));
  }

  private static void run(Case tested, Combination combination) {
    Server server =
        SERVERS.computeIfAbsent(
            combination + " " + tested.server(), key -> new Server(combination, tested.server()));
    List<String> differences;
    try {
      differences = new CaseRun(tested, combination.encoding(), server).differences();
    } catch (RuntimeException e) {
      throw new AssertionError(title(tested, combination), e);
    }
    if (!differences.isEmpty()) {
      fail(title(tested, combination) + "\n  " + String.join("\n  ", differences));
    }
  }

  private static String title(Case tested, Combination combination) {
    return tested.action() + " [" + combination + "] " + tested.name();
  }
}
