package io.headrace.bench.rig;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that is asked and answers, a line each. Its input ends when it is closed, which is how
 * it learns that its time is over. Confined to the thread of the benchmark.
 */
public final class Dialogue implements AutoCloseable {
  /** What a program answers, with a sentence behind it, when it can't say what was asked. */
  public static final String ERROR = "error ";

  private static final Duration STOP_MAX = Duration.ofSeconds(2);

  /** One that is killed needs no more than a turn of the processor, which may be a busy one. */
  private static final Duration KILLED_MAX = Duration.ofSeconds(30);

  private final String label;
  private final Process process;
  private final Path log;
  private final Duration stopMax;
  private final boolean answers;

  private Dialogue(Launch launch, Process process, Path log, Duration stopMax) {
    this.label = launch.label();
    this.answers = launch.answers();
    this.process = process;
    this.log = log;
    this.stopMax = stopMax;
  }

  /**
   * Starts a program.
   *
   * @param log where its standard error goes
   */
  public static Dialogue start(Launch launch, Path log) {
    return start(launch, log, STOP_MAX);
  }

  /**
   * Starts a program that may take so long to end in order when it is closed.
   *
   * @param log where its standard error goes
   */
  public static Dialogue start(Launch launch, Path log, Duration stopMax) {
    ProcessBuilder builder =
        new ProcessBuilder(launch.command())
            .directory(launch.folder().toFile())
            .redirectError(ProcessBuilder.Redirect.to(log.toFile()));
    if (!launch.answers()) {
      builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    }
    builder.environment().putAll(launch.environment());
    try {
      return new Dialogue(launch, builder.start(), log, stopMax);
    } catch (IOException e) {
      throw new NotMeasured(launch.label() + " does not start: " + e.getMessage(), e);
    }
  }

  /** Sends a command and answers the next line that the program prints. */
  public String ask(String command, Duration timeMax) {
    try {
      Writer commands = process.outputWriter();
      commands.write(command + "\n");
      commands.flush();
    } catch (IOException e) {
      throw new NotMeasured(label + " is gone: " + lastWords(), e);
    }
    return hear(timeMax);
  }

  /**
   * Starts a program and waits until it has said a line; closes it when it does not.
   *
   * @param log where its standard error goes
   * @param ready what its JVM says of itself, such as of a recording, may come before
   * @param readyMax for each line until then
   */
  public static Dialogue startUntil(
      String ready, Duration readyMax, Launch launch, Path log, Duration stopMax) {
    Dialogue started = start(launch, log, stopMax);
    try {
      String line = started.hear(readyMax);
      while (!line.equals(ready)) {
        line = started.hear(readyMax);
      }
      return started;
    } catch (NotMeasured e) {
      started.close();
      throw e;
    }
  }

  /** Answers the next line that the program prints. */
  public String hear(Duration timeMax) {
    BufferedReader answers = process.inputReader();
    CompletableFuture<String> line =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return String.valueOf(answers.readLine());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    try {
      String answer = line.orTimeout(timeMax.toMillis(), TimeUnit.MILLISECONDS).join();
      if (answer.startsWith(ERROR)) {
        throw new NotMeasured(answer.substring(ERROR.length()));
      }
      if (answer.equals("null")) {
        throw new NotMeasured(label + " ended: " + lastWords());
      }
      return answer;
    } catch (CompletionException e) {
      if (e.getCause() instanceof TimeoutException) {
        throw new NotMeasured(
            label + " gave no answer within " + timeMax.toSeconds() + " s; its log is " + log, e);
      }
      throw new NotMeasured(label + " can't be heard: " + NotMeasured.because(e), e);
    }
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public long pid() {
    return process.pid();
  }

  /**
   * How it ended: 0 in order, 128 and the number of the signal when it was killed.
   *
   * @throws IllegalThreadStateException while it lives
   */
  public int exitCode() {
    return process.exitValue();
  }

  /** The first line of what it logged, or that it logged nothing. */
  public String lastWords() {
    try {
      String text = Files.readString(log, StandardCharsets.UTF_8).strip();
      return text.isEmpty() ? "it said nothing" : text.lines().findFirst().orElse(text);
    } catch (IOException e) {
      return "its log can't be read: " + e.getMessage();
    }
  }

  /** Asks it to end, and makes it end when it does not. */
  @Override
  public void close() {
    endInput();
    try {
      if (!process.waitFor(stopMax.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        process.waitFor(KILLED_MAX.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void endInput() {
    if (!answers) {
      process.destroy();
      return;
    }
    try {
      process.outputWriter().close();
    } catch (IOException gone) {
      // It has ended by itself, and that is what is wanted.
      process.destroy();
    }
  }
}
