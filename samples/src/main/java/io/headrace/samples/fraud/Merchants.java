package io.headrace.samples.fraud;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The client of the service that knows how risky merchants are, in per cent. */
@FunctionalInterface
interface Merchants {
  /** Looks several up in one call; those that it does not know are left out. */
  CompletionStage<Map<String, Integer>> riskOf(Set<String> merchants);

  /** What is taken of a merchant whom the service does not know. */
  int UNKNOWN = 50;

  /** The service as it is here: it answers at once, and always the same. */
  static Merchants register() {
    return asked -> {
      var risks = new HashMap<String, Integer>();
      asked.forEach(merchant -> risks.put(merchant, risk(merchant)));
      return CompletableFuture.completedFuture(risks);
    };
  }

  /** One in five of those that sell over the network is at 80 per cent or above. */
  static int risk(String merchant) {
    int drawn = Math.floorMod(merchant.hashCode() * 31, 100);
    return Shop.sellsInPerson(merchant) ? drawn / 5 : drawn;
  }
}
