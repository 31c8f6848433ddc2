package io.headrace.console;

import io.headrace.function.FunctionRuntime;
import io.headrace.function.Health;
import io.headrace.function.metrics.HeadraceMetrics;
import io.headrace.function.metrics.MetricsServer;
import io.headrace.function.settings.Settings;
import java.util.Optional;
import java.util.function.Supplier;

/** The page of metrics of a command, where one is wanted. Used on the main thread. */
final class MetricsPage implements AutoCloseable {
  /** Where demos show theirs. */
  static final String LOOPBACK = "127.0.0.1";

  private final Optional<MetricsServer> server;
  private final boolean shards;

  private MetricsPage(Optional<MetricsServer> server, boolean shards) {
    this.server = server;
    this.shards = shards;
  }

  /**
   * Takes the port, before there is a worker.
   *
   * @throws Complaint when it can't be had
   */
  static MetricsPage open(Optional<Settings.Metrics> settings) {
    try {
      return new MetricsPage(
          settings.map(wanted -> MetricsServer.start(wanted.host(), wanted.port())),
          settings.map(Settings.Metrics::shards).orElse(false));
    } catch (IllegalStateException refused) {
      throw new Complaint(String.valueOf(refused.getMessage()), refused);
    }
  }

  /** Measures the only worker of this process. */
  FunctionRuntime measuring(FunctionRuntime runtime) {
    metrics().ifPresent(runtime::observedBy);
    return runtime;
  }

  /** Metrics of one of several workers of this process. */
  Optional<HeadraceMetrics> of(String worker) {
    return metrics().map(metrics -> metrics.tagged("worker", worker));
  }

  private Optional<HeadraceMetrics> metrics() {
    return server
        .map(MetricsServer::metrics)
        .map(metrics -> shards ? metrics.withShards() : metrics);
  }

  void tells(Supplier<Health> health) {
    server.ifPresent(page -> page.tells(health));
  }

  /** One line for people; empty where there is no page. */
  Optional<String> announcement() {
    return server.map(page -> "metrics at " + page.uri() + "/metrics, health at /health");
  }

  @Override
  public void close() {
    server.ifPresent(MetricsServer::close);
  }
}
