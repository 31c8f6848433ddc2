package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.rig.NotMeasured;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code ./headrace redrive} as an operator gives it. On the thread of the benchmark. */
final class RedriveCommand {
  /**
   * What it said.
   *
   * @param letters that were meant
   * @param left of these, not played yet
   */
  record Answer(long letters, long left, int exitCode) {}

  private RedriveCommand() {}

  /** Writes the settings of the application whose workers run. */
  static Path settings(Path folder, Services services) throws IOException {
    Path classes =
        Path.of(
            LetterFunctions.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    StringBuilder functions = new StringBuilder();
    for (Class<?> each :
        List.of(
            LetterFunctions.Sorting.class,
            LetterFunctions.Strict.class,
            LetterFunctions.Parking.class)) {
      functions.append("  - class: ").append(each.getName()).append('\n');
    }
    return Files.writeString(
        folder.resolve("app.yaml"),
        """
        application: %s
        aws:
          region: us-east-1
          kinesisEndpoint: %s
          dynamoDbEndpoint: %s
        leases: {table: %s}
        classpath: ['%s']
        functions:
        %s\
        """
            .formatted(
                LettersProgram.APPLICATION,
                services.kinesis(),
                services.dynamoDb(),
                WorkerProcess.TABLE,
                classes,
                functions));
  }

  static Answer run(Path home, Path settings, String function, int secondsMax, Path logs)
      throws IOException, InterruptedException {
    ProcessBuilder command =
        new ProcessBuilder(
                home.resolve("headrace").toString(),
                "redrive",
                settings.toString(),
                "--function",
                function,
                "--reason",
                "the bug is fixed",
                "--wait",
                Integer.toString(secondsMax),
                "--json")
            .redirectError(logs.resolve("redrive-" + function + ".log").toFile());
    command.environment().put("AWS_ACCESS_KEY_ID", "any");
    command.environment().put("AWS_SECRET_ACCESS_KEY", "any");
    Process process = command.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exitCode = process.waitFor();
    String last = out.lines().reduce("", (before, line) -> line);
    if (!last.startsWith("{")) {
      throw new NotMeasured(
          "headrace redrive ended with "
              + exitCode
              + ": "
              + logs
              + "/redrive-"
              + function
              + ".log");
    }
    JsonNode answer = new ObjectMapper().readTree(last);
    return new Answer(answer.path("letters").asLong(-1), answer.path("left").asLong(-1), exitCode);
  }
}
