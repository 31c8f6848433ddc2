package io.headrace.bench.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs a program of ours as a process and reads its figures; ends it when its time is over. */
public final class LoadProcess {
  private LoadProcess() {}

  /**
   * What a run measured, and why it did not measure the rest.
   *
   * @param failure null when it measured everything
   */
  public record Outcome(Figures figures, @Nullable NotMeasured failure) {}

  public static Outcome run(
      Class<?> program, List<String> options, List<String> arguments, Duration timeMax) {
    try {
      Path out = Files.createTempFile("headrace-bench", ".out");
      Path err = Files.createTempFile("headrace-bench", ".err");
      try {
        Process process =
            new ProcessBuilder(Jvm.command(program, options, arguments))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return outcome(process, timeMax, out, err);
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new NotMeasured("the load program does not start: " + e, e);
    }
  }

  private static Outcome outcome(Process process, Duration timeMax, Path out, Path err)
      throws IOException {
    try {
      if (!process.waitFor(timeMax.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new NotMeasured("it was not done after " + timeMax.toSeconds() + " s");
      }
      int exitCode = process.exitValue();
      if (exitCode != 0 && exitCode != NotMeasured.EXIT_CODE) {
        throw new NotMeasured(lastLine(err, "exit code " + exitCode));
      }
      return new Outcome(
          Figures.parse(lastLine(out, "")),
          exitCode == 0 ? null : new NotMeasured(lastLine(err, "it did not say why")));
    } catch (InterruptedException e) {
      throw new NotMeasured("it was interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String lastLine(Path file, String otherwise) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(file, StandardCharsets.UTF_8));
    lines.removeIf(String::isBlank);
    return lines.isEmpty() ? otherwise : lines.get(lines.size() - 1);
  }
}
