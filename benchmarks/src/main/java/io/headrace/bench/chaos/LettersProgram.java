package io.headrace.bench.chaos;

import io.headrace.bench.rig.Figures;
import io.headrace.function.DeadLetters;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.metrics.HeadraceMetrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A worker with functions whose records go to dead letters and whose keys are parked. Answers
 * {@code parked} with how many records are, by function; ends in order when its input ends.
 */
final class LettersProgram {
  static final String APPLICATION = "letters";
  static final String PARKED = "parked";

  /** No queue: whatever is not a file or a stream is opened by the connector that is given. */
  private static final DeadLetters SINK =
      DeadLetters.inQueue(URI.create("http://127.0.0.1/000000000000/flaky"));

  private LettersProgram() {}

  /** Takes what every {@link WorkerProcess} takes, and {@code seed}. */
  public static void main(String[] args) {
    WorkerProcess.main(args, LettersProgram::run);
  }

  private static void run(WorkerProcess process) throws Exception {
    Path letters = Path.of(process.arguments().text("letters"));
    String file = Path.of(process.arguments().text("diary")).getFileName().toString();
    FlakySink sink =
        new FlakySink(
            letters.resolve("sink-" + file),
            process.arguments().number("seed") * 31 + file.hashCode());
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    Bug bug = new Bug(letters);
    try (FunctionRuntime.Running running = runtime(process, sink, meters, bug).start()) {
      WorkerProcess.started(running);
      answer(meters);
      process.stopping(running);
    }
  }

  private static FunctionRuntime runtime(
      WorkerProcess process, FlakySink sink, MeterRegistry meters, Bug bug) {
    FunctionRuntime runtime =
        process
            .runtime(APPLICATION)
            .committingEvery(Duration.ofSeconds(1))
            .connecting(asked -> asked.equals(SINK) ? Optional.of(sink) : Optional.empty())
            .deadLettersIn(SINK)
            .observedBy(HeadraceMetrics.in(meters));
    for (String name : Fate.FUNCTIONS) {
      runtime.run(
          LetterFunctions.spec(
              name, () -> (event, out) -> handle(name, event, process.diary(), bug)));
    }
    return runtime;
  }

  private static void handle(String function, Event<String> event, Diary diary, Bug bug)
      throws Exception {
    long begun = System.nanoTime();
    bug.strike(function, event.value());
    diary.write(
        "done",
        "function",
        function,
        "record",
        event.value(),
        "shard",
        event.id().shard(),
        "sequence",
        event.id().sequence(),
        "begun",
        begun,
        "done",
        System.nanoTime());
  }

  private static void answer(MeterRegistry meters) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (!line.equals(PARKED)) {
        throw new IllegalArgumentException("there is no command \"" + line + "\"");
      }
      double parked =
          meters.find("headrace.parked.records").gauges().stream().mapToDouble(Gauge::value).sum();
      System.out.println(Figures.json(Map.of(PARKED, (long) parked)));
    }
  }
}
