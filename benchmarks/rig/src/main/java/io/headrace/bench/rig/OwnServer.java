package io.headrace.bench.rig;

import io.headrace.local.Limits;
import io.headrace.local.LocalKinesis;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Our server as a process: takes the port and, where it is to have any, its limits. A line {@code
 * heap} on its input collects garbage and answers the bytes of heap in use; the end of its input
 * ends it, so that it never outlives the benchmark.
 */
public final class OwnServer {
  private static final Duration FAULTS_MAX = Duration.ofSeconds(20);

  private OwnServer() {}

  /**
   * How it is started.
   *
   * @param limits as {@link Limits#parse} reads them
   * @param heapMebibytes the most heap that it may take
   */
  public static Launch launch(int port, String limits, int heapMebibytes) {
    return Launch.ours(
        "headrace",
        OwnServer.class,
        List.of("-Xmx" + heapMebibytes + "m"),
        List.of(Integer.toString(port), limits));
  }

  /**
   * Starts it on a free port and waits for its first answer.
   *
   * @param log where its standard error goes
   */
  public static ServerProcess start(String limits, int heapMebibytes, Path log) {
    int port = ServerProcess.freePort();
    return ServerProcess.start(launch(port, limits, heapMebibytes), port, log);
  }

  /**
   * Sets what goes wrong in a server that runs, instead of what did before.
   *
   * @param rules as a file of faults has them; an empty list for none
   */
  public static void faults(URI endpoint, String rules) {
    HttpRequest request =
        HttpRequest.newBuilder(endpoint.resolve("/_headrace/faults"))
            .timeout(FAULTS_MAX)
            .PUT(HttpRequest.BodyPublishers.ofString("{\"rules\": " + rules + "}"))
            .build();
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != HttpURLConnection.HTTP_OK) {
        throw new NotMeasured("the server does not take faults: " + answer.body());
      }
    } catch (IOException e) {
      throw new NotMeasured("the server can't be told what is to go wrong: " + e, e);
    } catch (InterruptedException e) {
      throw new NotMeasured("the run was interrupted", e);
    }
  }

  /** Runs until its input ends. */
  public static void main(String[] args) throws IOException {
    // Records may fill three quarters of the heap: the rest is for requests on their way.
    long memory = Runtime.getRuntime().maxMemory() / 4 * 3;
    try (LocalKinesis kinesis =
        LocalKinesis.builder()
            .port(Integer.parseInt(args[0]))
            .limits(args.length > 1 ? Limits.parse(args[1]) : Limits.off())
            .memoryBytesMax(memory)
            .admin(true)
            .start()) {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println("heap " + Memory.heapAfterCollection());
      }
    }
    System.exit(0);
  }
}
