package io.headrace.bench.pieces;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.PeerModule;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The pieces of the path of a record, by themselves. Runs on the main thread. */
@Command(
    name = "pieces",
    mixinStandardHelpOptions = true,
    description = {
      "Measures with JMH what decoding a page, taking aggregates apart, batching, tracking, lanes"
          + " of",
      "keys and the encoding of a commit take by themselves: nanoseconds and allocated bytes, of a",
      "record, or of a commit."
    },
    footer = {
      "",
      "Needs Maven, which gets JMH for benchmarks/jmh once. There are no targets: figures of"
          + " pieces",
      "are for whoever changes one.",
      "Exit code: 0 measured, 2 not measured."
    })
public final class PiecesBench implements Callable<Integer> {
  private static final PeerModule.Kind KIND =
      new PeerModule.Kind(
          "benchmarks/jmh",
          "quick,pieces",
          "org.openjdk.jmh.",
          "jmh-core",
          List.of("kcl-core", "checkpointing", "lease-manager", "function-runtime"));

  private static final Duration RUN_MAX = Duration.ofMinutes(20);

  @Option(
      names = "--only",
      paramLabel = "NAME",
      defaultValue = "",
      description =
          "Only pieces whose name has this, as a regular expression: decode, deaggregate, batch,"
              + " track, lanes, commit; all by default.")
  private String only = "";

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.tell(
        () -> {
          Checkout checkout = Checkout.of(PiecesBench.class);
          PeerModule module = new PeerModule(checkout.home(), KIND);
          options.progress().accept("builds the pieces if need be");
          module.build();
          Map<String, Object> machine = new LinkedHashMap<>(Machine.description());
          machine.put("jmh", module.version());
          Results results = run(module, checkout.logs("pieces"));
          return new Report(
              "pieces",
              "piece",
              machine,
              forks(),
              results,
              new Report.Ratios("ratios", "", Map.of()),
              List.of());
        });
  }

  private int forks() {
    return options.quick() ? 1 : 2;
  }

  private Results run(PeerModule module, Path logs) throws IOException, InterruptedException {
    Path json = Files.createTempFile("headrace-pieces", ".json");
    Path log = logs.resolve("jmh.log");
    try {
      Launch launch =
          module.launch(
              "jmh",
              "Main",
              List.of(),
              List.of(
                  "(?i)headrace.*" + only,
                  "-f",
                  Integer.toString(forks()),
                  "-wi",
                  options.quick() ? "2" : "4",
                  "-i",
                  options.quick() ? "3" : "5",
                  "-w",
                  "1s",
                  "-r",
                  "1s",
                  "-foe",
                  "true",
                  "-prof",
                  "gc",
                  "-rf",
                  "json",
                  "-rff",
                  json.toString()));
      options.progress().accept("runs JMH, which tells what it does in " + log);
      Process jmh =
          new ProcessBuilder(launch.command())
              .directory(launch.folder().toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      try {
        if (!jmh.waitFor(RUN_MAX.toSeconds(), TimeUnit.SECONDS)) {
          throw new NotMeasured("JMH was not done after " + RUN_MAX.toMinutes() + " min");
        }
        if (jmh.exitValue() != 0) {
          throw new NotMeasured("JMH failed; it says why in " + log);
        }
        return JmhResults.read(Files.readString(json));
      } finally {
        jmh.destroy();
      }
    } finally {
      Files.deleteIfExists(json);
    }
  }
}
