package app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import app.Enrichment.Enriched;
import app.Enrichment.Order;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.headrace.function.DeadLetter;
import io.headrace.function.DeadLetters;
import io.headrace.harness.FunctionHarness;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service over HTTP, as a user tests it. */
@Timeout(60)
class EnrichmentTest {
  private final Map<String, String> segments = new ConcurrentHashMap<>(Map.of("/ann", "gold"));
  private volatile boolean down;
  private HttpServer crm;
  private FunctionHarness<Order, Enriched> stream;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException {
    crm = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    crm.createContext("/", this::answer);
    crm.start();
    var address = crm.getAddress();
    var uri = URI.create("http://" + address.getHostString() + ":" + address.getPort() + "/");
    stream =
        FunctionHarness.of(
                Enrichment.spec(HttpClient.newHttpClient(), uri, DeadLetters.inFile(folder)))
            .awaitingAnswers(Duration.ofSeconds(30));
  }

  private void answer(HttpExchange asked) throws IOException {
    try (asked) {
      var segment = segments.get(asked.getRequestURI().getPath());
      byte[] body = (segment == null ? "" : segment).getBytes(UTF_8);
      int status = down ? 503 : segment == null ? 404 : 200;
      asked.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      asked.getResponseBody().write(body);
    }
  }

  @AfterEach
  void stop() {
    stream.close();
    crm.stop(0);
  }

  @Test
  void orders_are_enriched_and_one_of_nobody_is_a_letter() {
    var first = new Order("o1", "ann");
    var second = new Order("o2", "ann");

    stream.put(first, new Order("o3", "zoe"), second);

    assertThat(stream.output())
        .containsExactly(new Enriched(first, "gold"), new Enriched(second, "gold"));
    assertThat(stream.deadLetters())
        .extracting(DeadLetter::code)
        .containsExactly("UnknownCustomer");
  }

  @Test
  void orders_wait_while_the_service_is_down() {
    var order = new Order("o1", "ann");
    down = true;
    stream.put(order);
    assertThat(stream.outage()).isPresent();
    assertThat(stream.output()).isEmpty();

    down = false;
    stream.advance(Duration.ofMinutes(1));

    assertThat(stream.output()).containsExactly(new Enriched(order, "gold"));
    assertThat(stream.deadLetters()).isEmpty();
  }
}
