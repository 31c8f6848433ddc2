package io.headrace.bench.outage;

import io.headrace.function.RetryPolicy;
import io.headrace.function.Unavailable;
import io.headrace.kcl.kinesis.Retrieval;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A worker whose function asks a service with each record. */
final class OutageWorker {
  private static final int THREADS = 16;
  private static final Duration CALL_MAX = Duration.ofSeconds(2);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(CALL_MAX).build();
  private final HttpRequest request;

  private OutageWorker(URI service) {
    this.request = HttpRequest.newBuilder(service).timeout(CALL_MAX).build();
  }

  /** Takes {@code service} (a URI) beside what every {@link JournallingWorker} takes. */
  public static void main(String[] args) {
    JournallingWorker.main(
        args,
        arguments ->
            new JournallingWorker.Kind(
                new OutageWorker(arguments.uri("service"))::ask,
                THREADS,
                RetryPolicy.forever().backingOff(FIRST_PAUSE, OutagePlan.PROBE_MAX),
                Retrieval.fanOut(),
                false));
  }

  private void ask() throws InterruptedException {
    try {
      int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status != 200) {
        throw new IOException("the service answered " + status);
      }
    } catch (IOException e) {
      throw new Unavailable(OutagePlan.DEPENDENCY, Duration.ZERO, e);
    }
  }
}
