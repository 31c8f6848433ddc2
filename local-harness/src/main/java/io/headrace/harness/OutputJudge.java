package io.headrace.harness;

import io.headrace.harness.Verdicts.Promise;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What a function with known outputs has sent, each id once: whoever drops what comes again by its
 * id must lose nothing and see nothing twice. On the world's loop only.
 */
final class OutputJudge {
  private final Verdicts verdicts;
  private final Predicate<String> known;
  private final Map<String, Map<String, String>> sent = new HashMap<>();

  /**
   * @param known whether the input says what a function's outputs must be
   */
  OutputJudge(Verdicts verdicts, Predicate<String> known) {
    this.verdicts = verdicts;
    this.known = known;
  }

  /** An output is durable. */
  void sent(String function, String id, String value) {
    var before = sent.computeIfAbsent(function, f -> new HashMap<>()).putIfAbsent(id, value);
    if (before != null && !before.equals(value) && known.test(function)) {
      verdicts.broken(
          Promise.OUTPUTS_ARE_EXACT,
          function
              + ": output "
              + id
              + " was \""
              + before
              + "\" and comes again as \""
              + value
              + '"');
    }
  }

  /** One for each id. */
  Collection<String> of(String function) {
    var all = sent.get(function);
    return all == null ? List.of() : List.copyOf(all.values());
  }
}
