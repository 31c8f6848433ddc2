package io.headrace.function.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Destination;
import io.headrace.function.Health;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Over its socket, as Prometheus and supervisors ask. */
class MetricsServerTest {
  private final World world = new World(1, 2);
  private final HttpClient http = HttpClient.newHttpClient();
  private final MetricsServer server = MetricsServer.start("127.0.0.1", 0);

  @AfterEach
  void close() {
    server.close();
  }

  private HttpResponse<String> ask(String method, String path)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(server.uri().resolve(path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void metrics_of_a_worker_are_scraped() throws Exception {
    var running =
        world
            .worker(
                "w",
                World.reading("f")
                    .handledBy(() -> (event, out) -> {}, Destination.<String>nowhere()))
            .observedBy(server.metrics())
            .start();
    server.tells(running::health);
    assertThat(ask("GET", "/health").statusCode()).isEqualTo(503);
    world.advance(5);
    for (int i = 0; i < 5; i++) {
      world.put("k" + i, "v");
    }
    world.advance(5);

    var page = ask("GET", "/metrics");

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
    assertThat(page.body().lines())
        .contains(
            "# TYPE headrace_records_taken_total counter",
            "headrace_records_taken_total{application=\"app\",function=\"f\",stream=\"in\"} 5.0",
            "headrace_records_settled_total{application=\"app\",function=\"f\",outcome=\"handled\","
                + "stream=\"in\"} 5.0",
            "headrace_iterator_age_seconds{application=\"app\",function=\"f\",stream=\"in\"} 0.0",
            "headrace_workers_wanted{application=\"app\"} 1.0");
    assertThat(ask("GET", "/health").statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/health").body())
        .isEqualTo("{\"live\":true,\"ready\":true,\"reasons\":[]}\n");
  }

  @Test
  void health_says_why() throws Exception {
    assertThat(ask("GET", "/health/live").statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/health/ready").statusCode()).isEqualTo(503);
    assertThat(ask("GET", "/health").body()).contains("the worker has not begun yet");

    server.tells(() -> new Health(false, false, List.of("a \"quoted\"\nreason")));
    var answer = ask("GET", "/health/live");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(answer.body())
        .isEqualTo(
            "{\"live\":false,\"ready\":false,\"reasons\":[\"a \\\"quoted\\\"\\u000areason\"]}\n");
  }

  @Test
  void anything_else_is_refused_and_says_what_there_is() throws Exception {
    var absent = ask("GET", "/nothing");
    assertThat(absent.statusCode()).isEqualTo(404);
    assertThat(absent.body()).contains("/metrics", "/health");
    assertThat(ask("POST", "/metrics").statusCode()).isEqualTo(405);
    assertThat(ask("HEAD", "/metrics").statusCode()).isEqualTo(200);
  }

  @Test
  void a_port_that_is_taken_is_named() {
    int port = server.uri().getPort();
    assertThatThrownBy(() -> MetricsServer.start("127.0.0.1", port))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("metrics at 127.0.0.1:" + port)
        .hasMessageContaining("choose another");
  }
}
