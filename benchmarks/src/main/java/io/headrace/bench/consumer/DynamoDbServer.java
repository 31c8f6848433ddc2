package io.headrace.bench.consumer;

import io.headrace.bench.rig.Launch;
import io.headrace.harness.LocalDynamoDb;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * DynamoDB Local as a process: takes the port, and the folder where its tables stay if they are to;
 * ends with its input.
 */
public final class DynamoDbServer {
  private DynamoDbServer() {}

  /** How it is started with its tables in memory. */
  public static Launch launch(int port) {
    return launch(List.of(Integer.toString(port)));
  }

  /** How it is started with its tables in a folder that exists. */
  public static Launch launchIn(Path folder, int port) {
    return launch(List.of(Integer.toString(port), folder.toString()));
  }

  private static Launch launch(List<String> arguments) {
    return Launch.ours("dynamodb-local", DynamoDbServer.class, List.of("-Xmx512m"), arguments);
  }

  /** Runs until its input ends. */
  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(args[0]);
    try (LocalDynamoDb dynamoDb =
        args.length == 1
            ? LocalDynamoDb.start(port)
            : LocalDynamoDb.startIn(Path.of(args[1]), port)) {
      while (System.in.read() >= 0) {
        // Nothing is asked of it: the end of the input is all that it waits for.
      }
    }
    System.exit(0);
  }
}
