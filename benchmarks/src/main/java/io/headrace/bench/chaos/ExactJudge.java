package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Holds the results of a disturbed fleet against those of one that was left alone, and the days of
 * both against a plain fold. It knows only what lies in the folder. Confined to one thread.
 */
public final class ExactJudge {
  private static final String FLIGHTS = "flights";
  private static final String PAYMENTS = "card-payments";
  private static final int PHASES = 3;

  private final Map<String, Long> verdict = new LinkedHashMap<>();

  private ExactJudge() {}

  /** Prints the verdict on a folder as one line of JSON. */
  public static void main(String[] args) throws IOException {
    System.out.println(new ObjectMapper().writeValueAsString(of(Path.of(args[0]))));
  }

  /** What was counted, by name. */
  public static Map<String, Long> of(Path folder) throws IOException {
    ExactJudge judge = new ExactJudge();
    judge.decide(
        ExactTestimony.in(folder.resolve("plain")),
        ExactTestimony.in(folder.resolve("disturbed")),
        folder.resolve("flights.csv"));
    return judge.verdict;
  }

  private void decide(ExactTestimony plain, ExactTestimony disturbed, Path flights)
      throws IOException {
    verdict.put("flights", disturbed.puts.getOrDefault(FLIGHTS, 0L));
    verdict.put("payments", disturbed.puts.getOrDefault(PAYMENTS, 0L));
    verdict.put("inputsDiffer", plain.puts.equals(disturbed.puts) ? 0L : 1);
    disturbances(disturbed);
    fold(plain, "undisturbed.", flights);
    fold(disturbed, "", flights);
    compare("days", days(plain), days(disturbed));
    compare("alarms", alarms(plain), alarms(disturbed));
    compare("states", plain.states, disturbed.states);
    verdict.put("statesOfSecondVersion", disturbed.statesOfSecondVersion);
    verdict.put("outputsSentAgain", disturbed.sentAgain);
    verdict.put(
        "outputsOfOneName",
        disturbed.outputs.size() - (long) named(disturbed, output -> true).size());
    verdict.put("idsWithTwoValues", (long) disturbed.idsWithTwoValues.size());
    verdict.put("outputsWithoutId", plain.withoutId + disturbed.withoutId);
    verdict.put(
        "flightsTooLate",
        named(plain, ExactJudge::isLate).size()
            + (long) named(disturbed, ExactJudge::isLate).size());
    verdict.put("letters", plain.letters + disturbed.letters);
  }

  private void disturbances(ExactTestimony disturbed) {
    verdict.put("kills", disturbed.kills());
    verdict.put("killsOfOwners", disturbed.killsOfOwners(""));
    verdict.put("killsOfOwnersOfFlights", disturbed.killsOfOwners("flight-delays "));
    verdict.put("killsOfOwnersOfPayments", disturbed.killsOfOwners("card-fraud "));
    long rolls = 0;
    for (int phase = 1; phase <= PHASES; phase++) {
      int number = phase;
      rolls +=
          disturbed.turns.stream()
                      .filter(turn -> turn.phase() == number)
                      .filter(
                          turn -> disturbed.versions.getOrDefault(turn.file(), 0) == turn.version())
                      .count()
                  > 0
              ? 1
              : 0;
    }
    verdict.put("partsOfRoll", rolls);
    verdict.put("replacedInRoll", (long) disturbed.turns.size());
  }

  private void fold(ExactTestimony fleet, String prefix, Path flights) throws IOException {
    DaysFold fold = new DaysFold(flights, fleet.puts.getOrDefault(FLIGHTS, 0L));
    Map<String, JsonNode> days = days(fleet);
    verdict.put(prefix + "daysOfFold", (long) fold.size());
    verdict.put(
        prefix + "daysNotAsFolded", fold.missing(days) + fold.different(days) + fold.extra(days));
  }

  private void compare(String what, Map<String, JsonNode> right, Map<String, JsonNode> told) {
    verdict.put(what, (long) right.size());
    verdict.put(
        what + "Missing", right.keySet().stream().filter(name -> !told.containsKey(name)).count());
    verdict.put(
        what + "Different",
        right.entrySet().stream()
            .filter(each -> told.containsKey(each.getKey()))
            .filter(each -> !each.getValue().equals(told.get(each.getKey())))
            .count());
    verdict.put(
        what + "Extra", told.keySet().stream().filter(name -> !right.containsKey(name)).count());
  }

  private static Map<String, JsonNode> days(ExactTestimony fleet) {
    return named(fleet, output -> output.has("day"));
  }

  private static Map<String, JsonNode> alarms(ExactTestimony fleet) {
    return named(fleet, output -> output.has("scenario"));
  }

  private static boolean isLate(JsonNode output) {
    return output.has("departed");
  }

  /** Outputs by what they are about: in another run the same one has another id. */
  private static Map<String, JsonNode> named(ExactTestimony fleet, Predicate<JsonNode> which) {
    Map<String, JsonNode> named = new HashMap<>();
    fleet.outputs.values().stream()
        .filter(which)
        .forEach(output -> named.put(name(output), output));
    return named;
  }

  private static String name(JsonNode output) {
    if (output.has("day")) {
      return output.path("airport").asText() + " " + output.path("day").asText();
    }
    return output.has("scenario")
        ? output.path("scenario").asText() + " " + output.path("payment").asText()
        : output.toString();
  }
}
