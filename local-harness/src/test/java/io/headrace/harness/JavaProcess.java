package io.headrace.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main class in a process of its own, on this test's class path. */
public final class JavaProcess {
  private static final int SECONDS_MAX = 120;

  /**
   * @param output standard output and error together
   */
  public record Result(int exitCode, String output) {}

  private JavaProcess() {}

  /**
   * Waits until it has ended.
   *
   * @param options of the JVM, beside those that let it start quickly
   */
  public static Result run(Class<?> main, String... options)
      throws IOException, InterruptedException {
    var output = Files.createTempFile("java-process", ".txt");
    try {
      var command = new ArrayList<String>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
      command.addAll(List.of(options));
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
      var process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError(
            main.getName()
                + " did not end within "
                + SECONDS_MAX
                + " s and printed: "
                + Files.readString(output, StandardCharsets.UTF_8));
      }
      return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      Files.deleteIfExists(output);
    }
  }
}
