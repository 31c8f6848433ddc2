package io.headrace.bench.windows;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.Departures;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.PeerModule;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunFolder;
import io.headrace.bench.rig.WindowResults;
import io.headrace.bench.rig.WindowSettings;
import io.headrace.bench.rig.WindowSettings.By;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Has all run the same windowed job, one after the other, and compares what they come to with a
 * plain fold. Confined to the thread of the benchmark.
 */
final class WindowsRun {
  /** What results of a program are not as the fold's: missing, different or extra. */
  static final String NOT_AS_FOLDED = "windows.not_as_folded";

  private static final Duration READY_MAX = Duration.ofMinutes(2);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
  private static final Duration STOP_MAX = Duration.ofSeconds(20);
  private static final String HEAP = "-Xmx1g";

  /** What Flink's own scripts hand to its JVMs. */
  private static final List<String> FLINK_OPTIONS =
      List.of(
          HEAP,
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--add-opens=java.base/java.util=ALL-UNNAMED",
          "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
          "--add-opens=java.base/java.time=ALL-UNNAMED",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "--add-opens=java.base/java.net=ALL-UNNAMED");

  private final WindowsPlan plan;
  private final Path logs;
  private final Consumer<String> progress;
  private final Results results = new Results();
  private final Map<Contestant, PeerModule> peers = new EnumMap<>(Contestant.class);
  private int started;

  WindowsRun(WindowsPlan plan, Checkout checkout, Consumer<String> progress) {
    this.plan = plan;
    this.logs = checkout.logs("windows");
    this.progress = progress;
    peers.put(
        Contestant.FLINK,
        new PeerModule(
            checkout.home(),
            new PeerModule.Kind(
                "benchmarks/flink",
                "quick,peers",
                "io.headrace.bench.flink.",
                "flink-streaming-java")));
    peers.put(
        Contestant.KAFKA_STREAMS,
        new PeerModule(
            checkout.home(),
            new PeerModule.Kind(
                "benchmarks/kafka", "quick,peers", "io.headrace.bench.kafka.", "kafka-streams")));
  }

  /** Of the libraries that were run beside ours. */
  Map<String, Object> versions() {
    Map<String, Object> versions = new LinkedHashMap<>();
    peers.forEach((contestant, module) -> versions.put(contestant.label(), module.version()));
    return versions;
  }

  Results run() throws IOException {
    Set<Contestant> those = entrants();
    try (RunFolder folder = RunFolder.of(null, "headrace-windows");
        Sources sources = open(those, folder.path())) {
      progress.accept("puts %,d departures".formatted(plan.allRecords()));
      sources.fill(plan.allRecords());
      for (By part : plan.parts()) {
        List<String> fold =
            Fold.of(
                new Departures(Sources.SEED, plan.allRecords()),
                part,
                logs.resolve("fold-" + label(part) + ".txt"));
        for (int round = 1; round <= plan.rounds(); round++) {
          for (Contestant contestant : plan.inTurn(round)) {
            if (those.contains(contestant)) {
              measure(round, new Job(contestant, part, fold), sources, folder.path());
            }
          }
        }
      }
    } catch (NotMeasured e) {
      results.failed("the windowed job", e);
    }
    return results;
  }

  private Sources open(Set<Contestant> those, Path folder) throws IOException {
    boolean brokered = those.stream().anyMatch(Contestant::readsKafka);
    return Sources.open(
        brokered ? peers.get(Contestant.KAFKA_STREAMS) : null,
        Files.createDirectory(folder.resolve("broker")),
        logs);
  }

  /** Those that were asked for and that can be built; Flink reads from Kafka's broker. */
  private Set<Contestant> entrants() {
    Set<Contestant> those = EnumSet.noneOf(Contestant.class);
    those.addAll(plan.contestants());
    if (those.contains(Contestant.FLINK) && !builds(Contestant.FLINK)) {
      those.remove(Contestant.FLINK);
    }
    if (those.stream().anyMatch(Contestant::readsKafka) && !builds(Contestant.KAFKA_STREAMS)) {
      those.removeIf(Contestant::readsKafka);
    }
    return those;
  }

  private boolean builds(Contestant contestant) {
    progress.accept("builds " + contestant.label() + "'s program if need be");
    try {
      module(contestant).build();
      return true;
    } catch (NotMeasured e) {
      results.failed(contestant.label(), e);
      return false;
    }
  }

  private PeerModule module(Contestant contestant) {
    PeerModule module = peers.get(contestant);
    if (module == null) {
      throw new IllegalArgumentException(contestant + " is a program of ours");
    }
    return module;
  }

  private record Job(Contestant contestant, By part, List<String> fold) {}

  private void measure(int round, Job job, Sources sources, Path folder) {
    results.attempt(
        "%s by %s, round %d".formatted(job.contestant().label(), label(job.part()), round),
        progress,
        () -> {
          try {
            results.add(
                round, job.contestant().label(), label(job.part()), play(job, sources, folder));
          } catch (IOException e) {
            throw new NotMeasured("files fail: " + e, e);
          }
        });
  }

  private Figures play(Job job, Sources sources, Path folder) throws IOException {
    String application = "windows-" + ++started;
    Path written =
        logs.resolve(
            "%s-%s.txt"
                .formatted(job.contestant().name().toLowerCase(Locale.ROOT), label(job.part())));
    Files.deleteIfExists(written);
    boolean through = job.contestant() == Contestant.HEADRACE && job.part() == By.DESTINATION;
    if (through) {
      sources.makeThrough(application);
    }
    WindowSettings settings =
        new WindowSettings(
            sources.of(job.contestant()),
            Sources.STREAM,
            application,
            job.part(),
            plan.warmRecords(),
            plan.records(),
            job.fold().size(),
            written,
            Files.createDirectory(folder.resolve(application)));
    try (Dialogue program =
        Dialogue.startUntil(
            ConsumerProgram.READY,
            READY_MAX,
            launch(job.contestant(), settings),
            logs.resolve(job.contestant().name().toLowerCase(Locale.ROOT) + ".log"),
            STOP_MAX)) {
      Figures figures =
          Figures.parse(
              program.ask(
                  "await " + WindowsPlan.JOB_MAX.toMillis(), WindowsPlan.JOB_MAX.plus(ANSWER_MAX)));
      return figures.put(NOT_AS_FOLDED, notAsFolded(job, written));
    } finally {
      if (through) {
        sources.deleteThrough(application);
      }
    }
  }

  private double notAsFolded(Job job, Path written) throws IOException {
    WindowResults.Difference difference =
        WindowResults.compare(Files.readAllLines(written), job.fold());
    if (difference.missing() + difference.different() + difference.extra() > 0) {
      progress.accept(
          "  %d windows missing, %d different, %d extra"
              .formatted(difference.missing(), difference.different(), difference.extra()));
    }
    return difference.missing() + difference.different() + difference.extra();
  }

  private Launch launch(Contestant contestant, WindowSettings settings) {
    String label = contestant.label();
    List<String> options = Launch.options(List.of(HEAP), contestant.name());
    return switch (contestant) {
      case PLAIN -> Launch.ours(label, PlainWindows.class, options, settings.command());
      case HEADRACE -> Launch.ours(label, HeadraceWindows.class, options, settings.command());
      case FLINK ->
          module(contestant)
              .launch(
                  label,
                  "FlinkWindows",
                  Launch.options(FLINK_OPTIONS, contestant.name()),
                  settings.command());
      case KAFKA_STREAMS ->
          module(contestant).launch(label, "KafkaStreamsWindows", options, settings.command());
    };
  }

  /** What a part is called in reports. */
  static String label(By part) {
    return part.name().toLowerCase(Locale.ROOT);
  }
}
