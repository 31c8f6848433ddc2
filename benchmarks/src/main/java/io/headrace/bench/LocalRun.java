package io.headrace.bench;

import java.util.List;
import java.util.function.Consumer;

/** Measures all servers in turn. Confined to the thread of the benchmark. */
final class LocalRun {
  static final Contestant.Heap THROUGHPUT_HEAP = new Contestant.Heap(3072);
  static final String CLIENT_HEAP = "-Xmx1g";

  private final LocalPlan plan;
  private final PeerFolder peers;
  private final Consumer<String> progress;
  private final Results results = new Results();

  LocalRun(LocalPlan plan, PeerFolder peers, Consumer<String> progress) {
    this.plan = plan;
    this.peers = peers;
    this.progress = progress;
  }

  Results run() {
    boolean withPeers = installed();
    for (int round = 1; round <= plan.rounds(); round++) {
      for (Contestant server : Contestant.values()) {
        if (server == Contestant.HEADRACE || withPeers) {
          measure(round, server);
        }
      }
    }
    return results;
  }

  private boolean installed() {
    try {
      peers.install();
      return true;
    } catch (NotMeasured e) {
      results.failed("kinesalite and kinesis-local", e);
      return false;
    }
  }

  private void measure(int round, Contestant server) {
    if (plan.has(Part.PUT) || plan.has(Part.GET)) {
      for (Encoding encoding : server.encodings()) {
        attempt(
            round,
            server,
            "put and get over " + encoding,
            () -> throughput(round, server, encoding));
      }
    }
  }

  private void throughput(int round, Contestant server, Encoding encoding) {
    try (ServerProcess process = ServerProcess.start(server, peers, THROUGHPUT_HEAP)) {
      LoadSettings settings =
          new LoadSettings(
              process.endpoint(), process.pid(), plan.warmUp(), plan.measured(), plan.recordsMax());
      results.add(
          round,
          server,
          encoding,
          LoadProcess.run(
              LoadProgram.class,
              List.of(CLIENT_HEAP, encoding.clientOption()),
              settings.command("throughput"),
              plan.loadMax()));
    }
  }

  private void attempt(int round, Contestant server, String what, Runnable run) {
    String name = server.label() + ", round " + round + ", " + what;
    progress.accept(name);
    try {
      run.run();
    } catch (NotMeasured e) {
      progress.accept("  not measured: " + e.getMessage());
      results.failed(name, e);
    }
  }
}
