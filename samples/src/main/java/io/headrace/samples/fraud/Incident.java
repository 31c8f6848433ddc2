package io.headrace.samples.fraud;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The truth about some payments of one card: they belong together, and are fraud. Never put on a
 * stream.
 *
 * @param scenario empty for fraud that follows none of them, which no rule is made for
 * @param payments their numbers
 */
record Incident(Optional<Scenario> scenario, String card, Set<Long> payments) {
  Incident {
    payments = Collections.unmodifiableSet(new LinkedHashSet<>(payments));
    if (payments.isEmpty()) {
      throw new IllegalArgumentException("incident of card " + card + ": has no payments");
    }
  }
}
