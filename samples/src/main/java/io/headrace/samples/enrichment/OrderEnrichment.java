package io.headrace.samples.enrichment;

import io.headrace.function.AsyncRecordFunction;
import io.headrace.function.BatchLookup;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RetryPolicy;
import io.headrace.function.TerminalFailure;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.enrichment.Customers.Customer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Puts out each order with the segment of its customer. Orders of different customers wait together
 * and go to the service in one call; those of one customer keep their order; no thread waits.
 */
public final class OrderEnrichment
    implements AsyncRecordFunction<OrderEnrichment.Order, OrderEnrichment.Enriched> {
  /** What comes in; the partition key is the customer. */
  public record Order(String id, String customer, long cents) {}

  /** What goes out. */
  public record Enriched(Order order, String segment) {}

  private final BatchLookup<String, Customer> customers;

  OrderEnrichment(BatchLookup<String, Customer> customers) {
    this.customers = customers;
  }

  @Override
  public CompletionStage<?> handle(Event<Order> event, Output<Enriched> out) {
    var order = event.value();
    return customers
        .get(order.customer())
        .thenAccept(
            found -> {
              var customer =
                  found.orElseThrow(
                      () -> new TerminalFailure("UnknownCustomer", "of order " + order.id()));
              out.send(new Enriched(order, customer.segment()));
            });
  }

  /** Reads {@code orders} and writes {@code orders-enriched}. */
  public static FunctionSpec<Order, Enriched> spec(Customers service) {
    var customers =
        BatchLookup.of(service::byId)
            .upTo(100, Duration.ofMillis(5))
            .timingOutAfter(Duration.ofSeconds(2))
            .cachingFor(Duration.ofMinutes(10), 50_000);
    return FunctionSpec.named("enrich-orders")
        .reading(Input.of(StreamSource.kinesis("orders"), Json.of(Order.class)))
        .inFlight(500)
        .timingOutAfter(Duration.ofSeconds(5))
        .retrying(RetryPolicy.forever().unavailableOn(IOException.class))
        .handledAsyncBy(
            () -> new OrderEnrichment(customers),
            Destination.stream(
                "orders-enriched", Json.of(Enriched.class), each -> each.order().customer()));
  }
}
