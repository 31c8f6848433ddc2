package io.headrace.samples.enrichment;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.harness.FunctionHarness;
import io.headrace.samples.enrichment.Customers.Customer;
import io.headrace.samples.enrichment.OrderEnrichment.Enriched;
import io.headrace.samples.enrichment.OrderEnrichment.Order;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class OrderEnrichmentTest {
  private final Map<String, Customer> known = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private boolean down;

  private final FunctionHarness<Order, Enriched> stream =
      FunctionHarness.of(OrderEnrichment.spec(this::byId));

  private CompletionStage<Map<String, Customer>> byId(Set<String> ids) {
    if (down) {
      return CompletableFuture.failedFuture(new IOException("connection refused"));
    }
    asked.addAll(ids);
    var found = new HashMap<>(known);
    found.keySet().retainAll(ids);
    return CompletableFuture.completedFuture(found);
  }

  private static Order order(int number, String customer) {
    return new Order("o" + number, customer, 100L * number);
  }

  private void know(String customer, String segment) {
    known.put(customer, new Customer(customer, segment));
  }

  @Test
  void each_order_gets_its_customers_segment_and_each_customer_is_asked_for_once() {
    know("ann", "gold");
    know("bob", "new");
    stream.putAggregated(
        Map.entry("ann", order(1, "ann")),
        Map.entry("bob", order(2, "bob")),
        Map.entry("ann", order(3, "ann")));
    stream.putKeyed("ann", order(4, "ann"));

    assertThat(stream.output())
        .containsExactlyInAnyOrder(
            new Enriched(order(1, "ann"), "gold"),
            new Enriched(order(2, "bob"), "new"),
            new Enriched(order(3, "ann"), "gold"),
            new Enriched(order(4, "ann"), "gold"));
    assertThat(asked).containsExactlyInAnyOrder("ann", "bob");
  }

  @Test
  void an_order_of_nobody_is_a_dead_letter_and_holds_nobody_up() {
    know("ann", "gold");
    stream.putKeyed("zoe", order(1, "zoe"));
    stream.putKeyed("ann", order(2, "ann"));

    assertThat(stream.deadLetters()).extracting("code").containsExactly("UnknownCustomer");
    assertThat(stream.takeOutput()).containsExactly(new Enriched(order(2, "ann"), "gold"));
  }

  @Test
  void while_the_service_is_down_orders_wait_and_none_is_given_up() {
    know("ann", "gold");
    down = true;
    stream.putKeyed("ann", order(1, "ann"), order(2, "ann"));
    assertThat(stream.outage()).isPresent();
    assertThat(stream.output()).isEmpty();

    down = false;
    stream.advance(Duration.ofMinutes(2));
    assertThat(stream.output())
        .containsExactly(
            new Enriched(order(1, "ann"), "gold"), new Enriched(order(2, "ann"), "gold"));
    assertThat(stream.deadLetters()).isEmpty();
  }
}
