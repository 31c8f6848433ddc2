package io.headrace.bench.fleet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A worker that was started for a run. A thread of its own hears what it tells; all else is done by
 * the thread of the benchmark.
 */
final class FleetMember implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int KILL_SECONDS_MAX = 10;
  private static final int LOOK_MILLIS = 5;

  private final String name;
  private final long startTick;
  private final Process process;
  private final List<Delivery> deliveries = new ArrayList<>();
  private final List<Signal> signals = new ArrayList<>();

  private FleetMember(String name, long startTick, Process process) {
    this.name = name;
    this.startTick = startTick;
    this.process = process;
  }

  /**
   * Starts a worker and returns at once.
   *
   * @param logs where its standard error goes, and what it tells, for whoever wants to see why a
   *     figure is as it is
   */
  static FleetMember start(String name, Launch launch, Path logs) {
    long tick = System.nanoTime();
    try {
      FleetMember member =
          new FleetMember(
              name,
              tick,
              new ProcessBuilder(launch.command())
                  .directory(launch.folder().toFile())
                  .redirectError(ProcessBuilder.Redirect.to(logs.resolve(name + ".log").toFile()))
                  .start());
      Thread ear = new Thread(() -> member.hear(logs.resolve(name + ".ndjson")), "hears " + name);
      ear.setDaemon(true);
      ear.start();
      return member;
    } catch (IOException e) {
      throw new NotMeasured(name + " does not start: " + e.getMessage(), e);
    }
  }

  String name() {
    return name;
  }

  /** When it was started. */
  long startTick() {
    return startTick;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  synchronized List<Delivery> deliveries() {
    return List.copyOf(deliveries);
  }

  /** The first of the signals that it gave from a tick on; waits for it. */
  Signal await(String event, long from, Duration max) {
    long end = System.nanoTime() + max.toNanos();
    for (; ; ) {
      var found = signals(signal -> signal.event().equals(event) && signal.tick() >= from);
      if (!found.isEmpty()) {
        return found.get(0);
      }
      if (System.nanoTime() > end || !isAlive()) {
        throw new NotMeasured(
            "%s did not say \"%s\" within %d s%s"
                .formatted(name, event, max.toSeconds(), isAlive() ? "" : ", and is gone"));
      }
      Pause.millis(LOOK_MILLIS);
    }
  }

  private synchronized List<Signal> signals(Predicate<Signal> which) {
    return signals.stream().filter(which).toList();
  }

  /** Asks it something; the answer is a signal. */
  void command(String command) {
    try {
      process.outputWriter().write(command + "\n");
      process.outputWriter().flush();
    } catch (IOException e) {
      throw new NotMeasured(name + " is gone and can't be told to " + command, e);
    }
  }

  /** As {@code kill -9} does. */
  void kill() {
    process.destroyForcibly();
  }

  /** Whether it ended within a time. */
  boolean ended(Duration max) {
    try {
      return process.waitFor(max.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new NotMeasured("the run was interrupted", e);
    }
  }

  /** Ends it at once: what it would do in order is measured nowhere then. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(KILL_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void hear(Path copy) {
    try (BufferedReader lines = process.inputReader();
        Writer told = Files.newBufferedWriter(copy)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("{")) {
          told.write(line + "\n");
          keep(MAPPER.readTree(line));
        }
      }
    } catch (JsonProcessingException broken) {
      // It was killed in the midst of a line, which is what a kill is.
    } catch (IOException gone) {
      // Its end is seen by whoever waits for it.
    }
  }

  private synchronized void keep(JsonNode line) {
    String event = line.path("event").asText();
    long tick = line.path("tick").asLong();
    if (event.equals("record")) {
      deliveries.add(
          new Delivery(
              tick,
              name,
              line.path("shard").asText(),
              line.path("sequence").asText(),
              line.path("number").asLong()));
    } else {
      signals.add(new Signal(tick, event, line));
    }
  }
}
