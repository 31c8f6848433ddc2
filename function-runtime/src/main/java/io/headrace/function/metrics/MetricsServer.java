package io.headrace.function.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.headrace.function.Health;
import io.headrace.kcl.loop.BoundedPool;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Supplier;

/**
 * The page that Prometheus scrapes, and what a supervisor asks: {@code /metrics}; {@code /health},
 * {@code /health/live} and {@code /health/ready}, which answer 200 or 503 with the reasons. Live
 * means that the worker can go on, and depends on no service: an outage of AWS restarts nobody.
 * Ready means that it takes part in its fleet. Two threads of its own, which touch no worker loop.
 */
public final class MetricsServer implements AutoCloseable {
  private static final int THREADS = 2;
  private static final int QUEUE_MAX = 64;
  private static final int BACKLOG = 16;
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int NOT_ALLOWED = 405;
  private static final int UNAVAILABLE = 503;
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String JSON = "application/json";

  private static final Health BEFORE =
      new Health(true, false, List.of("the worker has not begun yet"));

  private final HttpServer server;
  private final BoundedPool pool;
  private final PrometheusMeterRegistry registry;
  private volatile Supplier<Health> health = () -> BEFORE;

  private MetricsServer(HttpServer server, PrometheusMeterRegistry registry) {
    this.server = server;
    this.pool = new BoundedPool("headrace-metrics", THREADS, QUEUE_MAX);
    this.registry = registry;
  }

  /** Serves a registry of its own, into which {@link #metrics} measures. */
  public static MetricsServer start(String host, int port) {
    return start(host, port, new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  }

  /**
   * Serves at once.
   *
   * @param host an address of this machine, such as {@code 127.0.0.1}; whoever reaches it may read
   * @param port 0 for a free one
   * @throws IllegalStateException when it can't be had, in a sentence that names both
   */
  public static MetricsServer start(String host, int port, PrometheusMeterRegistry registry) {
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(host), port), BACKLOG);
    } catch (BindException taken) {
      throw refused(host, port, "is taken, or not of this machine; choose another, or 0", taken);
    } catch (UnknownHostException unknown) {
      throw refused(host, port, "is no address; give one of this machine", unknown);
    } catch (IOException failed) {
      throw refused(host, port, "can't be had: " + failed.getMessage(), failed);
    }
    var made = new MetricsServer(server, registry);
    server.setExecutor(made.pool);
    server.createContext("/", made::answer);
    server.start();
    return made;
  }

  private static IllegalStateException refused(
      String host, int port, String why, IOException cause) {
    return new IllegalStateException("metrics at " + host + ":" + port + ": " + why, cause);
  }

  /** Measures one worker here. */
  public HeadraceMetrics metrics() {
    return HeadraceMetrics.in(registry);
  }

  /** Whose health is told from now on; until then there is a live process without a worker. */
  public void tells(Supplier<Health> health) {
    this.health = health;
  }

  /** Where the page is. */
  public URI uri() {
    var address = server.getAddress();
    var host = address.getAddress().getHostAddress();
    return URI.create(
        "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var method = exchange.getRequestMethod();
      if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        send(exchange, NOT_ALLOWED, TEXT, "only GET and HEAD\n");
        return;
      }
      switch (exchange.getRequestURI().getPath()) {
        case "/metrics" -> send(exchange, OK, TEXT, registry.scrape(TEXT));
        case "/health", "/health/ready" -> {
          var now = health.get();
          send(exchange, now.alive() && now.ready() ? OK : UNAVAILABLE, JSON, json(now));
        }
        case "/health/live" -> {
          var now = health.get();
          send(exchange, now.alive() ? OK : UNAVAILABLE, JSON, json(now));
        }
        default ->
            send(
                exchange,
                NOT_FOUND,
                TEXT,
                "there are /metrics, /health, /health/live and /health/ready\n");
      }
    }
  }

  private static void send(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static String json(Health health) {
    var text = new StringBuilder("{\"live\":").append(health.alive());
    text.append(",\"ready\":").append(health.alive() && health.ready()).append(",\"reasons\":[");
    appendAll(text, health.reasons());
    return text.append("]}\n").toString();
  }

  private static void appendAll(StringBuilder text, List<String> reasons) {
    var before = "";
    for (var reason : reasons) {
      text.append(before).append('"');
      reason.chars().forEach(each -> append(text, (char) each));
      text.append('"');
      before = ",";
    }
  }

  private static void append(StringBuilder text, char each) {
    if (each == '"' || each == '\\') {
      text.append('\\').append(each);
    } else if (each < ' ') {
      text.append(String.format("\\u%04x", (int) each));
    } else {
      text.append(each);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    pool.close();
  }
}
