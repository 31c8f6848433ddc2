package io.headrace.bench.chaos;

import io.headrace.bench.consumer.HeadraceConsumer;
import io.headrace.function.DeadLetters;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.samples.analytics.AnalyticsSample;
import io.headrace.samples.fraud.FraudSample;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A worker with two of the samples' functions, of one of two deployments. */
final class ExactProgram {
  static final String APPLICATION = "exact";

  /** Where outputs of both functions go. */
  static final String OUTPUTS = "exact-out";

  private ExactProgram() {}

  /** Takes what every {@link WorkerProcess} takes, and {@code version}. */
  public static void main(String[] args) {
    WorkerProcess.main(args, ExactProgram::run);
  }

  private static void run(WorkerProcess process) throws Exception {
    int version = (int) process.arguments().number("version");
    FunctionRuntime runtime =
        process
            .runtime(APPLICATION)
            .deployment("v" + version)
            .committingEvery(Duration.ofSeconds(1))
            .deadLettersIn(DeadLetters.inFile(Path.of(process.arguments().text("letters"))));
    functions(version).forEach(runtime::run);
    process.diary().write("started", "version", version, "tick", System.nanoTime());
    try (FunctionRuntime.Running running = runtime.start()) {
      // Not before it takes part: who dies sooner owns nothing.
      HeadraceConsumer.awaitReady(running);
      WorkerProcess.started(running);
      while (System.in.read() >= 0) {
        // Nothing is asked of it: the end of the input is all that it waits for.
      }
      process.stopping(running);
    }
  }

  /** Sums of days can be rolled back, as their second version writes the first; cards can't. */
  static List<FunctionSpec<?, ?>> functions(int version) {
    return List.of(
        AnalyticsSample.deployed(new ExactDeployment(OUTPUTS, version, true)),
        FraudSample.deployed(new ExactDeployment(OUTPUTS, version, false)));
  }

  /** Streams that functions read whole. */
  static List<String> broadcasts() {
    return functions(1).stream()
        .flatMap(function -> function.broadcasts().stream())
        .map(broadcast -> broadcast.source().name())
        .toList();
  }
}
