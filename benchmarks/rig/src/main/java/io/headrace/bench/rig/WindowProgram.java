package io.headrace.bench.rig;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/**
 * A program of the windowed job as a process: reads its settings from the command line, prints
 * {@link ConsumerProgram#READY} when it runs, and answers {@code await MILLIS_MAX} with figures, a
 * line, when every window was told; the results lie in the file then. It ends with its input. All
 * share this, so that all are measured alike.
 */
public final class WindowProgram {
  /** What is measured. */
  @FunctionalInterface
  public interface Start {
    /**
     * Starts the job, and returns when it runs.
     *
     * @param results is told of each record and each window, by any thread
     */
    AutoCloseable start(WindowSettings settings, WindowResults results) throws Exception;
  }

  private WindowProgram() {}

  /** Runs until the input ends, and ends the process. */
  public static void run(String[] args, Start start) {
    int exitCode = 0;
    try {
      WindowSettings settings = WindowSettings.parse(Arrays.asList(args));
      WindowResults results =
          new WindowResults(settings.warmRecords(), settings.records(), settings.windows());
      try (AutoCloseable job = start.start(settings, results)) {
        System.out.println(ConsumerProgram.READY);
        answer(settings, results);
      }
    } catch (Exception e) {
      System.out.println(Dialogue.ERROR + NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    System.exit(exitCode);
  }

  private static void answer(WindowSettings settings, WindowResults results)
      throws IOException, InterruptedException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] command = line.split(" ", 2);
      if (!command[0].equals("await")) {
        throw new IllegalArgumentException("there is no command \"" + command[0] + "\"");
      }
      try {
        Figures figures = results.await(Duration.ofMillis(Long.parseLong(command[1])));
        results.write(settings.results());
        System.out.println(figures.line());
      } catch (NotMeasured e) {
        System.out.println(Dialogue.ERROR + e.getMessage());
      }
    }
  }
}
