package io.headrace.bench.rig;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * Stands before a DynamoDB and refuses a share of the writes as one does whose throughput is
 * exceeded; all else passes. Has threads of its own; any thread sets the share.
 */
public final class ThrottlingProxy implements AutoCloseable {
  private static final int THREADS = 32;
  private static final int WAITING_MAX = 512;
  private static final Duration FORWARD_MAX = Duration.ofSeconds(20);
  private static final String TARGET = "X-Amz-Target";

  /** What the answers of the service have that clients look at. */
  private static final List<String> ANSWERED =
      List.of("Content-Type", "x-amzn-RequestId", "x-amz-crc32");

  /** By which the client knows what it sent and to whom; the other headers are the connection's. */
  private static final Set<String> SENT =
      Set.of("content-type", "x-amz-target", "x-amz-date", "authorization", "amz-sdk-request");

  private static final byte[] REFUSAL =
      ("{\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\","
              + "\"message\":\"refused for the benchmark\"}")
          .getBytes(StandardCharsets.UTF_8);

  private final URI table;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final HttpClient client = HttpClient.newBuilder().executor(threads).build();
  private final HttpServer server;
  private final LongAdder refused = new LongAdder();
  private volatile double share;

  private ThrottlingProxy(URI table, HttpServer server) {
    this.table = table;
    this.server = server;
  }

  /** Starts on a free port before this endpoint; refuses nothing yet. */
  public static ThrottlingProxy before(URI table) {
    try {
      HttpServer server =
          HttpServer.create(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), WAITING_MAX);
      ThrottlingProxy proxy = new ThrottlingProxy(table, server);
      server.createContext("/", proxy::answer);
      server.setExecutor(Executors.newFixedThreadPool(THREADS));
      server.start();
      return proxy;
    } catch (IOException e) {
      throw new NotMeasured("the proxy before the table can't listen: " + e, e);
    }
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** From now on this share of the writes is refused, each by a draw of its own. */
  public void refuse(double shareOfWrites) {
    share = shareOfWrites;
  }

  /** How many writes were refused so far. */
  public long refused() {
    return refused.sum();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (isWrite(exchange) && ThreadLocalRandom.current().nextDouble() < share) {
        refused.increment();
        exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
        exchange.sendResponseHeaders(400, REFUSAL.length);
        exchange.getResponseBody().write(REFUSAL);
        return;
      }
      HttpResponse<byte[]> answer = forward(exchange, body);
      for (String name : ANSWERED) {
        answer
            .headers()
            .firstValue(name)
            .ifPresent(value -> exchange.getResponseHeaders().set(name, value));
      }
      exchange.sendResponseHeaders(
          answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
      exchange.getResponseBody().write(answer.body());
    }
  }

  private static boolean isWrite(HttpExchange exchange) {
    String target = String.valueOf(exchange.getRequestHeaders().getFirst(TARGET));
    return ConsumedUnits.WRITES.contains(target.substring(target.lastIndexOf('.') + 1));
  }

  private HttpResponse<byte[]> forward(HttpExchange exchange, byte[] body) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(table.resolve(exchange.getRequestURI()))
            .timeout(FORWARD_MAX)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (SENT.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    if (server.getExecutor() instanceof ExecutorService serving) {
      serving.shutdownNow();
    }
    threads.shutdownNow();
  }
}
