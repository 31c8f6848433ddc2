package io.headrace.kcl.kinesis;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.CRC32;

/**
 * Stands in front of a server on HTTP/1.1 and, for each action, plays the faults it was told before
 * it lets anything through.
 */
final class FaultyFront implements AutoCloseable {
  /** What goes wrong with one call. */
  interface Fault {
    void play(HttpExchange exchange) throws IOException;
  }

  private final HttpServer front;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI behind;
  private final Map<String, Queue<Fault>> faults = new ConcurrentHashMap<>();
  private final List<HttpExchange> silent = new CopyOnWriteArrayList<>();
  private volatile boolean withChecksums;

  FaultyFront(URI behind) {
    this.behind = behind;
    try {
      front = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException noPort) {
      throw new AssertionError(noPort);
    }
    front.setExecutor(threads);
    front.createContext("/", this::handle);
    front.start();
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + front.getAddress().getPort());
  }

  void next(String action, Fault... wrongs) {
    faults.computeIfAbsent(action, none -> new ConcurrentLinkedQueue<>()).addAll(List.of(wrongs));
  }

  /** What it lets through tells its checksum from now on, which the SDK then asks for. */
  void addChecksums() {
    withChecksums = true;
  }

  /** How many calls wait for an answer that never comes. */
  int silenced() {
    return silent.size();
  }

  /** An error as the service sends it to a client that speaks CBOR. */
  static Fault error(int status, String type, String message) {
    return exchange -> {
      var body = new ByteArrayOutputStream();
      body.write(0xA2);
      text(body, "__type");
      text(body, type);
      text(body, "message");
      text(body, message);
      answer(exchange, status, "application/x-amz-cbor-1.1", body.toByteArray());
    };
  }

  /** What a proxy says of a server that it does not reach. */
  static Fault badGateway() {
    return exchange ->
        answer(
            exchange,
            502,
            "text/html",
            "<html>Bad Gateway</html>".getBytes(StandardCharsets.UTF_8));
  }

  /** The connection breaks off before an answer. */
  static Fault cut() {
    return HttpExchange::close;
  }

  /** No answer, ever. */
  Fault silence() {
    return silent::add;
  }

  private void handle(HttpExchange exchange) throws IOException {
    var target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
    var action = target.substring(target.indexOf('.') + 1);
    byte[] body = exchange.getRequestBody().readAllBytes();
    var waiting = faults.get(action);
    var fault = waiting == null ? null : waiting.poll();
    if (fault != null) {
      fault.play(exchange);
      return;
    }
    var request = HttpRequest.newBuilder(behind).POST(HttpRequest.BodyPublishers.ofByteArray(body));
    for (var name : List.of("X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date")) {
      var value = exchange.getRequestHeaders().getFirst(name);
      if (value != null) {
        request.header(name, value);
      }
    }
    try {
      var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      var type = answer.headers().firstValue("Content-Type").orElse("");
      if (withChecksums) {
        var crc = new CRC32();
        crc.update(answer.body());
        exchange.getResponseHeaders().add("x-amz-crc32", Long.toString(crc.getValue()));
      }
      answer(exchange, answer.statusCode(), type, answer.body());
    } catch (InterruptedException interrupted) {
      exchange.close();
    }
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().add("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** A text of up to 255 bytes in CBOR. */
  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.write(0x78);
    out.write(bytes.length);
    out.writeBytes(bytes);
  }

  @Override
  public void close() {
    new ArrayList<>(silent).forEach(HttpExchange::close);
    front.stop(0);
    threads.shutdownNow();
  }
}
