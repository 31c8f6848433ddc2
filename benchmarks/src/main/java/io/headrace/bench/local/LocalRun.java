package io.headrace.bench.local;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadProcess;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.ServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Measures all servers in turn. Confined to the thread of the benchmark. */
final class LocalRun {
  static final Contestant.Heap THROUGHPUT_HEAP = new Contestant.Heap(3072);
  static final Contestant.Heap MEMORY_HEAP = new Contestant.Heap(4096);

  // All of it from the start: its collections are the load program's, not the server's.
  static final List<String> CLIENT_HEAP = List.of("-Xms1g", "-Xmx1g");

  // A record put by itself costs the load program more than the server: where times are all that is
  // told, its code is compiled once and quickly, and leaves the cores to what is measured.
  private static final List<String> QUICK_TO_COMPILE = List.of("-XX:TieredStopAtLevel=1");

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
    if (plan.has(Part.START)) {
      attempt(round, server, "start", () -> start(round, server));
    }
    if (plan.has(Part.PUT) || plan.has(Part.GET)) {
      for (Encoding encoding : server.encodings()) {
        attempt(
            round,
            server,
            "put and get over " + encoding,
            () -> load(round, server, encoding, "throughput", clientOptions(encoding)));
      }
    }
    // No target compares these two: once is enough to see where the other server stands.
    boolean pushed = server.pushes() && (server == Contestant.HEADRACE || round == 1);
    if (plan.has(Part.PUSH) && pushed) {
      List<String> options = clientOptions(Encoding.CBOR);
      attempt(round, server, "push", () -> load(round, server, Encoding.CBOR, "push", options));
    }
    if (plan.has(Part.LATENCY) && pushed) {
      List<String> options = clientOptions(Encoding.CBOR);
      options.addAll(QUICK_TO_COMPILE);
      attempt(
          round, server, "latency", () -> load(round, server, Encoding.CBOR, "latency", options));
    }
    if (plan.has(Part.MEMORY) && round == 1) {
      attempt(round, server, "memory", () -> memory(round, server));
    }
  }

  private void start(int round, Contestant server) {
    try (ServerProcess process = server.start(peers, THROUGHPUT_HEAP)) {
      results.add(
          round,
          server.label(),
          null,
          new Figures().put("start.process_ms", process.startMillis()));
    }
    if (server == Contestant.HEADRACE) {
      keep(
          round,
          server,
          null,
          LoadProcess.run(WarmStart.class, List.of(), List.of(), plan.loadMax()));
    }
  }

  private void load(
      int round, Contestant server, Encoding encoding, String load, List<String> options) {
    try (ServerProcess process = server.start(peers, THROUGHPUT_HEAP)) {
      LoadSettings settings =
          new LoadSettings(
              process.endpoint(), process.pid(), plan.warmUp(), plan.measured(), plan.recordsMax());
      keep(
          round,
          server,
          encoding,
          LoadProcess.run(LoadProgram.class, options, settings.command(load), plan.loadMax()));
    }
  }

  private static List<String> clientOptions(Encoding encoding) {
    List<String> options = new ArrayList<>(CLIENT_HEAP);
    options.add(encoding.clientOption());
    return options;
  }

  private void keep(
      int round, Contestant server, @Nullable Encoding encoding, LoadProcess.Outcome outcome) {
    results.add(
        round, server.label(), encoding == null ? null : encoding.name(), outcome.figures());
    if (outcome.failure() != null) {
      throw outcome.failure();
    }
  }

  private void memory(int round, Contestant server) {
    try (ServerProcess process = server.start(peers, MEMORY_HEAP)) {
      boolean own = server == Contestant.HEADRACE;
      Footprint idle = Footprint.of(process);
      idle.addTo(results, round, server);
      Duration fillMax = own ? LocalPlan.OWN_FILL_MAX : LocalPlan.PEER_FILL_MAX;
      LoadSettings settings =
          new LoadSettings(
              process.endpoint(),
              process.pid(),
              plan.warmUp(),
              fillMax,
              own ? plan.ownRecords() : plan.peerRecords());
      // JSON, which all of them speak.
      LoadProcess.Outcome outcome =
          LoadProcess.run(
              LoadProgram.class,
              clientOptions(Encoding.JSON),
              settings.command("fill"),
              fillMax.plus(Duration.ofSeconds(40)));
      keep(round, server, null, outcome);
      Footprint.of(process).addTo(results, round, server, idle, outcome.figures());
    }
  }

  private void attempt(int round, Contestant server, String what, Runnable run) {
    results.attempt(server.label() + ", round " + round + ", " + what, progress, run);
  }
}
