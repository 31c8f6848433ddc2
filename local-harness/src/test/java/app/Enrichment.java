package app;

import static java.time.Duration.ofSeconds;

import io.headrace.function.AsyncRecordFunction;
import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RetryPolicy;
import io.headrace.function.TerminalFailure;
import io.headrace.function.Unavailable;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletionStage;

/** A call of a service for each record, of which many are under way at once. */
final class Enrichment implements AsyncRecordFunction<Enrichment.Order, Enrichment.Enriched> {
  record Order(String id, String customer) {}

  record Enriched(Order order, String segment) {}

  private final HttpClient http;
  private final URI crm;

  Enrichment(HttpClient http, URI crm) {
    this.http = http;
    this.crm = crm;
  }

  @Override
  public CompletionStage<?> handle(Event<Order> event, Output<Enriched> out) {
    var order = event.value();
    var request =
        HttpRequest.newBuilder(crm.resolve(order.customer()))
            .timeout(event.attempt().remaining())
            .build();
    return http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .thenAccept(
            reply -> {
              switch (reply.statusCode()) {
                case 200 -> out.send(new Enriched(order, reply.body()));
                case 404 -> throw new TerminalFailure("UnknownCustomer", order.customer());
                default -> throw new Unavailable("crm", ofSeconds(5), null);
              }
            });
  }

  static FunctionSpec<Order, Enriched> spec(HttpClient http, URI crm, DeadLetters letters) {
    return FunctionSpec.named("enrich-orders")
        .reading(Input.of(StreamSource.kinesis("orders"), Json.of(Order.class)))
        .inFlight(200)
        .retrying(RetryPolicy.upTo(5).unavailableOn(IOException.class).thenSendTo(letters))
        .handledAsyncBy(
            () -> new Enrichment(http, crm),
            Destination.stream(
                "orders-enriched", Json.of(Enriched.class), e -> e.order().customer()));
  }
}
