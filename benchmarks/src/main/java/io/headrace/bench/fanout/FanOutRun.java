package io.headrace.bench.fanout;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.ConsumerSettings.Measuring;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.LoadProcess;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.PutLoad;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.ServerProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Measures all consumers in turn. Confined to the thread of the benchmark. */
final class FanOutRun {
  private static final int SERVER_HEAP_MEBIBYTES = 3072;
  private static final Duration FILL_MAX = Duration.ofMinutes(2);
  private static final Duration BACKLOG_MAX = Duration.ofMinutes(4);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  // A record put by itself costs the producer more than the others: its code is compiled once,
  // quickly, and leaves the cores to what is measured.
  private static final List<String> QUICK_TO_COMPILE = List.of("-XX:TieredStopAtLevel=1");

  private static final int REST_MILLIS = 5_000;

  private final FanOutPlan plan;
  private final Checkout checkout;
  private final Consumer<String> progress;
  private final Results results = new Results();
  private String kclVersion = "not there";

  FanOutRun(FanOutPlan plan, Checkout checkout, Consumer<String> progress) {
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
    boolean withKcl = plan.consumers().stream().anyMatch(Contestant::isKcl) && built();
    try (Consumers consumers = Consumers.open(checkout, "fanout")) {
      for (int round = 1; round <= plan.rounds(); round++) {
        for (Contestant contestant : plan.consumers()) {
          if (withKcl || !contestant.isKcl()) {
            measure(round, contestant, consumers);
          }
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

  private boolean built() {
    try {
      progress.accept("builds the KCL's consumer if need be");
      kclVersion = Consumers.buildKcl(checkout);
      return true;
    } catch (NotMeasured e) {
      results.failed("the KCL", e);
      return false;
    }
  }

  private void measure(int round, Contestant contestant, Consumers consumers) {
    if (plan.has(Part.BACKLOG) && contestant.readsBacklog()) {
      attempt(round, contestant, "backlog", () -> backlog(round, contestant, consumers));
    }
    if (plan.has(Part.LATENCY)) {
      attempt(round, contestant, "latency", () -> latency(round, contestant, consumers));
    }
  }

  private void backlog(int round, Contestant contestant, Consumers consumers) {
    try (Running running = start(contestant, consumers, Measuring.BACKLOG)) {
      keep(
          round,
          contestant,
          running
              .consumer()
              .ask("backlog " + BACKLOG_MAX.toMillis(), BACKLOG_MAX.plus(ANSWER_MAX)));
    }
  }

  private void latency(int round, Contestant contestant, Consumers consumers) {
    try (Running running = start(contestant, consumers, Measuring.LATENCY)) {
      LoadProcess.Outcome played =
          LoadProcess.run(
              TimetableProgram.class,
              QUICK_TO_COMPILE,
              TimetableProgram.command(running.kinesis(), plan),
              plan.latencyMax());
      Map<String, Double> told = played.figures().byName();
      for (int rate : FanOutPlan.RATES) {
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

  /** Starts a server, puts the backlog into it, starts the consumer and waits until it reads. */
  private Running start(Contestant contestant, Consumers consumers, Measuring measuring) {
    ServerProcess kinesis =
        OwnServer.start(
            "off", SERVER_HEAP_MEBIBYTES, checkout.logs("fanout").resolve("kinesis.log"));
    try {
      long check = fill(kinesis, measuring);
      return new Running(
          kinesis,
          consumers.start(
              contestant,
              kinesis.endpoint(),
              measuring,
              plan.warmRecords(),
              plan.records(),
              check));
    } catch (NotMeasured e) {
      kinesis.close();
      throw e;
    }
  }

  private long fill(ServerProcess kinesis, Measuring measuring) {
    try (LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.create(Consumers.STREAM);
      return measuring == Measuring.BACKLOG
          ? PutLoad.backlog(client, Consumers.STREAM, plan.warmRecords() + plan.records(), FILL_MAX)
          : 0;
    }
  }

  private void keep(int round, Contestant contestant, String line) {
    results.add(round, contestant.label(), null, Figures.parse(line));
  }

  private void attempt(int round, Contestant contestant, String what, Runnable run) {
    results.attempt(contestant.label() + ", round " + round + ", " + what, progress, run);
  }
}
