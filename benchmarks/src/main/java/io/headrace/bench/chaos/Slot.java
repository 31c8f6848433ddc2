package io.headrace.bench.chaos;

import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.NotMeasured;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The place of one worker in the fleet: whatever becomes of its process, another is started.
 * Confined to the thread of the benchmark.
 */
final class Slot implements AutoCloseable {
  /** More than a drain may take. */
  private static final Duration STOP_MAX = Duration.ofSeconds(40);

  /** The exit code of a process that was killed by signal 9. */
  private static final int KILLED = 128 + 9;

  /** A worker that finds no table tries for a while before it gives up. */
  private static final Duration START_MAX = Duration.ofSeconds(60);

  /**
   * What runs in it.
   *
   * @param heapMebibytes the most heap that it may take
   * @param arguments what it is told beside where all is
   */
  record Program(Class<?> main, int heapMebibytes, List<String> arguments) {
    /** Enough for functions that keep next to nothing. */
    Program(Class<?> main, List<String> arguments) {
      this(main, 160, arguments);
    }
  }

  private Program program;
  private final int number;
  private final URI kinesis;
  private final URI dynamoDb;
  private final Duration leaseTime;
  private final Path folder;
  private final Path logs;
  private @Nullable Dialogue process;
  private int starts;
  private int names;

  Slot(
      Program program,
      int number,
      URI kinesis,
      URI dynamoDb,
      Duration leaseTime,
      Path folder,
      Path logs) {
    this.program = program;
    this.number = number;
    this.kinesis = kinesis;
    this.dynamoDb = dynamoDb;
    this.leaseTime = leaseTime;
    this.folder = folder;
    this.logs = logs;
  }

  String name() {
    return "w" + number + (names == 0 ? "" : "-" + names);
  }

  /** What the next process of it runs. */
  void run(Program next) {
    program = next;
  }

  /** Starts a process, under a new worker id or under that of the last one, and awaits it. */
  void start(boolean newName) {
    launch(newName);
    try {
      Objects.requireNonNull(process, "just launched").hear(START_MAX);
    } catch (NotMeasured e) {
      // It has ended, or it hangs: the fleet goes on without it, and the run counts it.
    }
  }

  /** What the files of its last process are called. */
  String file() {
    return "worker-" + number + "-" + starts;
  }

  private void launch(boolean newName) {
    names += newName ? 1 : 0;
    starts++;
    String file = file();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "kinesis=" + kinesis,
                "dynamodb=" + dynamoDb,
                "worker=" + name(),
                "lease=" + leaseTime.toMillis(),
                "letters=" + folder.resolve("letters"),
                "diary=" + folder.resolve(file + ".ndjson")));
    arguments.addAll(program.arguments());
    process =
        Dialogue.start(
            Launch.ours(
                name(),
                program.main(),
                List.of(
                    "-Xmx" + program.heapMebibytes() + "m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1"),
                arguments),
            logs.resolve(file + ".log"),
            STOP_MAX);
  }

  boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** Asks the process something; it answers a line. */
  String ask(String command, Duration timeMax) {
    return running().ask(command, timeMax);
  }

  String lastWords() {
    return process == null ? "it was not started" : process.lastWords();
  }

  /** Ends the process on the spot, and makes sure that it was this that ended it. */
  void kill() {
    Dialogue running = running();
    signal("KILL");
    close();
    if (running.exitCode() != KILLED) {
      throw new NotMeasured(
          name() + " was to end by kill -9, and ended with " + running.exitCode() + " instead");
    }
  }

  void signal(String signal) {
    Dialogue running = running();
    try {
      int exit =
          new ProcessBuilder("kill", "-" + signal, Long.toString(running.pid()))
              .redirectErrorStream(true)
              .start()
              .waitFor();
      // One that can't start while a service is gone may end just now; the fleet counts those.
      if (exit != 0 && running.isAlive()) {
        throw new NotMeasured(name() + " could not be reached by kill -" + signal);
      }
    } catch (IOException e) {
      throw new IllegalStateException("kill -" + signal + " can't be run: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Dialogue running() {
    if (process == null) {
      throw new NotMeasured(name() + " does not run and can't be disturbed");
    }
    return process;
  }

  /** Ends the process in order; answers whether it did so by itself and without an error. */
  boolean stop() {
    Dialogue running = process;
    close();
    return running == null || running.exitCode() == 0;
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
      process = null;
    }
  }
}
