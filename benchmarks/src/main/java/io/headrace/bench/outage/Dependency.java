package io.headrace.bench.outage;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A small HTTP service that each record asks, and that can be off: then nobody listens on its port,
 * and who is connected is cut off. Switched by one thread.
 */
final class Dependency implements AutoCloseable {
  private static final int THREADS = 16;
  private static final int WAITING_MAX = 512;
  private static final byte[] PRICE = {'4', '2'};

  private final int port = ServerProcess.freePort();
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private @Nullable HttpServer server;

  URI uri() {
    return URI.create("http://127.0.0.1:" + port + "/price");
  }

  void on() {
    try {
      HttpServer started =
          HttpServer.create(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), port), WAITING_MAX);
      started.createContext("/price", Dependency::answer);
      started.setExecutor(threads);
      started.start();
      server = started;
    } catch (IOException e) {
      throw new NotMeasured("the dependency can't listen on port " + port + ": " + e, e);
    }
  }

  private static void answer(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, PRICE.length);
    exchange.getResponseBody().write(PRICE);
    exchange.close();
  }

  void off() {
    if (server != null) {
      server.stop(0);
      server = null;
    }
  }

  @Override
  public void close() {
    off();
    threads.shutdownNow();
  }
}
