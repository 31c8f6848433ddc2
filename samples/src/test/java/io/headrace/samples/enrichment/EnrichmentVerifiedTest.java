package io.headrace.samples.enrichment;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.harness.FunctionVerifier;
import io.headrace.samples.enrichment.Customers.Customer;
import io.headrace.samples.enrichment.OrderEnrichment.Order;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EnrichmentVerifiedTest {
  private static final Map<String, Customer> KNOWN =
      Map.of("ann", new Customer("ann", "gold"), "bob", new Customer("bob", "new"));

  private static Order order(int number, String customer) {
    return new Order("o" + number, customer, 100L * number);
  }

  /** One of nobody's is a letter, in each run the same. */
  @Test
  void orders_are_enriched_the_same_however_the_worker_is_disturbed() {
    Customers service =
        ids -> {
          var found = new HashMap<>(KNOWN);
          found.keySet().retainAll(ids);
          return CompletableFuture.completedFuture(found);
        };

    var verdict =
        FunctionVerifier.of(clock -> OrderEnrichment.spec(service))
            .put("ann", order(1, "ann"), order(2, "ann"))
            .put("zoe", order(3, "zoe"))
            .put("bob", order(4, "bob"))
            .put("ann", order(5, "ann"))
            .verify();

    assertThat(verdict.runs()).isGreaterThan(20);
    assertThat(verdict.leftOut()).allMatch(what -> what.startsWith("ROLL"));
  }
}
