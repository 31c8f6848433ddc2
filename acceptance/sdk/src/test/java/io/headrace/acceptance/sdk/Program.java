package io.headrace.acceptance.sdk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Another program, run to its end. */
final class Program {
  private Program() {}

  /** What it printed, and whether it liked it. */
  record Outcome(int exitCode, String output) {}

  /**
   * Runs it in a folder, with what it prints in a file of that folder.
   *
   * @throws AssertionError when it cannot be started or does not end in time
   */
  static Outcome run(
      Path folder, Duration limit, Map<String, String> environment, String... words) {
    var output = folder.resolve(Path.of(words[0]).getFileName() + ".out");
    try {
      Files.createDirectories(folder);
      var builder =
          new ProcessBuilder(words)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      var process = builder.start();
      try {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new AssertionError(
              List.of(words) + " still runs after " + limit + ", see " + output);
        }
      } finally {
        process.destroyForcibly();
      }
      return new Outcome(process.exitValue(), Files.readString(output));
    } catch (IOException absent) {
      throw new UncheckedIOException(words[0] + " cannot be run here; install it", absent);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(List.of(words) + " was interrupted", interrupted);
    }
  }
}
