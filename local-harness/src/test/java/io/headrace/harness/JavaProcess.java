package io.headrace.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Runs a main class in a process of its own, on this test's class path. */
final class JavaProcess {
  private static final int SECONDS_MAX = 120;

  /**
   * @param output standard output and error together
   */
  record Result(int exitCode, String output) {}

  private JavaProcess() {}

  static Result run(Class<?> main) throws IOException, InterruptedException {
    var output = Files.createTempFile("java-process", ".txt");
    try {
      var process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  main.getName())
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
