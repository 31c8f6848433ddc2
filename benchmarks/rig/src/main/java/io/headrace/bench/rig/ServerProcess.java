package io.headrace.bench.rig;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that was started for a run. Confined to the thread of the benchmark. */
public final class ServerProcess implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration HEAP_MAX = Duration.ofSeconds(60);
  private static final byte[] PROBE =
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private static final int PORT_FIRST = 20_000;
  private static final int PORTS = 12_000;

  /** Processes begin apart, as each takes a few. */
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 37 % PORTS));

  private final Launch launch;
  private final Dialogue process;
  private final int port;
  private double startMillis;

  private ServerProcess(Launch launch, Dialogue process, int port) {
    this.launch = launch;
    this.process = process;
    this.port = port;
  }

  /**
   * Starts a server and waits for its first answer.
   *
   * @param port where it is going to listen
   * @param log where its standard error goes
   */
  public static ServerProcess start(Launch launch, int port, Path log) {
    long begun = System.nanoTime();
    ServerProcess server = new ServerProcess(launch, Dialogue.start(launch, log), port);
    try {
      server.awaitFirstAnswer(begun);
      return server;
    } catch (NotMeasured e) {
      server.close();
      throw e;
    }
  }

  /**
   * A port on which nobody listens. It lies below those that a system gives to whoever leaves the
   * choice to it, so that nobody comes by it before a server has started.
   */
  public static int freePort() {
    for (int tried = 0; tried < PORTS; tried++) {
      int port = PORT_FIRST + Math.floorMod(NEXT_PORT.getAndIncrement(), PORTS);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException taken) {
        // The next one then.
      }
    }
    throw new NotMeasured("no port of " + PORT_FIRST + " and the " + PORTS + " from there is free");
  }

  /** From the start of the process to its first HTTP answer. */
  public double startMillis() {
    return startMillis;
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  public long pid() {
    return process.pid();
  }

  /** The memory that it has in use by the system's account; absent where that is not kept. */
  public OptionalLong residentBytes() {
    return Memory.residentBytes(pid());
  }

  /** The bytes of heap in use after a collection; absent for servers that are not ours. */
  public OptionalLong heapBytes() {
    if (!launch.answers()) {
      return OptionalLong.empty();
    }
    String line = process.ask("heap", HEAP_MAX);
    return OptionalLong.of(Long.parseLong(line.substring("heap ".length())));
  }

  /** Asks it to end, and makes it end when it does not. */
  @Override
  public void close() {
    process.close();
  }

  private void awaitFirstAnswer(long begun) {
    while (System.nanoTime() - begun < START_MAX.toNanos()) {
      if (!process.isAlive()) {
        throw new NotMeasured(launch.label() + " ended at its start: " + process.lastWords());
      }
      if (answers(port)) {
        startMillis = (System.nanoTime() - begun) / 1e6;
        return;
      }
      Pause.millis(2);
    }
    throw new NotMeasured(
        launch.label() + " gave no answer " + START_MAX.toSeconds() + " s after its start");
  }

  /** Whether a server on the port answers HTTP. */
  public static boolean answers(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      socket.setSoTimeout(2000);
      socket.getOutputStream().write(PROBE);
      InputStream in = socket.getInputStream();
      return in.read() == 'H';
    } catch (IOException notYet) {
      return false;
    }
  }
}
