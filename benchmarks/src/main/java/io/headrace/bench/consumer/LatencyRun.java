package io.headrace.bench.consumer;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.ConsumerSettings.Measuring;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.LoadProcess;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.ServerProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Puts records on a timetable, and has each consumer in turn tell how long they took to its
 * function. Confined to the thread of the benchmark.
 */
final class LatencyRun {
  private static final int SERVER_HEAP_MEBIBYTES = 3072;
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  // A record put by itself costs the producer more than the others: its code is compiled once,
  // quickly, and leaves the cores to what is measured.
  private static final List<String> QUICK_TO_COMPILE = List.of("-XX:TieredStopAtLevel=1");

  private static final int REST_MILLIS = 5_000;

  private final LatencyPlan plan;
  private final Checkout checkout;
  private final Consumer<String> progress;
  private final Results results = new Results();
  private String kclVersion = "not run";

  LatencyRun(LatencyPlan plan, Checkout checkout, Consumer<String> progress) {
    this.plan = plan;
    this.checkout = checkout;
    this.progress = progress;
  }

  /** A consumer that runs beside a server of its own; closing ends both. */
  private record Running(ServerProcess kinesis, Dialogue consumer) implements AutoCloseable {
    @Override
    public void close() {
      try (kinesis) {
        consumer.close();
      }
    }
  }

  Results run() {
    Entrants entrants = Entrants.of(plan.consumers(), checkout, results, progress);
    kclVersion = entrants.kclVersion();
    try (Consumers consumers = Consumers.open(checkout, "latency")) {
      for (int round = 1; round <= plan.rounds(); round++) {
        for (Contestant contestant : entrants.contestants()) {
          int number = round;
          results.attempt(
              contestant.label() + ", round " + round,
              progress,
              () -> latency(number, contestant, consumers));
        }
      }
    } catch (NotMeasured e) {
      results.failed("all consumers", e);
    }
    return results;
  }

  /** Of the library that was run. */
  String kclVersion() {
    return kclVersion;
  }

  private void latency(int round, Contestant contestant, Consumers consumers) {
    try (Running running = start(contestant, consumers)) {
      LoadProcess.Outcome played =
          LoadProcess.run(
              TimetableProgram.class,
              QUICK_TO_COMPILE,
              TimetableProgram.command(running.kinesis(), plan),
              plan.latencyMax());
      Map<String, Double> told = played.figures().byName();
      for (int rate : LatencyPlan.RATES) {
        Double window = told.get(TimetableProgram.windowOf(rate));
        if (window != null) {
          String command =
              "latency %.0f %.0f latency.%d"
                  .formatted(window, told.get(TimetableProgram.countOf(rate)), rate);
          keep(round, contestant, running.consumer().ask(command, ANSWER_MAX));
          String late = TimetableProgram.lateOf(rate);
          results.add(
              round,
              contestant.label(),
              null,
              new Figures().put(late, told.getOrDefault(late, 0.0)));
        }
      }
      if (played.failure() != null) {
        throw played.failure();
      }
      keep(round, contestant, running.consumer().ask("rest " + REST_MILLIS, ANSWER_MAX));
    }
  }

  /** Starts a server and the consumer, and waits until it reads. */
  private Running start(Contestant contestant, Consumers consumers) {
    ServerProcess kinesis =
        OwnServer.start(
            "off", SERVER_HEAP_MEBIBYTES, checkout.logs("latency").resolve("kinesis.log"));
    try (LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.create(Consumers.STREAM);
      return new Running(
          kinesis,
          consumers.start(contestant, kinesis.endpoint(), Consumers.Task.live(Measuring.LATENCY)));
    } catch (NotMeasured e) {
      kinesis.close();
      throw e;
    }
  }

  private void keep(int round, Contestant contestant, String line) {
    results.add(round, contestant.label(), null, Figures.parse(line));
  }
}
