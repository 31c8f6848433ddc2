package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Verdicts.Promise;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What a function with known outputs has sent, each id once: whoever drops what comes again by its
 * id must lose nothing and see nothing twice. An output shows by which call it was made, so one
 * that was sent by a call whose effect was never committed is found out by the one that was. On the
 * world's loop only.
 */
final class OutputJudge {
  private final Verdicts verdicts;
  private final Predicate<String> known;
  private final Map<String, Map<String, Told>> sent = new HashMap<>();

  /**
   * An output.
   *
   * @param value without what differs from call to call
   * @param exact as it was sent
   */
  private record Told(String value, String exact) {}

  /**
   * @param known whether the input says what a function's outputs must be
   */
  OutputJudge(Verdicts verdicts, Predicate<String> known) {
    this.verdicts = verdicts;
    this.known = known;
  }

  /** An output is durable. */
  void sent(String function, String id, String value, String exact) {
    var now = new Told(value, exact);
    var before = sent.computeIfAbsent(function, f -> new LinkedHashMap<>()).putIfAbsent(id, now);
    if (before != null && !before.equals(now) && known.test(function)) {
      verdicts.broken(
          Promise.OUTPUTS_ARE_EXACT,
          function
              + ": output "
              + id
              + " was \""
              + before.exact()
              + "\" and comes again as \""
              + exact
              + '"');
    }
  }

  /** One for each id, in the order in which they came first. */
  Collection<String> of(String function) {
    var all = sent.get(function);
    return all == null ? List.of() : all.values().stream().map(Told::value).toList();
  }
}
