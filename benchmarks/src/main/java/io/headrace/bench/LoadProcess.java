package io.headrace.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program of ours as a process and reads its figures; ends it when its time is over. */
final class LoadProcess {
  private LoadProcess() {}

  static Figures run(
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
        return figures(process, timeMax, out, err);
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new NotMeasured("the load program does not start: " + e, e);
    }
  }

  private static Figures figures(Process process, Duration timeMax, Path out, Path err)
      throws IOException {
    try {
      if (!process.waitFor(timeMax.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new NotMeasured("it was not done after " + timeMax.toSeconds() + " s");
      }
      if (process.exitValue() != 0) {
        throw new NotMeasured(lastLine(err, "exit code " + process.exitValue()));
      }
      return Figures.parse(lastLine(out, ""));
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
