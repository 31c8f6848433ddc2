package io.headrace.bench.producer;

import io.headrace.bench.consumer.Consumers;
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
import java.util.function.Consumer;

/** Measures all ways to put records in turn. Confined to the thread of the benchmark. */
final class ProducerRun {
  private static final int SERVER_HEAP_MEBIBYTES = 3072;
  private static final List<String> OPTIONS = List.of("-Xmx1g");
  private static final List<Contestant> OURS =
      List.of(Contestant.PLAIN, Contestant.ORDERED, Contestant.AGGREGATED);
  private static final Duration WRITE_MAX = Duration.ofMinutes(4);
  private static final Duration ORDER_MAX = Duration.ofMinutes(8);

  private final ProducerPlan plan;
  private final Checkout checkout;
  private final Consumer<String> progress;
  private final Results results = new Results();

  ProducerRun(ProducerPlan plan, Checkout checkout, Consumer<String> progress) {
    this.plan = plan;
    this.checkout = checkout;
    this.progress = progress;
  }

  Results run() {
    for (int round = 1; round <= plan.rounds(); round++) {
      for (Contestant contestant : Contestant.values()) {
        if (plan.has(Part.THROUGHPUT)) {
          attempt(round, contestant, "throughput", () -> throughput(contestant));
        }
        if (plan.has(Part.LATENCY)) {
          attempt(round, contestant, "latency", () -> latency(contestant));
        }
      }
    }
    if (plan.has(Part.ORDER)) {
      order();
    }
    return results;
  }

  /** What a run measured; it throws when it could not measure all. */
  private interface Run {
    Figures run();
  }

  private Figures throughput(Contestant contestant) {
    return write(kinesis -> WriterProgram.throughput(contestant, kinesis, plan));
  }

  private Figures latency(Contestant contestant) {
    return write(kinesis -> WriterProgram.latency(contestant, kinesis, plan));
  }

  /** The command of a program, which knows the server by its endpoint. */
  private interface Command {
    List<String> of(String endpoint);
  }

  private Figures write(Command command) {
    try (ServerProcess kinesis = server("off")) {
      return figures(
          LoadProcess.run(
              WriterProgram.class, OPTIONS, command.of(kinesis.endpoint().toString()), WRITE_MAX));
    }
  }

  /** The KCL judges: it is not ours, takes aggregates apart, and knows parents from children. */
  private void order() {
    try (Consumers consumers = Consumers.open(checkout, "producer")) {
      progress.accept("builds the KCL's consumer if need be");
      Consumers.buildKcl(checkout);
      for (Contestant contestant : OURS) {
        attempt(1, contestant, "order", () -> order(contestant, consumers));
      }
    } catch (NotMeasured e) {
      results.failed("order", e);
    }
  }

  private Figures order(Contestant contestant, Consumers consumers) {
    try (ServerProcess kinesis = server("on");
        Dialogue judge =
            consumers.start(
                io.headrace.bench.consumer.Contestant.KCL_POLLING_OFTEN,
                kinesis.endpoint(),
                Consumers.Task.live(Measuring.ORDER))) {
      Figures figures =
          figures(
              LoadProcess.run(
                  OrderProgram.class,
                  OPTIONS,
                  OrderProgram.command(contestant, kinesis.endpoint().toString(), plan),
                  ORDER_MAX));
      if (figures.byName().getOrDefault(OrderProgram.THROTTLED, 0.0) == 0) {
        throw new NotMeasured("no record met a limit, so nothing was put to the test");
      }
      double stored = figures.byName().getOrDefault(OrderProgram.STORED, 0.0);
      figures.putAll(Figures.parse(judge.ask("order %.0f".formatted(stored), ORDER_MAX)));
      return figures;
    }
  }

  /** Starts a server with a stream. */
  private ServerProcess server(String limits) {
    ServerProcess kinesis =
        OwnServer.start(
            limits, SERVER_HEAP_MEBIBYTES, checkout.logs("producer").resolve("kinesis.log"));
    try (LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.create(Consumers.STREAM);
      return kinesis;
    } catch (RuntimeException e) {
      kinesis.close();
      throw e;
    }
  }

  private static Figures figures(LoadProcess.Outcome outcome) {
    if (outcome.failure() != null) {
      throw outcome.failure();
    }
    return outcome.figures();
  }

  private void attempt(int round, Contestant contestant, String what, Run run) {
    results.attempt(
        contestant.label() + ", round " + round + ", " + what,
        progress,
        () -> results.add(round, contestant.label(), null, run.run()));
  }
}
