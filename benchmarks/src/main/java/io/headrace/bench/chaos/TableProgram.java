package io.headrace.bench.chaos;

import io.headrace.bench.rig.Launch;
import io.headrace.harness.LocalDynamoDb;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** DynamoDB Local as a process that keeps its tables on disk; it ends with its input. */
final class TableProgram {
  private TableProgram() {}

  static Launch launch(int port, Path folder) {
    return Launch.ours(
        "dynamodb-local",
        TableProgram.class,
        List.of("-Xmx384m"),
        List.of(Integer.toString(port), folder.toString()));
  }

  /** Runs until its input ends. */
  public static void main(String[] args) throws IOException {
    try (LocalDynamoDb dynamoDb =
        LocalDynamoDb.startIn(Path.of(args[1]), Integer.parseInt(args[0]))) {
      while (System.in.read() >= 0) {
        // Nothing is asked of it: the end of the input is all that it waits for.
      }
    }
    System.exit(0);
  }
}
