package io.headrace.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A server that was started for a run. Confined to the thread of the benchmark. */
final class ServerProcess implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofSeconds(20);
  private static final Duration STOP_MAX = Duration.ofSeconds(2);
  private static final byte[] PROBE =
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private final Contestant contestant;
  private final Process process;
  private final int port;
  private final Path log;
  private double startMillis;

  private ServerProcess(Contestant contestant, Process process, int port, Path log) {
    this.contestant = contestant;
    this.process = process;
    this.port = port;
    this.log = log;
  }

  /** Starts a server and waits for its first answer. */
  static ServerProcess start(Contestant contestant, PeerFolder peers, Contestant.Heap heap) {
    int port = freePort();
    Contestant.Launch launch = contestant.launch(peers, port, heap);
    Path log = peers.log(contestant.label());
    ProcessBuilder builder =
        new ProcessBuilder(launch.command())
            .directory(launch.folder().toFile())
            .redirectError(ProcessBuilder.Redirect.to(log.toFile()));
    if (contestant != Contestant.HEADRACE) {
      builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    }
    builder.environment().putAll(launch.environment());
    long begun = System.nanoTime();
    ServerProcess server;
    try {
      server = new ServerProcess(contestant, builder.start(), port, log);
    } catch (IOException e) {
      throw new NotMeasured(contestant.label() + " does not start: " + e.getMessage(), e);
    }
    try {
      server.awaitFirstAnswer(begun);
      return server;
    } catch (NotMeasured e) {
      server.close();
      throw e;
    }
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** From the start of the process to its first HTTP answer. */
  double startMillis() {
    return startMillis;
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  long pid() {
    return process.pid();
  }

  /**
   * The memory that it has in use by the system's account; absent where the system has no /proc.
   */
  OptionalLong residentBytes() {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** The bytes of heap in use after a collection; absent for servers that are not ours. */
  OptionalLong heapBytes() {
    if (contestant != Contestant.HEADRACE) {
      return OptionalLong.empty();
    }
    try {
      process.outputWriter().write("heap\n");
      process.outputWriter().flush();
      BufferedReader answers = process.inputReader();
      String line =
          CompletableFuture.supplyAsync(
                  () -> {
                    try {
                      return String.valueOf(answers.readLine());
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  })
              .orTimeout(60, TimeUnit.SECONDS)
              .join();
      return OptionalLong.of(Long.parseLong(line.substring("heap ".length())));
    } catch (IOException | RuntimeException e) {
      throw new NotMeasured(contestant.label() + " does not tell its heap: " + e, e);
    }
  }

  /** Asks it to end, and makes it end when it does not. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        process.waitFor(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void awaitFirstAnswer(long begun) {
    while (System.nanoTime() - begun < START_MAX.toNanos()) {
      if (!process.isAlive()) {
        throw new NotMeasured(contestant.label() + " ended at its start: " + lastWords());
      }
      if (answers(port)) {
        startMillis = (System.nanoTime() - begun) / 1e6;
        return;
      }
      Pause.millis(2);
    }
    throw new NotMeasured(
        contestant.label() + " gave no answer " + START_MAX.toSeconds() + " s after its start");
  }

  /** Whether a server on the port answers HTTP. */
  static boolean answers(int port) {
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

  private String lastWords() {
    try {
      String text = Files.readString(log, StandardCharsets.UTF_8).strip();
      return text.isEmpty() ? "it said nothing" : text.lines().findFirst().orElse(text);
    } catch (IOException e) {
      return "its log can't be read: " + e.getMessage();
    }
  }
}
